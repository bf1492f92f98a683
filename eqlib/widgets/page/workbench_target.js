// The workbench's left side: the target is drawn, and over it the network's response appears.
import { make } from "./dom.js";
import { Drawing } from "./drawing.js";
import { drawingControls } from "./drawing_controls.js";
import { drawingPlot } from "./drawing_plot.js";
import { LOW_HZ } from "./plot.js";
import { pairPanel } from "./workbench_pair.js";

const MEASURED_HZ = Array.from({ length: 120 }, (_, i) => 40 * (7800 / 40) ** (i / 119));
const GHOSTS = 8; // earlier responses that stay in sight, fading

/**
 * Builds it.
 * @param {object} state bands, curve, presets (name -> {bands, curve}), sample_rate
 * @param {{changed: Function, say: (words: string) => void, pairs: boolean}} told; `pairs` if there may be
 *   two recordings in the target's place
 */
export function targetSide(state, { changed, say, pairs }) {
  const drawing = new Drawing(state, state.sample_rate);
  let latest = null; // what is shown of the network
  const ghosts = make("g", { class: "eq-workbench-ghosts" });
  const trace = make("path", { class: "eq-workbench-trace", fill: "none" });
  const measured = make("path", { class: "eq-workbench-measured", fill: "none" });
  const controls = drawingControls(drawing, { moved, removed: remove, append: () => added(drawing.append()), chose: (index) => plot.choose(index), say, label: "Points of the target" });
  const plot = drawingPlot(drawing, {
    moved,
    removed: remove,
    chosen: controls.choose,
    added: (hz, db) => added(drawing.add(hz, db)),
    sketched: (stroke) => rebuilt(drawing.sketch(stroke), -1),
    resized,
    over: [measured, ghosts, trace],
  });
  const key = make("p", { class: "eq-workbench-key" }, make("span", { class: "eq-key-target" }, "target"), make("span", { class: "eq-key-network" }, "network"));
  let paired = false; // two recordings teach, instead of a drawn target

  function moved() {
    draw();
    presets.value = "";
    changed();
  }
  function rebuilt(words = "", chosen = controls.chosen) {
    build(chosen);
    presets.value = "";
    say(words);
    changed();
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

  // --- drawing

  function build(chosen) {
    plot.build();
    controls.build(chosen);
    shape.textContent = drawing.curve ? "Use bands" : "Draw a curve";
    draw();
  }
  function draw() {
    plot.draw();
    controls.show();
  }
  function resized() {
    if (latest) show(...latest);
    measure();
  }
  const pathOf = (hz, db) => {
    let path = "";
    let broken = true;
    for (const [i, f] of hz.entries()) {
      const drawable = f >= LOW_HZ && Number.isFinite(db[i]);
      if (drawable) path += `${broken ? "M" : "L"}${plot.toX(f).toFixed(1)},${plot.toY(db[i]).toFixed(1)}`;
      broken = !drawable;
    }
    return path;
  };

  const shape = make("button", {
    type: "button",
    class: "eq-button-plain",
    onclick() {
      if (drawing.curve) drawing.set({ ...drawing.eq, curve: null });
      else drawing.toCurve();
      rebuilt(drawing.curve ? "A curve through points: drag them, or draw it with mouse or finger." : "Bands.", -1);
    },
  });
  const option = (name, label = name) => make("option", { value: name }, label);
  const presets = make("select", { "aria-label": "Preset of the target" }, option("", "Presets"), ...Object.keys(state.presets ?? {}).map((name) => option(name)));
  presets.addEventListener("change", () => {
    const { value } = presets;
    if (!value) return;
    drawing.set(state.presets[value]);
    rebuilt(`Target: ${value}.`, -1);
    presets.value = value;
  });
  const panel = pairs ? pairPanel(state.sample_rate, { changed: compare, hz: MEASURED_HZ }) : null;
  const other = make("button", { type: "button", class: "eq-button-plain", onclick: () => teach(!paired) }, "Two recordings");
  const bar = make("div", { class: "eq-workbench-head" }, make("p", { class: "eq-workbench-title" }, "Target"), make("span", { class: "eq-workbench-gap" }), ...(presets.length > 1 ? [presets] : []), shape, ...(panel ? [other] : []));
  const side = make("div", { role: "group", class: "eq-workbench-card eq-workbench-target", "aria-label": "Target" }, bar, ...(panel ? [panel.panel] : []), make("div", { class: "eq-workbench-plot" }, plot.svg, key), controls.chips, controls.editor);
  build(-1);
  if (panel) panel.panel.hidden = true;

  // --- two recordings instead

  function teach(by) {
    paired = by;
    panel.panel.hidden = !paired;
    side.classList.toggle("eq-workbench-paired", paired);
    other.textContent = paired ? "Draw a target" : "Two recordings";
    say("");
    compare();
  }
  function compare() {
    measure();
    changed();
  }
  function measure() {
    measured.setAttribute("d", paired && panel.found ? pathOf(MEASURED_HZ, panel.found.response_db) : "");
  }

  function show(hz, now, before = []) {
    latest = [hz, now, before];
    key.classList.toggle("eq-key-both", Boolean(now));
    trace.setAttribute("d", now ? pathOf(hz, now) : "");
    const few = before.slice(-GHOSTS);
    ghosts.replaceChildren(...few.map((db, i) => make("path", { d: pathOf(hz, db), fill: "none", style: `opacity: ${(0.08 + (0.3 * (i + 1)) / few.length).toFixed(2)}` })));
  }

  return {
    side,
    drawing,
    /** Whether two recordings teach, and what is known of them. */
    get paired() {
      return paired;
    },
    get pair() {
      return panel?.found ?? null;
    },
    teach,
    /** Another target, without telling. */
    set(eq) {
      drawing.set(eq);
      presets.value = "";
      build(-1);
    },
    /** Draws the network's response at a moment; and those before it, faintly. */
    show,
  };
}
