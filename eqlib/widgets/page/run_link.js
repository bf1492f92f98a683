// A run as a link: target and settings in an address, readable, and read back with care.
import { KINDS } from "./equalizer.js";

export const RUN = { filters: 16, steps: 400, learningRate: 8e-3, pretrainSteps: 0, seed: 0 };
export const SIZES = [16, 32, 64, 128];
export const RANGES = { steps: [10, 20000], learningRate: [1e-5, 0.1], pretrainSteps: [0, 20000], seed: [0, 2 ** 31 - 1] };
const KEYS = { filters: "filters", steps: "steps", learningRate: "rate", pretrainSteps: "stage-one", seed: "seed" };
const POINTS = [2, 40]; // of a curve, in a link
const BANDS = 20;

const short = (x) => `${Number(x.toPrecision(7))}`;

function bandText(band) {
  const parts = [band.kind, short(band.cutoff_hz)];
  if (KINDS[band.kind].gain) parts.push(short(band.gain_db));
  parts.push(band.slope != null ? `s${short(band.slope)}` : `q${short(band.q)}`);
  if (band.bypass) parts.push("off");
  return parts.join(":");
}

/**
 * The fragment of an address, without its #.
 * @param {{bands: object[], curve: ?object}} eq
 * @param {typeof RUN} run
 */
export function toFragment(eq, run) {
  const target = eq.curve
    ? `curve=${eq.curve.frequencies_hz.map((hz, i) => `${short(hz)}:${short(eq.curve.gains_db[i])}`).join(",")}`
    : `eq=${eq.bands.length ? eq.bands.map(bandText).join(",") : "flat"}`;
  return [target, ...Object.entries(KEYS).map(([name, key]) => `${key}=${run[name]}`)].join("&");
}

function readBand(text) {
  const [kind, ...rest] = text.split(":");
  if (!Object.hasOwn(KINDS, kind)) throw new Error(`“${kind}” is no kind of band`);
  const bypass = rest.at(-1) === "off" && Boolean(rest.pop());
  const shape = rest.pop() ?? "";
  const [cutoff_hz, gain_db] = rest.map(number);
  if (rest.length !== (KINDS[kind].gain ? 2 : 1) || !/^[qs]/.test(shape)) throw new Error(`“${text}” is no band`);
  const width = number(shape.slice(1));
  if (shape[0] === "s" && !kind.endsWith("shelf")) throw new Error(`“${text}”: only shelves have a slope`);
  return { kind, cutoff_hz, gain_db: gain_db ?? null, q: shape[0] === "q" ? width : null, slope: shape[0] === "s" ? width : null, bypass };
}

function readCurve(text) {
  const points = text.split(",").map((point) => point.split(":").map(number));
  const rises = points.every(([hz], i) => !i || hz > points[i - 1][0]);
  if (points.some((point) => point.length !== 2) || !rises || points.length < POINTS[0] || points.length > POINTS[1]) throw new Error(`“${text}” is no curve`);
  return { frequencies_hz: points.map(([hz]) => hz), gains_db: points.map(([, db]) => db) };
}

function number(text) {
  const value = Number(text);
  if (!text.trim() || !Number.isFinite(value)) throw new Error(`“${text}” is no number`);
  return value;
}

/**
 * What a fragment says. What it does not say, or says wrongly, is left as it comes by default.
 * @param {string} fragment with or without its #
 * @returns {?{eq: ?object, run: typeof RUN, faults: string[]}} null if it is not about a run
 */
export function fromFragment(fragment) {
  const fields = new URLSearchParams(fragment.replace(/^#/, "").replaceAll("+", "%2B"));
  if (!fields.has("eq") && !fields.has("curve")) return null;
  const faults = [];
  const careful = (read, otherwise) => {
    try {
      return read();
    } catch (error) {
      faults.push(error.message);
      return otherwise;
    }
  };
  const eq = careful(() => {
    if (fields.has("curve")) return { bands: [], curve: readCurve(fields.get("curve")) };
    const text = fields.get("eq");
    const bands = text === "flat" ? [] : text.split(",").map(readBand);
    if (bands.length > BANDS) throw new Error(`${bands.length} bands are more than ${BANDS}`);
    return { bands, curve: null };
  }, null);
  const run = { ...RUN };
  for (const [name, key] of Object.entries(KEYS)) {
    if (fields.has(key)) run[name] = careful(() => checkedSetting(name, number(fields.get(key))), RUN[name]);
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
