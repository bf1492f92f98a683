// The EQ desk: an equalizer as points on its response curve and as number fields, heard while they
// move. In Jupyter it is a live widget (eqlib.desk.EQDesk), in the rendered book it runs by itself.
import { volumeSlider } from "./bus.js";
import { make } from "./dom.js";
import { Drawing, FIRST_CURVE } from "./drawing.js";
import { drawingPlot } from "./drawing_plot.js";
import { KINDS, LIMITS } from "./equalizer.js";
import { clamp, decibels, hertz } from "./plot.js";
import { LoopPlayer, decode, loudnessMeter, render } from "./sound.js";

const TEXT_HZ = [31.25, 62.5, 125, 250, 500, 1000, 2000, 4000, 7000];
let desks = 0;

/**
 * Builds a desk.
 * @param {HTMLElement} element where
 * @param {object} state bands, or a curve (frequencies_hz, gains_db); sample_rate in Hz; sounds
 *   (name -> address); presets (name -> {bands, curve})
 * @param {(eq: {bands: object[], curve: ?object}) => void} changed after every change of a user
 * @returns {{eq: object, set: Function, render: Function, close: Function}}
 */
export function mount(element, state, changed = () => {}) {
  const rate = state.sample_rate ?? 16000;
  const highHz = rate / 2;
  const sounds = Object.entries(state.sounds ?? {});
  const drawing = new Drawing(state, rate);
  const first = structuredClone({ bands: state.bands ?? [], curve: state.curve ?? null });
  let player = null;
  let meter = () => 0;
  let frame = 0;
  const buffers = new Map();

  const plot = drawingPlot(drawing, { moved: report, removed: remove });
  const list = make("div", { class: "eq-desk-bands" });
  const status = make("p", { class: "eq-desk-status", role: "status", "aria-live": "polite" });
  const level = make("p", { class: "eq-desk-level" });
  const text = make("p");
  const code = make("code", { class: "eq-desk-code" });

  // --- the equalizer

  function report() {
    drawing.limit();
    draw();
    presets.value = "";
    changed(drawing.eq);
  }
  function replace(eq, said, tell = true) {
    drawing.set(eq);
    build();
    presets.value = "";
    if (said) status.textContent = said;
    if (tell) changed(drawing.eq);
  }
  function remove(index) {
    const { gone, said } = drawing.remove(index);
    status.textContent = said;
    if (!gone) return;
    replace(drawing.eq, said);
    if (drawing.count) plot.focus(Math.min(index, drawing.count - 1));
    else add.focus();
  }
  function append() {
    const { index, said } = drawing.append();
    replace(drawing.eq, said);
    plot.focus(index);
  }

  // --- the fields

  function field(label, owner, name, [low, high]) {
    const input = make("input", { type: "number", min: low, max: high, step: "any" });
    input.show = () => {
      if (document.activeElement !== input) input.value = Number(owner[name].toPrecision(5));
    };
    input.addEventListener("change", () => {
      const value = Number(input.value);
      if (input.value === "" || !Number.isFinite(value)) {
        status.textContent = `${label} needs a number; it stays at ${Number(owner[name].toPrecision(5))}.`;
      } else owner[name] = value;
      report();
      input.value = Number(owner[name].toPrecision(5)); // its limits may have changed it
    });
    return make("label", {}, `${label} `, input);
  }
  const removal = (index) => make("button", { type: "button", onclick: () => remove(index), "aria-label": `remove ${drawing.noun.toLowerCase()} ${index + 1}` }, "remove");

  function row(index) {
    const legend = make("legend", {}, `${drawing.noun} ${index + 1}`);
    const rangeHz = [LIMITS.lowest_hz, highHz * 0.98];
    if (drawing.curve) {
      const { frequencies_hz: hz, gains_db: db } = drawing.curve;
      return make("fieldset", {}, legend, field("Hz", hz, index, rangeHz), field("dB", db, index, LIMITS.gain_db), removal(index));
    }
    const band = drawing.bands[index];
    const kinds = make("select", {}, ...Object.entries(KINDS).map(([kind, { label }]) => make("option", { value: kind, selected: kind === band.kind }, label)));
    kinds.addEventListener("change", () => {
      band.kind = kinds.value;
      report();
      build();
      list.querySelectorAll("select")[index].focus();
    });
    const bypass = make("input", { type: "checkbox" });
    bypass.checked = Boolean(band.bypass);
    bypass.addEventListener("change", () => {
      band.bypass = bypass.checked;
      report();
    });
    return make(
      "fieldset",
      {},
      legend,
      make("label", {}, "type ", kinds),
      field("Hz", band, "cutoff_hz", rangeHz),
      ...(KINDS[band.kind].gain ? [field("dB", band, "gain_db", LIMITS.gain_db)] : []),
      band.slope != null ? field("slope", band, "slope", LIMITS.slope) : field("Q", band, "q", LIMITS.q),
      make("label", {}, bypass, " bypass"),
      removal(index),
    );
  }

  // --- drawing

  function build() {
    plot.build();
    list.replaceChildren(...Array.from({ length: drawing.count }, (_, index) => row(index)));
    mode.value = drawing.curve ? "curve" : "bands";
    add.textContent = drawing.curve ? "add a point" : "add a band";
    draw();
  }
  function draw() {
    plot.draw();
    list.querySelectorAll('input[type="number"]').forEach((input) => input.show());
    const audible = TEXT_HZ.filter((hz) => hz < highHz);
    const levels = drawing.response(audible);
    text.textContent = audible.map((hz, i) => `${hertz(hz)}: ${decibels(levels[i])}`).join("; ");
    code.textContent = drawing.python;
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(hear);
  }

  // --- sound

  const heard = () => (dry.checked ? { bands: [] } : drawing.filters);
  const matching = () => (dry.checked ? 0 : clamp(-meter((hz) => drawing.response(hz)), -60, 12));
  function hear() {
    if (!sounds.length) return;
    const gain = matching();
    const by = Math.abs(gain) < 0.05 ? "at the level of the dry sound" : `turned ${gain < 0 ? "down" : "up"} by ${Math.abs(gain).toFixed(1)} dB, to the loudness of the dry sound`;
    level.textContent = dry.checked ? "You hear the dry sound." : `The equalized sound is ${by}.`;
    if (player?.playing) player.change(heard(), gain);
  }
  async function buffer() {
    const name = clip.value;
    if (!buffers.has(name)) buffers.set(name, await decode(state.sounds[name], new OfflineAudioContext(1, 1, rate)));
    const found = buffers.get(name);
    meter = loudnessMeter(found.getChannelData(0), rate);
    return found;
  }
  async function toggle() {
    if (player?.playing) player.stop();
    else {
      try {
        const found = await buffer();
        player ??= new LoopPlayer(rate);
        player.onstopped = () => {
          play.textContent = "Play";
          hear();
        };
        await player.start(found, heard(), matching());
      } catch (error) {
        status.textContent = `This sound cannot be played here (${error.message}).`;
      }
    }
    play.textContent = player?.playing ? "Stop" : "Play";
    hear();
  }
  const play = make("button", { type: "button", onclick: toggle, class: "eq-desk-play" }, "Play");
  const dry = make("input", { type: "checkbox", onchange: hear });
  const clip = make("select", {}, ...sounds.map(([name]) => make("option", { value: name }, name)));
  clip.addEventListener("change", async () => {
    if (player?.playing) await toggle().then(toggle);
    else await buffer().then(hear);
  });

  // --- the buttons

  const option = ([value, label]) => make("option", { value }, label);
  const mode = make("select", {}, ...[["bands", "bands"], ["curve", "a drawn curve"]].map(option));
  mode.addEventListener("change", () => {
    const next = mode.value === "curve" ? { ...drawing.eq, curve: FIRST_CURVE } : { ...drawing.eq, curve: null };
    replace(next, mode.value === "curve" ? "A curve through points: drag them." : "Bands.");
  });
  const presets = make("select", {}, option(["", "choose …"]), ...Object.keys(state.presets ?? {}).map((name) => option([name, name])));
  presets.addEventListener("change", () => {
    const { value } = presets;
    if (value) replace(state.presets[value], `Preset ${value}.`);
    presets.value = value;
  });
  const add = make("button", { type: "button", onclick: append }, "add a band");
  async function copy() {
    try {
      await navigator.clipboard.writeText(code.textContent);
      status.textContent = "Copied.";
    } catch {
      status.textContent = "The browser does not let the page copy; select the line below by hand.";
    }
  }

  element.classList.add("eq-desk");
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", "Equalizer desk");
  element.replaceChildren(
    make(
      "div",
      { class: "eq-desk-bar" },
      make("label", {}, "made of ", mode),
      ...(presets.length > 1 ? [make("label", {}, "preset ", presets)] : []),
      add,
      make("button", { type: "button", onclick: () => replace(first, "As at the start.") }, "reset"),
      make("button", { type: "button", onclick: copy }, "copy as Python"),
    ),
    status,
    plot.svg,
    ...(sounds.length ? [make("div", { class: "eq-desk-bar" }, play, make("label", {}, "sound ", clip), make("label", {}, dry, " dry, without the equalizer"), volumeSlider()), level] : []),
    list,
    make("details", { id: `eq-desk-${desks++}` }, make("summary", {}, "The curve in words and as code"), text, make("p", {}, code)),
  );
  build();
  if (sounds.length) buffer().then(hear, () => {});

  return {
    get eq() {
      return drawing.eq;
    },
    set: (eq) => replace(eq, "", false),
    render: async () => render(await buffer(), drawing.filters),
    close: () => player?.close(),
  };
}

/** anywidget's entry: the same desk, tied to `eqlib.desk.EQDesk`. */
export default {
  render({ model, el }) {
    const names = ["bands", "curve", "sample_rate", "sounds", "presets"];
    const state = Object.fromEntries(names.map((name) => [name, model.get(name)]));
    const desk = mount(el, state, ({ bands, curve }) => {
      model.set("bands", bands);
      model.set("curve", curve);
      model.save_changes();
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
