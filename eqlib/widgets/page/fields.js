// A field for a number as people type it: with a comma, a sign, a unit; what is no number is refused.
import { make } from "./dom.js";

/** The number in a text, such as "1,5", "−3.25 dB" or "+2 kHz"; NaN if it is none. */
export function typed(text) {
  const found = text.trim().match(/^([+\-−]?)(\d+(?:[.,]\d*)?|[.,]\d+)(e[+-]?\d+)?\s*(k?)(?:hz|db)?$/i);
  if (!found) return NaN;
  const [, sign, digits, power = "", kilo] = found;
  return (sign && sign !== "+" ? -1 : 1) * Number(digits.replace(",", ".") + power) * (kilo ? 1000 : 1);
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
  const text = () => `${Number(get().toPrecision(5))}`.replace("-", "−");
  const show = () => {
    if (document.activeElement !== input) input.value = text();
  };
  input.addEventListener("focus", () => input.select());
  input.addEventListener("change", () => {
    const value = typed(input.value);
    try {
      if (Number.isNaN(value)) throw new Error(`“${input.value}” is no number`);
      set(value);
      refused("");
    } catch (error) {
      refused(`${name}: ${error.message}. It stays at ${text()}${unit && ` ${unit}`}.`);
    }
    input.value = text(); // its limits may have changed it
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") input.blur();
  });
  const field = make("label", { class: "eq-field" }, make("span", {}, label), input, ...(unit ? [make("span", { class: "eq-field-unit" }, unit)] : []));
  field.show = show;
  show();
  return field;
}
