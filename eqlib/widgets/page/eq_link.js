// An equalizer in an address, readable, and read back with care.
import { KINDS } from "./equalizer.js";

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

/** @param {{bands: object[], curve: ?object}} eq */
export function eqText(eq) {
  if (eq.curve) return `curve=${eq.curve.frequencies_hz.map((hz, i) => `${short(hz)}:${short(eq.curve.gains_db[i])}`).join(",")}`;
  return `eq=${eq.bands.length ? eq.bands.map(bandText).join(",") : "flat"}`;
}

/** The fields of a fragment, with or without its #; null if no equalizer is among them. */
export function fieldsOf(fragment) {
  const fields = new URLSearchParams(fragment.replace(/^#/, "").replaceAll("+", "%2B"));
  return fields.has("eq") || fields.has("curve") ? fields : null;
}

/**
 * The equalizer in a fragment's fields.
 * @param {URLSearchParams} fields
 * @throws {Error} whose message says what is wrong
 */
export function readEq(fields) {
  if (fields.has("curve")) return { bands: [], curve: readCurve(fields.get("curve")) };
  const text = fields.get("eq");
  const bands = text === "flat" ? [] : text.split(",").map(readBand);
  if (bands.length > BANDS) throw new Error(`${bands.length} bands are more than ${BANDS}`);
  return { bands, curve: null };
}

function readBand(text) {
  const [kind, ...rest] = text.split(":");
  if (!Object.hasOwn(KINDS, kind)) throw new Error(`“${kind}” is no kind of band`);
  const bypass = rest.at(-1) === "off" && Boolean(rest.pop());
  const shape = rest.pop() ?? "";
  const [cutoff_hz, gain_db] = rest.map(numberOf);
  if (rest.length !== (KINDS[kind].gain ? 2 : 1) || !/^[qs]/.test(shape)) throw new Error(`“${text}” is no band`);
  const width = numberOf(shape.slice(1));
  if (shape[0] === "s" && !kind.endsWith("shelf")) throw new Error(`“${text}”: only shelves have a slope`);
  return { kind, cutoff_hz, gain_db: gain_db ?? null, q: shape[0] === "q" ? width : null, slope: shape[0] === "s" ? width : null, bypass };
}

function readCurve(text) {
  const points = text.split(",").map((point) => point.split(":").map(numberOf));
  const rises = points.every(([hz], i) => !i || hz > points[i - 1][0]);
  if (points.some((point) => point.length !== 2) || !rises || points.length < POINTS[0] || points.length > POINTS[1]) throw new Error(`“${text}” is no curve`);
  return { frequencies_hz: points.map(([hz]) => hz), gains_db: points.map(([, db]) => db) };
}

/** The number in a text that was written by a program. */
export function numberOf(text) {
  const value = Number(text);
  if (!text.trim() || !Number.isFinite(value)) throw new Error(`“${text}” is no number`);
  return value;
}
