// The workbench's left side: the target is drawn, and over it the network's response appears.
import { make } from "./dom.js";
import { Drawing, FIRST_CURVE } from "./drawing.js";
import { drawingPlot } from "./drawing_plot.js";
import { KINDS } from "./equalizer.js";
import { numberField } from "./fields.js";
import { LOW_HZ, decibels, hertz } from "./plot.js";
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
  let chosen = -1; // the point whose controls are unfolded
  const ghosts = make("g", { class: "eq-workbench-ghosts" });
  const trace = make("path", { class: "eq-workbench-trace", fill: "none" });
  const measured = make("path", { class: "eq-workbench-measured", fill: "none" });
  const plot = drawingPlot(drawing, { moved, removed: remove, chosen: choose, over: [measured, ghosts, trace] });
  const chips = make("div", { class: "eq-workbench-chips", role: "group", "aria-label": "Points of the target" });
  const editor = make("div", { class: "eq-workbench-editor" });
  const key = make("p", { class: "eq-workbench-key" }, make("span", { class: "eq-key-target" }, "target"), make("span", { class: "eq-key-network" }, "network"));
  let fields = [];
  let paired = false; // two recordings teach, instead of a drawn target

  function moved() {
    draw();
    presets.value = "";
    changed();
  }
  function rebuilt(words = "") {
    build();
    presets.value = "";
    say(words);
    changed();
  }
  function remove(index) {
    const { gone, said } = drawing.remove(index);
    if (!gone) return say(said);
    chosen = Math.min(index, drawing.count - 1);
    rebuilt(said);
    if (chosen >= 0) plot.focus(chosen);
    else add.focus();
  }
  function append() {
    const { index, said } = drawing.append();
    chosen = index;
    rebuilt(said);
    plot.focus(index);
  }
  function choose(index) {
    if (chosen === index && editor.childElementCount) return;
    chosen = index;
    edit();
    mark();
  }

  // --- the chips, and the controls of the one that is chosen

  function chipText(index) {
    const { hz, db, gain } = drawing.place(index);
    const kind = drawing.curve ? "" : `${KINDS[drawing.bands[index].kind].label} `;
    return `${kind}${hertz(hz)}${gain ? ` ${decibels(db)}` : ""}`;
  }
  function toggle(index) {
    if (chosen === index) {
      chosen = -1;
      edit();
      mark();
    } else choose(index);
  }
  function mark() {
    [...chips.querySelectorAll("[aria-expanded]")].forEach((chip, index) => {
      chip.setAttribute("aria-expanded", index === chosen);
      chip.lastElementChild.textContent = chipText(index);
      chip.classList.toggle("eq-workbench-off", drawing.bypassed(index));
    });
  }
  function edit() {
    fields = [];
    editor.hidden = chosen < 0 || chosen >= drawing.count;
    if (editor.hidden) return editor.replaceChildren();
    const tie = (label, unit, owner, name, spoken) => {
      const field = numberField(label, { unit, name: `${spoken} of ${drawing.noun.toLowerCase()} ${chosen + 1}`, refused: say, get: () => owner[name], set: (value) => ((owner[name] = value), drawing.limit(), moved()) });
      fields.push(field);
      return field;
    };
    const parts = [];
    if (drawing.curve) parts.push(tie("", "Hz", drawing.curve.frequencies_hz, chosen, "Frequency"), tie("", "dB", drawing.curve.gains_db, chosen, "Gain"));
    else {
      const band = drawing.bands[chosen];
      const kinds = make("select", { "aria-label": `Type of band ${chosen + 1}` }, ...Object.entries(KINDS).map(([kind, { label }]) => make("option", { value: kind, selected: kind === band.kind }, label)));
      kinds.addEventListener("change", () => {
        band.kind = kinds.value;
        drawing.limit();
        edit(); // first: another kind has other fields
        moved();
        editor.querySelector("select").focus();
      });
      parts.push(kinds, tie("", "Hz", band, "cutoff_hz", "Frequency"));
      if (KINDS[band.kind].gain) parts.push(tie("", "dB", band, "gain_db", "Gain"));
      parts.push(band.slope != null ? tie("slope", "", band, "slope", "Slope") : tie("Q", "", band, "q", "Q"));
      const bypass = make("input", { type: "checkbox" });
      bypass.checked = Boolean(band.bypass);
      bypass.addEventListener("change", () => ((band.bypass = bypass.checked), moved()));
      parts.push(make("label", { class: "eq-field" }, bypass, "off"));
    }
    const index = chosen;
    parts.push(make("button", { type: "button", class: "eq-button-plain", "aria-label": `Remove ${drawing.noun.toLowerCase()} ${index + 1}`, onclick: () => remove(index) }, "Remove"));
    editor.replaceChildren(...parts);
  }

  // --- drawing

  function build() {
    plot.build();
    const chip = (index) => make("button", { type: "button", class: "eq-chip", "aria-expanded": "false", onclick: () => toggle(index) }, make("span", { class: "eq-chip-dot" }), make("span"));
    chips.replaceChildren(...Array.from({ length: drawing.count }, (_, index) => chip(index)), add);
    add.textContent = drawing.curve ? "+ point" : "+ band";
    shape.textContent = drawing.curve ? "Use bands" : "Draw a curve";
    edit();
    draw();
  }
  function draw() {
    plot.draw();
    fields.forEach((field) => field.show());
    mark();
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

  const add = make("button", { type: "button", class: "eq-chip eq-chip-add", onclick: append }, "+ band");
  const shape = make("button", {
    type: "button",
    class: "eq-button-plain",
    onclick() {
      chosen = -1;
      drawing.set(drawing.curve ? { ...drawing.eq, curve: null } : { ...drawing.eq, curve: FIRST_CURVE });
      rebuilt(drawing.curve ? "A curve through points: drag them." : "Bands.");
    },
  });
  const option = (name, label = name) => make("option", { value: name }, label);
  const presets = make("select", { "aria-label": "Preset of the target" }, option("", "Presets"), ...Object.keys(state.presets ?? {}).map((name) => option(name)));
  presets.addEventListener("change", () => {
    const { value } = presets;
    if (!value) return;
    chosen = -1;
    drawing.set(state.presets[value]);
    rebuilt(`Target: ${value}.`);
    presets.value = value;
  });
  const panel = pairs ? pairPanel(state.sample_rate, { changed: compare, hz: MEASURED_HZ }) : null;
  const other = make("button", { type: "button", class: "eq-button-plain", onclick: () => teach(!paired) }, "Two recordings");
  const bar = make("div", { class: "eq-workbench-head" }, make("p", { class: "eq-workbench-title" }, "Target"), make("span", { class: "eq-workbench-gap" }), ...(presets.length > 1 ? [presets] : []), shape, ...(panel ? [other] : []));
  const side = make("section", { class: "eq-workbench-card eq-workbench-target", "aria-label": "Target" }, bar, ...(panel ? [panel.panel] : []), make("div", { class: "eq-workbench-plot" }, plot.svg, key), chips, editor);
  build();
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
    measured.setAttribute("d", paired && panel.found ? pathOf(MEASURED_HZ, panel.found.response_db) : "");
    changed();
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
      chosen = -1;
      drawing.set(eq);
      presets.value = "";
      build();
    },
    /** Draws the network's response at a moment; and those before it, faintly. */
    show(hz, now, before = []) {
      key.classList.toggle("eq-key-both", Boolean(now));
      trace.setAttribute("d", now ? pathOf(hz, now) : "");
      const few = before.slice(-GHOSTS);
      ghosts.replaceChildren(...few.map((db, i) => make("path", { d: pathOf(hz, db), fill: "none", style: `opacity: ${(0.08 + (0.3 * (i + 1)) / few.length).toFixed(2)}` })));
    },
  };
}
