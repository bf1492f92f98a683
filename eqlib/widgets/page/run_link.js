// A run as a link: target and settings in an address, readable, and read back with care.
import { eqText, fieldsOf, numberOf, readEq } from "./eq_link.js";

export const RUN = { filters: 16, steps: 400, learningRate: 8e-3, pretrainSteps: 0, seed: 0 };
export const SIZES = [16, 32, 64, 128];
export const RANGES = { steps: [10, 20000], learningRate: [1e-5, 0.1], pretrainSteps: [0, 20000], seed: [0, 2 ** 31 - 1] };
const KEYS = { filters: "filters", steps: "steps", learningRate: "rate", pretrainSteps: "stage-one", seed: "seed" };

/**
 * The fragment of an address, without its #.
 * @param {{bands: object[], curve: ?object}} eq
 * @param {typeof RUN} run
 */
export function toFragment(eq, run) {
  return [eqText(eq), ...Object.entries(KEYS).map(([name, key]) => `${key}=${run[name]}`)].join("&");
}

/**
 * What a fragment says. What it does not say, or says wrongly, is left as it comes by default.
 * @param {string} fragment with or without its #
 * @returns {?{eq: ?object, run: typeof RUN, faults: string[]}} null if it is not about a run
 */
export function fromFragment(fragment) {
  const fields = fieldsOf(fragment);
  if (!fields) return null;
  const faults = [];
  const careful = (read, otherwise) => {
    try {
      return read();
    } catch (error) {
      faults.push(error.message);
      return otherwise;
    }
  };
  const eq = careful(() => readEq(fields), null);
  const run = { ...RUN };
  for (const [name, key] of Object.entries(KEYS)) {
    if (fields.has(key)) run[name] = careful(() => checkedSetting(name, numberOf(fields.get(key))), RUN[name]);
  }
  return { eq, run, faults };
}

/** A setting of a run, if it is one; else an error that says what it may be. */
export function checkedSetting(name, value) {
  if (name === "filters") {
    if (!SIZES.includes(value)) throw new Error(`there are ${SIZES.join(", ")} filters, not ${value}`);
    return value;
  }
  const [low, high] = RANGES[name];
  const whole = name !== "learningRate";
  if (!(value >= low && value <= high) || (whole && !Number.isInteger(value))) {
    throw new Error(`${WORDS[name]} is ${whole ? "a whole number " : ""}from ${low} to ${high}, not ${value}`);
  }
  return value;
}
const WORDS = { steps: "the number of steps", learningRate: "the learning rate", pretrainSteps: "the number of steps of stage one", seed: "the seed" };
