// A field for a number as people type it: with a comma, a sign, a unit; what is no number is refused.
import { make } from "./dom.js";

const UNITS = { Hz: /\s*(k?)(?:hz)?$/i, dB: /\s*()(?:db)?$/i, "": /()$/ };

/**
 * The number in a text, such as "1,5", "−3.25 dB", "1.5 kHz" or "1 500"; NaN if it is none.
 * @param {string} text
 * @param {string} unit "Hz", "dB" or "": what may stand after the number
 */
export function typed(text, unit = "") {
  const [ending, kilo] = text.trim().match(UNITS[unit]) ?? ["", ""];
  const body = text.trim().slice(0, text.trim().length - ending.length);
  const found = body.match(/^([+\-−–]?)\s*(.+)$/);
  if (!found) return NaN;
  let [, sign, digits] = found;
  if (/^\d{1,3}([\s'’]\d{3})+([.,]\d*)?$/.test(digits)) digits = digits.replace(/[\s'’]/g, ""); // groups of thousands
  if (unit === "Hz" && !kilo && /^[1-9]\d{0,2}(,\d{3})+$/.test(digits)) digits = digits.replaceAll(",", ""); // as in 1,500 Hz
  if (!/^(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?$/i.test(digits)) return NaN;
  return (sign && sign !== "+" ? -1 : 1) * Number(digits.replace(",", ".")) * (kilo ? 1000 : 1);
}

/**
 * A label with a field.
 * @param {string} label
 * @param {{get: () => number, set: (value: number) => void, refused: (words: string) => void,
 *   unit?: string, name?: string}} ties `set` may throw an Error whose message says what is wrong
 * @returns {HTMLElement} with `show()`, which writes the present value
 */
export function numberField(label, { get, set, refused, unit = "", name = label }) {
  const input = make("input", { type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false", "aria-label": name });
  const text = () => `${Number(get().toPrecision(Math.abs(get()) < 10 ? 4 : 5))}`.replace("-", "−");
  const withUnit = (words) => `${words}${unit && ` ${unit}`}`;
  const show = () => {
    if (document.activeElement !== input) input.value = text();
  };
  input.addEventListener("focus", () => input.select());
  input.addEventListener("input", () => (input.eqTyping = true)); // then undo is the field's own
  input.addEventListener("change", () => {
    input.eqTyping = false;
    const value = typed(input.value, unit);
    let said = "";
    try {
      if (Number.isNaN(value)) throw new Error(`“${input.value}” is no number`);
      set(value);
      const off = Math.abs(get() - value) > 1e-6 * Math.abs(value);
      if (off) said = `${name}: ${withUnit(`${Number(value.toPrecision(5))}`.replace("-", "−"))} is out of range; it is now ${withUnit(text())}.`;
    } catch (error) {
      said = `${name}: ${error.message}. It stays at ${withUnit(text())}.`;
    }
    input.classList.toggle("eq-refused", Boolean(said));
    input.value = text();
    refused(said);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") input.blur();
  });
  const field = make("label", { class: "eq-field" }, make("span", {}, label), input, ...(unit ? [make("span", { class: "eq-field-unit" }, unit)] : []));
  field.show = show;
  show();
  return field;
}
