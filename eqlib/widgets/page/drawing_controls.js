// The points of a drawn equalizer as chips, and the controls of the one that is chosen.
import { make } from "./dom.js";
import { HUES } from "./drawing_handles.js";
import { KINDS } from "./equalizer.js";
import { numberField } from "./fields.js";
import { decibels, hertz } from "./plot.js";

const MOST = 8; // points of a curve that have chips

/**
 * @param {Drawing} drawing
 * @param {{moved: Function, removed: (index: number) => void, append: Function, chose?: (index: number) => void,
 *   say: (words: string) => void, label: string}} ties after a value was set; to take a point away; to
 *   add one; when another is chosen, or none (-1); and what the group of chips is called
 * @returns {{chips: HTMLElement, editor: HTMLElement, add: HTMLElement, build: Function, show: Function,
 *   choose: Function, chosen: number}}
 */
export function drawingControls(drawing, { moved, removed, append, chose = () => {}, say, label }) {
  let chosen = -1; // the point whose controls are unfolded
  let fields = [];
  const chips = make("div", { class: "eq-chips", role: "group", "aria-label": label });
  const editor = make("div", { class: "eq-editor", role: "group" });
  const add = make("button", { type: "button", class: "eq-chip eq-chip-add", onclick: append }, "+ band");

  function text(index) {
    const { hz, db, gain } = drawing.place(index);
    const kind = drawing.curve ? "" : `${KINDS[drawing.bands[index].kind].label} `;
    return `${kind}${hertz(hz)}${gain ? ` ${decibels(db)}` : ""}`;
  }
  const hue = (index) => `eq-hue-${drawing.curve ? 0 : index % HUES}`;
  const chip = (index) => make("button", { type: "button", class: `eq-chip ${hue(index)}`, "aria-expanded": "false", onclick: () => choose(chosen === index ? -1 : index) }, make("span", { class: "eq-chip-dot", "aria-hidden": "true" }, drawing.curve ? "" : `${index + 1}`), make("span"));

  function choose(index) {
    if (index === chosen) return;
    chosen = index;
    edit();
    mark();
    chose(index);
  }
  function mark() {
    [...chips.querySelectorAll("[aria-expanded]")].forEach((each, index) => {
      each.setAttribute("aria-expanded", index === chosen);
      each.lastElementChild.textContent = text(index);
      each.classList.toggle("eq-chip-off", drawing.bypassed(index));
    });
  }
  function tie(name, unit, owner, key, spoken) {
    const set = (value) => {
      owner[key] = value;
      drawing.limit();
      moved();
    };
    const field = numberField(name, { unit, name: `${spoken} of ${drawing.noun.toLowerCase()} ${chosen + 1}`, refused: say, get: () => owner[key], set });
    fields.push(field);
    return field;
  }
  function bandParts(band) {
    const option = ([kind, { label: name }]) => make("option", { value: kind, selected: kind === band.kind }, name);
    const kinds = make("select", { "aria-label": `Type of band ${chosen + 1}` }, ...Object.entries(KINDS).map(option));
    kinds.addEventListener("change", () => {
      band.kind = kinds.value;
      drawing.limit();
      edit(); // first: another kind has other fields
      moved();
      editor.querySelector("select").focus();
    });
    const bypass = make("input", { type: "checkbox", "aria-label": `Bypass band ${chosen + 1}` });
    bypass.checked = Boolean(band.bypass);
    bypass.addEventListener("change", () => {
      band.bypass = bypass.checked;
      moved();
    });
    return [
      kinds,
      tie("", "Hz", band, "cutoff_hz", "Frequency"),
      ...(KINDS[band.kind].gain ? [tie("", "dB", band, "gain_db", "Gain")] : []),
      band.slope != null ? tie("slope", "", band, "slope", "Slope") : tie("Q", "", band, "q", "Q"),
      make("label", { class: "eq-field" }, bypass, "off"),
    ];
  }
  function edit() {
    fields = [];
    editor.hidden = chosen < 0 || chosen >= drawing.count;
    if (editor.hidden) return editor.replaceChildren();
    const index = chosen;
    const { curve, noun } = drawing;
    const parts = curve ? [tie("", "Hz", curve.frequencies_hz, index, "Frequency"), tie("", "dB", curve.gains_db, index, "Gain")] : bandParts(drawing.bands[index]);
    const removal = make("button", { type: "button", class: "eq-button-plain", "aria-label": `Remove ${noun.toLowerCase()} ${index + 1}`, onclick: () => removed(index) }, "Remove");
    editor.className = `eq-editor ${hue(index)}`;
    editor.setAttribute("aria-label", drawing.name(index));
    editor.replaceChildren(...parts, removal);
  }

  return {
    chips,
    editor,
    add,
    choose,
    get chosen() {
      return chosen;
    },
    /** Makes all anew, for other points. */
    build(index = chosen) {
      chosen = index < drawing.count ? index : -1;
      const shown = drawing.curve && drawing.count > MOST ? 0 : drawing.count; // many have their handles only
      chips.replaceChildren(...Array.from({ length: shown }, (_, k) => chip(k)), add);
      add.textContent = drawing.curve ? "+ point" : "+ band";
      edit();
      mark();
      chose(chosen);
    },
    /** Shows the present values. */
    show() {
      fields.forEach((field) => field.show());
      mark();
    },
  };
}
