// How near an answer is to what was hidden, in numbers, and in words that do not give it away at once.
import { KINDS } from "./equalizer.js";
import { decibels, hertz } from "./plot.js";

export const MATCHED_DB = 1;
export const FLOOR_DB = -40; // below, nobody hears how little is left
const RANGE_HZ = [50, 7000];
const POINTS = 200;
const REGIONS = [
  { name: "lows", from: 50, to: 250 },
  { name: "middle", from: 250, to: 2000 },
  { name: "highs", from: 2000, to: 7000 },
];

/** Frequencies that are evenly spaced over the logarithm, as the measure takes them. */
export const SCORED_HZ = Array.from({ length: POINTS }, (_, n) => RANGE_HZ[0] * (RANGE_HZ[1] / RANGE_HZ[0]) ** (n / (POINTS - 1)));

const mean = (values) => values.reduce((sum, x) => sum + x, 0) / values.length;

/** By how much one response is above another at SCORED_HZ, in dB, but for what both differ by throughout. */
export function differences(own, hidden) {
  const floored = (levels) => levels.map((db) => Math.max(db, FLOOR_DB));
  const [a, b] = [floored(own.response(SCORED_HZ)), floored(hidden.response(SCORED_HZ))];
  const apart = a.map((db, n) => db - b[n]);
  const level = mean(apart); // the page plays both equally loud, so that it cannot be heard
  return apart.map((db) => db - level);
}

/**
 * The mean deviation of two responses in dB.
 * @param {{response: (hz: number[]) => number[]}} own
 * @param {{response: (hz: number[]) => number[]}} hidden
 */
export const deviationDb = (own, hidden) => mean(differences(own, hidden).map(Math.abs));

/** An equalizer that does nothing. */
export const NOTHING = { response: (hz) => hz.map(() => 0) };

/**
 * What helps on, in three steps: where, how much, and of which kind.
 * @param {{response: Function}} own
 * @param {Drawing} hidden
 * @returns {string[]}
 */
export function hints(own, hidden) {
  const apart = differences(own, hidden);
  const regions = REGIONS.map((region) => {
    const inside = apart.filter((_, n) => SCORED_HZ[n] >= region.from && SCORED_HZ[n] < region.to);
    return { ...region, off: mean(inside.map(Math.abs)), by: mean(inside) };
  });
  const worst = regions.reduce((a, b) => (b.off > a.off ? b : a));
  const where = `the ${worst.name} (${hertz(worst.from)} to ${hertz(worst.to)})`;
  const much = Math.abs(worst.by) < worst.off / 2 ? `There yours is partly above the hidden one and partly below, by ${worst.off.toFixed(1)} dB on average: its shape or its place is another.` : `There yours is ${Math.abs(worst.by).toFixed(1)} dB too ${worst.by > 0 ? "loud" : "soft"} on average, compared with the rest.`;
  return [`You are furthest off in ${where}.`, much, `The hidden one is made of ${madeOf(hidden)}.`];
}

/** Its bands, without their numbers. */
function madeOf({ bands, curve }) {
  if (curve) return "one drawn curve";
  const words = bands.map(({ kind, gain_db: db }) => `a ${KINDS[kind].label}${KINDS[kind].gain ? ` that ${db > 0 ? "boosts" : "cuts"}` : ""}`);
  return words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words.at(-1)}` : words[0];
}

/** Its bands with their numbers, for whoever gives up. */
export function inNumbers({ bands, curve }) {
  if (curve) return curve.frequencies_hz.map((hz, i) => `${hertz(hz)} ${decibels(curve.gains_db[i])}`).join(", ");
  const width = (band) => (band.slope != null ? `slope ${Number(band.slope.toPrecision(2))}` : `Q ${Number(band.q.toPrecision(2))}`);
  return bands.map((band) => `${KINDS[band.kind].label}, ${hertz(band.cutoff_hz)}${KINDS[band.kind].gain ? `, ${decibels(band.gain_db)}` : ""}, ${width(band)}`).join("; ");
}

// --- one number

/** The numbers that can be asked for: what they are called, their range, and how near is near enough. */
export const NUMBERS = {
  q: { name: "Q", unit: "", range: [0.3, 12], near: Math.log2(1.3), above: "too narrow: your Q is too high", below: "too wide: your Q is too low", within: "a factor of 1.3" },
  cutoff_hz: { name: "Frequency", unit: "Hz", range: [100, 6000], near: 1 / 6, above: "too high", below: "too low", within: "a sixth of an octave" },
  gain_db: { name: "Gain", unit: "dB", range: [-18, 18], near: 1.5, above: "too loud there", below: "too soft there", within: "1.5 dB" },
};

/**
 * How far a number is from the hidden one: octaves (ratios of two) of a q or a frequency, dB of a gain.
 * @param {"q"|"cutoff_hz"|"gain_db"} which
 */
export const offBy = (which, own, hidden) => (which === "gain_db" ? own - hidden : Math.log2(own / hidden));

/** Whether it is near enough, and, if it is not, what is off. */
export function judged(which, own, hidden) {
  const off = offBy(which, own, hidden);
  const { near, above, below } = NUMBERS[which];
  const right = Math.abs(off) <= near + 1e-9;
  const far = Math.abs(off) > 4 * near ? "much " : "";
  return { right, off, words: right ? "" : `${far}${off > 0 ? above : below}` };
}
