// The EQ desk: an equalizer as handles on its response curve, heard while they move. In Jupyter it is a
// live widget (eqlib.widgets.desk.EQDesk), in the rendered book it runs by itself.
import { make } from "./dom.js";
import { Drawing } from "./drawing.js";
import { drawingControls } from "./drawing_controls.js";
import { DrawingHistory } from "./drawing_history.js";
import { drawingPlot } from "./drawing_plot.js";
import { keeping } from "./desk_keep.js";
import { deskSound, voicesOf } from "./desk_sound.js";
import { droppedOn } from "./drop.js";
import { LOW_HZ, decibels, hertz } from "./plot.js";
import { spectrum } from "./spectrum.js";

const TEXT_HZ = [31.25, 62.5, 125, 250, 500, 1000, 2000, 4000, 7000];
const FINGER = globalThis.matchMedia?.("(pointer: coarse)").matches;
const HINTS = FINGER
  ? {
      bands: "Drag a handle. Tap twice where a band is to be.",
      curve: "Draw the curve with a finger, or drag its points. Tap twice where a point is to be.",
    }
  : {
      bands: "Drag a handle. Double-click where a band is to be. Turn the wheel on a handle, or press Page Up and Page Down, to change its width.",
      curve: "Draw the curve with the mouse, or drag its points. Double-click where a point is to be.",
    };
let latest = null; // the desk that was used last: keys that nothing has the focus for are its

/**
 * Builds a desk.
 * @param {HTMLElement} element where
 * @param {object} state bands, or a curve (frequencies_hz, gains_db); sample_rate in Hz; sounds
 *   (name -> address); presets (name -> {bands, curve})
 * @param {{changed?: (eq: {bands: object[], curve: ?object}) => void, linked?: boolean, hidden?: ?Drawing}}
 *   ties told after every change of a user; whether the page keeps the desk, and links to it; another
 *   equalizer, which is heard beside this one and seen when it is revealed
 * @returns {{eq: object, set: Function, reveal: Function, render: Function, close: Function}}
 */
export function mount(element, state, { changed = () => {}, linked = true, hidden = null } = {}) {
  const rate = state.sample_rate ?? 16000;
  const first = structuredClone({ bands: state.bands ?? [], curve: state.curve ?? null });
  const keep = linked ? keeping(element) : null;
  const found = keep?.found() ?? { said: "" };
  const drawing = new Drawing(found.eq ?? first, rate);
  const history = new DrawingHistory(drawing.eq);

  const status = make("p", { class: "eq-desk-status", role: "status", "aria-live": "polite" });
  const say = (words) => (status.textContent = words);
  const text = make("p");
  const code = make("code", { class: "eq-desk-code" });
  const hint = make("p", { class: "eq-desk-hint" });
  const revealed = make("path", { class: "eq-desk-revealed", fill: "none" });
  let shown = false; // the hidden equalizer
  const controls = drawingControls(drawing, { moved: report, removed: remove, append: () => added(drawing.append()), chose: (index) => plot.choose(index), say, label: "Points of the equalizer" });
  const sound = deskSound(drawing, { ...state, sample_rate: rate }, { say, started: () => moving.follow() }, hidden && voicesOf(drawing, hidden));
  const moving = spectrum(
    () => sound.analyser,
    () => plot.view,
  );
  const plot = drawingPlot(drawing, {
    moved: report,
    removed: remove,
    chosen: controls.choose,
    added: (hz, db) => added(drawing.add(hz, db)),
    sketched: (stroke) => rebuilt(drawing.sketch(stroke), -1),
    resized: trace,
    under: [moving.path, revealed],
  });
  function trace() {
    const hz = Array.from({ length: 200 }, (_, i) => LOW_HZ * (drawing.highHz / LOW_HZ) ** ((i / 199) * 0.999));
    const points = shown ? hidden.response(hz).map((db, i) => `${plot.toX(hz[i]).toFixed(1)},${plot.toY(db).toFixed(1)}`) : [];
    revealed.setAttribute("d", points.length ? `M${points.join("L")}` : "");
  }

  // --- the equalizer

  function report(gesture = null) {
    say("");
    draw();
    presets.value = "";
    tell(gesture);
  }
  function tell(gesture) {
    history.note(drawing.eq, gesture);
    mark();
    keep?.keep(drawing.eq);
    changed(drawing.eq);
  }
  function rebuilt(said, chosen = controls.chosen) {
    build(chosen);
    presets.value = "";
    say(said);
    tell(null);
  }
  function replace(eq, said) {
    drawing.set(eq);
    rebuilt(said, -1);
  }
  function remove(index) {
    const { gone, said } = drawing.remove(index);
    if (!gone) return say(said);
    const next = Math.min(index, drawing.count - 1);
    rebuilt(said, next);
    if (next >= 0) plot.focus(next);
    else controls.add.focus();
  }
  function added({ index, said }) {
    rebuilt(said, index);
    plot.focus(index);
  }
  function go(by) {
    const eq = history.go(by);
    if (!eq) return;
    drawing.set(eq);
    build(-1);
    presets.value = "";
    say(by < 0 ? "Undone." : "Done again.");
    mark();
    keep?.keep(drawing.eq);
    changed(drawing.eq);
  }
  const keys = (event) => {
    const here = element.contains(event.target) || (linked && latest === element && event.target === document.body);
    const key = event.key.toLowerCase();
    if (!here || event.target.eqTyping || !(event.ctrlKey || event.metaKey) || event.altKey || (key !== "z" && key !== "y")) return;
    event.preventDefault();
    event.stopPropagation(); // in a notebook, the cell has an undo of its own
    const focused = [...plot.svg.querySelectorAll("[role=slider]")].indexOf(document.activeElement);
    go(key === "y" || event.shiftKey ? 1 : -1);
    if (focused >= 0 && drawing.count) plot.focus(Math.min(focused, drawing.count - 1));
  };
  addEventListener("keydown", keys, true);
  for (const type of ["pointerdown", "focusin"]) element.addEventListener(type, () => (latest = element));

  // --- drawing

  function build(chosen) {
    plot.build();
    controls.build(chosen);
    for (const { firstChild: input } of mode.querySelectorAll("label")) input.checked = (input.value === "curve") === Boolean(drawing.curve);
    hint.textContent = HINTS[drawing.curve ? "curve" : "bands"];
    draw();
  }
  function draw() {
    plot.draw();
    controls.show();
    const audible = TEXT_HZ.filter((hz) => hz < rate / 2);
    const levels = drawing.response(audible);
    text.textContent = audible.map((hz, i) => `${hertz(hz)}: ${decibels(levels[i])}`).join("; ");
    code.textContent = drawing.python;
    sound.follow();
  }
  function mark() {
    undo.setAttribute("aria-disabled", !history.past);
    redo.setAttribute("aria-disabled", !history.future);
  }

  // --- the buttons

  const group = `eq-desk-mode-${crypto.randomUUID?.() ?? Math.random()}`;
  const modes = [["bands", "Bands"], ["curve", "Curve"]].map(([value, label]) => make("label", {}, make("input", { type: "radio", name: group, value, onchange: change }), make("span", {}, label)));
  const mode = make("fieldset", { class: "eq-segments" }, make("legend", { class: "eq-desk-unseen" }, "made of"), ...modes);
  function change(event) {
    if (event.target.value === "curve") drawing.toCurve();
    else drawing.set({ ...drawing.eq, curve: null });
    rebuilt(drawing.curve ? "A curve: draw it." : "Bands.", -1);
  }
  const option = ([value, label]) => make("option", { value }, label);
  const presets = make("select", { "aria-label": "preset" }, option(["", "Presets"]), ...Object.keys(state.presets ?? {}).map((name) => option([name, name])));
  presets.addEventListener("change", () => {
    const { value } = presets;
    if (value) replace(state.presets[value], `Preset ${value}.`);
    presets.value = value;
  });
  async function copy(words) {
    try {
      await navigator.clipboard.writeText(words);
      say("Copied.");
    } catch {
      say(`The browser does not let the page copy. By hand: ${words}`);
    }
  }
  const button = (words, onclick) => make("button", { type: "button", class: "eq-button", onclick }, words);
  const undo = button("Undo", () => go(-1));
  const redo = button("Redo", () => go(1));

  element.classList.add("eq-desk");
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", "Equalizer desk");
  element.replaceChildren(
    make(
      "div",
      { class: "eq-desk-card" },
      make("div", { class: "eq-desk-bar" }, mode, ...(presets.length > 1 ? [presets] : []), make("span", { class: "eq-desk-gap" }), make("span", { class: "eq-desk-steps" }, undo, redo, button("Reset", () => replace(first, "As at the start.")))),
      plot.svg,
      controls.chips,
      controls.editor,
      hint,
      sound.bar,
      sound.level,
      status,
    ),
    make(
      "details",
      {},
      make("summary", {}, keep ? "The curve in words, as code and as a link" : "The curve in words and as code"),
      text,
      make("p", {}, code),
      make("div", { class: "eq-desk-bar" }, button("Copy as Python", () => copy(code.textContent)), ...(keep ? [button("Copy a link", () => copy(keep.link(drawing.eq)))] : [])),
    ),
  );
  build(-1);
  mark();
  say(found.said);
  if (found.linked) element.scrollIntoView({ block: "center" });
  const undrop = droppedOn(element, sound.take);

  return {
    get eq() {
      return drawing.eq;
    },
    set(eq) {
      drawing.set(eq);
      build(-1);
      history.note(drawing.eq);
      mark();
    },
    /** Draws the hidden equalizer behind the own one, or takes it away. */
    reveal(shows = true) {
      shown = shows;
      trace();
    },
    sound,
    render: sound.render,
    get samples() {
      return sound.samples;
    },
    close() {
      undrop();
      removeEventListener("keydown", keys, true);
      sound.close();
    },
  };
}

/** anywidget's entry: the same desk, tied to `eqlib.widgets.desk.EQDesk`. */
export default {
  render({ model, el }) {
    const names = ["bands", "curve", "sample_rate", "sounds", "presets"];
    const state = Object.fromEntries(names.map((name) => [name, model.get(name)]));
    const place = document.createElement("div");
    el.append(place);
    const desk = mount(place, state, {
      linked: false,
      changed({ bands, curve }) {
        model.set("bands", bands);
        model.set("curve", curve);
        model.save_changes();
      },
    });
    const follow = () => {
      const eq = { bands: model.get("bands"), curve: model.get("curve") };
      if (JSON.stringify(eq) !== JSON.stringify(desk.eq)) desk.set(eq);
    };
    model.on("change:bands change:curve", follow);
    return () => {
      model.off("change:bands change:curve", follow);
      desk.close();
    };
  },
};
