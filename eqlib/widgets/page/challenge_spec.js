// What a challenge is: its kind and its hidden equalizers, which a seed decides; and all of it as a link.
import { deviationDb, NOTHING, NUMBERS, offBy } from "./challenge_score.js";
import { Drawing } from "./drawing.js";
import { eqText, fieldsOf, numberOf, readEq } from "./eq_link.js";
import { generator } from "./random.js";

export const TASKS = { match: "Match the hidden equalizer", number: "Find the number", which: "X or Y", train: "Train with the fewest steps" };
export const QUESTIONS = {
  lowpass: { ask: "Which is the lowpass?", tip: "A lowpass takes the highs away: what remains is dull. The other one leaves more of them." },
  narrower: { ask: "Which has the narrower peak?", tip: "A narrow peak rings on one tone, like a bottle; a wide one colors a whole region." },
  louder: { ask: "Which has more at 1 kHz?", tip: "More at 1 kHz sounds nearer and harder, as through a telephone." },
  higher: { ask: "Which lowpass has the higher cutoff?", tip: "The higher the cutoff, the more hiss is left." },
};
export const LEVELS = [1, 2, 3];
export const SPEC = { kind: "match", level: 1, seed: 1, number: "q", question: "lowpass", rounds: 10, snr: 30, note: "", eq: null };
export const LEAST_DB = 1.5; // what doing nothing has to be off by, or nothing would be to be matched
const DRAWN_DB = 2; // and of what a seed draws
const LONGEST_NOTE = 300;

const octaves = (random, low, high) => low * (high / low) ** random();
const tidy = (x, digits = 3) => Number(x.toPrecision(digits));
const gain = (random, low, high) => (random() < 0.5 ? -1 : 1) * (Math.round(2 * (low + (high - low) * random())) / 2);
const peak = (cutoff_hz, gain_db, q) => ({ kind: "peaking", cutoff_hz: tidy(cutoff_hz), gain_db, q: tidy(q) });

function shelf(random) {
  const low = random() < 0.5;
  return { kind: low ? "low_shelf" : "high_shelf", cutoff_hz: tidy(low ? octaves(random, 200, 700) : octaves(random, 1200, 3500)), gain_db: gain(random, 7, 14), q: 0.71 };
}
const anyPeak = (random) => peak(octaves(random, 200, 4000), gain(random, 9, 15), octaves(random, 0.6, 1.5));

/** One draw of a hidden equalizer's bands. */
function drawn({ kind, level, number }, random) {
  if (kind === "number") {
    const [least, most] = level === 1 ? [12, 15] : level === 2 ? [9, 12] : [6, 9];
    const sized = gain(random, least, most);
    const up = number === "q" && level === 1 ? Math.abs(sized) : sized; // a boost's width is easier to hear
    return [peak(octaves(random, 300, 3000), up, number === "q" ? octaves(random, 0.5, 8) : octaves(random, 1, 3))];
  }
  if (level === 1) return [shelf(random)];
  if (level === 2) return [anyPeak(random)];
  return [shelf(random), anyPeak(random)];
}

/** Whether a draw is worth the search. */
function worth({ kind, number }, bands, rate) {
  if (kind === "number") return Math.abs(offBy(number, startOf(number), bands[0][number])) > 2.5 * NUMBERS[number].near;
  if (bands.length > 1 && Math.abs(Math.log2(bands[0].cutoff_hz / bands[1].cutoff_hz)) < 1.5) return false;
  return deviationDb(new Drawing({ bands }, rate), NOTHING) >= DRAWN_DB;
}

/** The number that the reader begins with. */
export const startOf = (number) => ({ q: 2, cutoff_hz: 1000, gain_db: 0 })[number];

/** The hidden equalizer of a challenge: its own, or what its level and seed give. */
export function hiddenOf(spec, rate) {
  if (spec.eq) return new Drawing(spec.eq, rate);
  const random = generator(spec.seed, spec.level);
  let bands = drawn(spec, random);
  while (!worth(spec, bands, rate)) bands = drawn(spec, random);
  return new Drawing({ bands }, rate);
}

/** Round number `index` of "which of the two": the bands of X and Y, and which of them is asked for. */
export function roundOf({ question, level, seed }, index) {
  const random = generator(seed, 10 + index);
  const [asked, other] = pairOf(question, level, random);
  const right = random() < 0.5 ? 0 : 1;
  return { bands: right ? [other, asked] : [asked, other], right };
}

function pairOf(question, level, random) {
  const step = level - 1;
  if (question === "lowpass") {
    const lowpass = { kind: "lowpass", cutoff_hz: tidy(octaves(random, 600, 2000)), q: 0.71 };
    const shelved = { kind: "high_shelf", cutoff_hz: lowpass.cutoff_hz, gain_db: level === 2 ? -8 : -16, q: 0.71 };
    return [[lowpass], [level === 1 ? { kind: "highpass", cutoff_hz: lowpass.cutoff_hz, q: 0.71 } : shelved]];
  }
  if (question === "narrower") {
    const [hz, ratio, q] = [octaves(random, 400, 2500), [8, 4, 2][step], octaves(random, 0.6, 1.2)];
    return [[peak(hz, 14, q * ratio)], [peak(hz, 14, q)]];
  }
  if (question === "louder") {
    const [base, more] = [Math.round(-6 + 8 * random()), [10, 6, 3][step]];
    return [[peak(1000, base + more, 1)], [peak(1000, base, 1)]];
  }
  const [hz, ratio] = [octaves(random, 700, 2500), [2, 1.5, 1.25][step]];
  return [[{ kind: "lowpass", cutoff_hz: tidy(hz * ratio), q: 0.71 }], [{ kind: "lowpass", cutoff_hz: tidy(hz), q: 0.71 }]];
}

// --- as a link

const KEYS = { kind: "kind", level: "level", seed: "seed", number: "number", question: "question", rounds: "rounds", snr: "snr", note: "note" };
const USED = { match: ["level", "seed"], number: ["number", "level", "seed"], which: ["question", "level", "rounds", "seed"], train: ["snr"] };
const RANGES = { level: [1, 3], seed: [0, 2 ** 31 - 1], rounds: [4, 20], snr: [5, 60] };

/** A challenge in readable words, as the fragment of an address has them. */
export function toText(spec) {
  const fields = new URLSearchParams({ kind: spec.kind });
  for (const name of USED[spec.kind]) if (!spec.eq || name !== "level") fields.set(KEYS[name], spec[name]);
  if (spec.note) fields.set("note", spec.note);
  return `${fields}${spec.eq ? `&${eqText(spec.eq)}` : ""}`;
}

/**
 * A challenge from its words.
 * @throws {Error} whose message says what is wrong
 */
export function fromText(text) {
  const fields = new URLSearchParams(text);
  const kind = fields.get("kind");
  if (!Object.hasOwn(TASKS, kind)) throw new Error(`“${kind ?? ""}” is no kind of challenge`);
  const spec = { ...SPEC, kind, note: (fields.get("note") ?? "").slice(0, LONGEST_NOTE) };
  for (const [name, [low, high]] of Object.entries(RANGES)) {
    if (!fields.has(name)) continue;
    const value = numberOf(fields.get(name));
    if (!(value >= low && value <= high) || (name !== "snr" && !Number.isInteger(value))) throw new Error(`${name} is from ${low} to ${high}, not ${value}`);
    spec[name] = value;
  }
  for (const [name, known] of Object.entries({ number: NUMBERS, question: QUESTIONS })) {
    if (!fields.has(name)) continue;
    if (!Object.hasOwn(known, fields.get(name))) throw new Error(`“${fields.get(name)}” is no ${name}`);
    spec[name] = fields.get(name);
  }
  const eq = fieldsOf(text);
  if (eq) spec.eq = readEq(eq);
  const fault = faultOf(spec);
  if (fault) throw new Error(fault);
  return spec;
}

/** What makes a challenge none, in words; "" if it is one. */
export function faultOf({ kind, eq, number }, rate = 16000) {
  if (kind === "train" && !eq) return "a training needs a target";
  if (!eq) return "";
  if (kind === "number" && (eq.bands.length !== 1 || eq.bands[0].kind !== "peaking")) return "a number is asked for of one peak, and of nothing else";
  const hidden = new Drawing(eq, rate);
  if (kind === "number") {
    const [low, high] = NUMBERS[number].range;
    const value = hidden.bands[0][number];
    if (!(value >= low && value <= high)) return `${NUMBERS[number].name} is asked for between ${low} and ${high}, and is ${value}`;
    return Math.abs(hidden.bands[0].gain_db) < 3 && number !== "gain_db" ? "a peak of less than 3 dB cannot be searched for by ear" : "";
  }
  const flat = deviationDb(hidden, NOTHING);
  return flat < LEAST_DB && kind === "match" ? `who does nothing is off by ${flat.toFixed(1)} dB only, and ${LEAST_DB} dB are the least that are worth a search` : "";
}

// Lightly hidden, so that nobody reads the answer at a glance. It is no secret: this file undoes it.
const VERSION = "1";
function mixed(bytes) {
  const random = generator(20180904, 1); // the first day of DAFx-18
  return bytes.map((byte) => byte ^ Math.floor(256 * random()));
}
function sumOf(bytes) {
  let [a, b] = [1, 0];
  for (const byte of bytes) [a, b] = [(a + byte) % 251, (b + a + byte) % 241];
  return [a, b];
}

/** A challenge as letters and digits. */
export function encoded(spec) {
  const bytes = [...new TextEncoder().encode(toText(spec))];
  const text = btoa(String.fromCharCode(...mixed([...sumOf(bytes), ...bytes])));
  return VERSION + text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/**
 * A challenge from letters and digits.
 * @throws {Error} whose message says what is wrong
 */
export function decoded(code) {
  if (!code) throw new Error("nothing stands behind “challenge=”");
  if (code[0] !== VERSION) throw new Error("it was written by another version of this page, or its beginning is missing");
  let bytes;
  try {
    bytes = mixed(Array.from(atob(code.slice(1).replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0)));
  } catch {
    throw new Error("it has characters that no such link has, or some are missing");
  }
  const [a, b] = sumOf(bytes.slice(2));
  if (bytes.length < 3 || bytes[0] !== a || bytes[1] !== b) throw new Error("some of its characters are missing or changed: copy it whole");
  return fromText(new TextDecoder().decode(Uint8Array.from(bytes.slice(2))));
}

/** The code in the fragment of an address; null where there is none. */
export function codeIn(fragment) {
  return fragment.match(/^#?(?:.*&)?challenge=([^&]*)/)?.[1] ?? null;
}
