// Two recordings of one's own, before and after a box: whether they belong together, and how they lie.
// Source: C. Knapp and G. Carter, "The generalized correlation method for estimation of time delay",
// IEEE Transactions on Acoustics, Speech, and Signal Processing 24(4), 1976. As eqlib.data.alignment.
import { Unfit } from "./audio_file.js";
import { fft } from "./fft.js";

const PART = 2 ** 17; // samples that are compared: the loudest part
const LIKE = 9; // a peak, as a multiple of the correlation's root mean square: below, chance has such too
const OWN_DELAY = 16; // samples that an equalizer may be late by itself
const SHORTEST_S = 4; // of what both have
const HELD_OUT = 0.2; // of the time, its end, to choose the weights by
const CLIPPED = 4; // samples in a row at the very same extreme
const BLOCK = 4096; // of the spectra of the measured response

/** The power of two that holds so many. */
const power = (length) => 2 ** Math.ceil(Math.log2(length));

function spectrum(samples, size) {
  const [re, im] = [new Float64Array(size), new Float64Array(size)];
  re.set(samples);
  fft(re, im);
  return [re, im];
}

/** Where a stretch of this length has the most energy. */
function loudest(samples, length) {
  let [sum, most, at] = [0, -1, 0];
  for (let n = 0; n < samples.length; n++) {
    sum += samples[n] ** 2 - (n >= length ? samples[n - length] ** 2 : 0);
    if (n >= length - 1 && sum > most) [most, at] = [sum, n - length + 1];
  }
  return at;
}

/**
 * By how much one sound is late to another, from the peak of their whitened correlation.
 * @returns {{lag: number, inverted: boolean, height: number}} lag in samples, below 0 if early; height
 *   of the peak over the root mean square
 */
export function lagOf(dry, wet) {
  const length = Math.min(PART, dry.length, wet.length);
  const start = Math.min(loudest(dry, length), wet.length - length);
  const size = 2 * power(length);
  const [a, b] = spectrum(dry.subarray(start, start + length), size);
  const [c, d] = spectrum(wet.subarray(start, start + length), size);
  const strength = Float64Array.from(a, (_, k) => Math.hypot(a[k] * c[k] + b[k] * d[k], a[k] * d[k] - b[k] * c[k]));
  const floor = 1e-6 * strength.reduce((top, x) => Math.max(top, x), 0) + 1e-300;
  const re = Float64Array.from(a, (_, k) => (a[k] * c[k] + b[k] * d[k]) / (strength[k] + floor));
  const im = Float64Array.from(a, (_, k) => -(a[k] * d[k] - b[k] * c[k]) / (strength[k] + floor)); // conjugate: the forward transform is an inverse one
  fft(re, im);
  let at = 0;
  for (let n = 0; n < size; n++) if (Math.abs(re[n]) > Math.abs(re[at])) at = n;
  const rms = Math.sqrt(re.reduce((sum, x) => sum + x * x, 0) / size);
  return { lag: at < size / 2 ? at : at - size, inverted: re[at] < 0, height: Math.abs(re[at]) / (rms || 1) };
}

/** How many samples stand in a row at the top of their sound: the mark of clipping. */
function clipped(samples) {
  const top = samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  let [run, count] = [0, 0];
  for (const x of samples) {
    run = Math.abs(x) >= 0.9999 * top ? run + 1 : 0;
    if (run >= CLIPPED) count += run === CLIPPED ? CLIPPED : 1;
  }
  return count;
}

/**
 * Brings the two together.
 * @param {{samples: Float32Array, channels: Float32Array[]}} dry as decodeFile has it
 * @param {{samples: Float32Array, channels: Float32Array[]}} wet
 * @param {number} sampleRate in Hz
 * @returns {{pairs: {dry: Float32Array[], wet: Float32Array[], validationDry: Float32Array[],
 *   validationWet: Float32Array[]}, seconds: number, said: string[], warned: string[]}}
 * @throws {Unfit} if nothing can be learned from them
 */
export function paired(dry, wet, sampleRate) {
  const [said, warned] = [[], []];
  const { lag, inverted, height } = lagOf(dry.samples, wet.samples);
  if (height < LIKE) throw new Unfit("The second sound does not resemble the first. Are they the same recording, before and after the box?");
  const shift = Math.abs(lag) >= OWN_DELAY ? lag : 0;
  const ms = ((1000 * Math.abs(lag)) / sampleRate).toFixed(1);
  said.push(shift ? `The second is ${ms} ms ${lag > 0 ? "late" : "early"}; it was moved to the first.` : "They lie together in time.");
  const length = Math.min(dry.samples.length - Math.max(0, -shift), wet.samples.length - Math.max(0, shift));
  const seconds = length / sampleRate;
  if (seconds < SHORTEST_S) throw new Unfit(`The two have ${seconds.toFixed(1)} s in common; ${SHORTEST_S} s is the least that a network can learn from and be judged by.`);
  const input = dry.samples.slice(Math.max(0, -shift), Math.max(0, -shift) + length);
  const target = wet.samples.slice(Math.max(0, shift), Math.max(0, shift) + length);
  if (inverted) {
    target.forEach((x, n) => (target[n] = -x));
    said.push("The second was upside down; it was turned over, for the network's gains are positive.");
  }
  const apart = Math.abs(dry.samples.length - wet.samples.length) / sampleRate;
  if (apart > 0.05) said.push(`They differ by ${apart.toFixed(1)} s in length; ${seconds.toFixed(1)} s are used.`);
  if (dry.channels.length !== wet.channels.length) said.push(`They have ${dry.channels.length} and ${wet.channels.length} channels; each was averaged to one.`);
  for (const [name, { samples }] of Object.entries({ first: dry, second: wet })) {
    const many = clipped(samples);
    if (many) warned.push(`The ${name} is clipped in ${many} places: that is no equalizer's doing, and the network cannot learn it.`);
  }
  const half = Math.floor(length / 2);
  const drift = lagOf(input.subarray(half), target.subarray(half)).lag - lagOf(input.subarray(0, half), target.subarray(0, half)).lag;
  if (Math.abs(drift) > 2 && Math.abs(drift) < sampleRate / 10) warned.push(`They drift apart by ${((1000 * Math.abs(drift)) / sampleRate).toFixed(1)} ms: two clocks. Record both on one.`);
  const split = Math.round((1 - HELD_OUT) * length);
  return {
    pairs: { dry: [input.slice(0, split)], wet: [target.slice(0, split)], validationDry: [input.slice(split)], validationWet: [target.slice(split)] },
    seconds,
    said,
    warned,
  };
}

/**
 * The gain of a box in dB, from what went in and what came out: averaged cross-spectrum over power.
 * @returns {number[]} at each frequency; NaN where too little went in to tell
 */
export function measuredDb(dry, wet, frequenciesHz, sampleRate) {
  const bins = BLOCK / 2;
  const [power, re, im] = Array.from({ length: 3 }, () => new Float64Array(bins));
  const hann = Float64Array.from({ length: BLOCK }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / BLOCK));
  for (let start = 0; start + BLOCK <= dry.length; start += BLOCK / 2) {
    const [a, b] = spectrum(hann.map((w, n) => w * dry[start + n]), BLOCK);
    const [c, d] = spectrum(hann.map((w, n) => w * wet[start + n]), BLOCK);
    for (let k = 0; k < bins; k++) {
      power[k] += a[k] ** 2 + b[k] ** 2;
      re[k] += a[k] * c[k] + b[k] * d[k];
      im[k] += a[k] * d[k] - b[k] * c[k];
    }
  }
  const floor = 1e-7 * power.reduce((top, x) => Math.max(top, x), 0);
  return frequenciesHz.map((hz) => {
    const around = [2 ** (-1 / 12), 2 ** (1 / 12)].map((by) => (hz * by * BLOCK) / sampleRate);
    const [from, to] = [Math.max(1, Math.floor(around[0])), Math.min(bins - 1, Math.ceil(around[1]))];
    let [p, x, y] = [0, 0, 0];
    for (let k = from; k <= to; k++) [p, x, y] = [p + power[k], x + re[k], y + im[k]];
    return p > floor * (to - from + 1) ? 20 * Math.log10(Math.max(Math.hypot(x, y) / p, 1e-6)) : NaN;
  });
}

/** The sample rate that a WAV or FLAC file states, in Hz; null for others. */
export function statedRate(content) {
  const bytes = new DataView(content);
  const tag = (at) => String.fromCharCode(...new Uint8Array(content, at, 4));
  if (content.byteLength > 44 && tag(0) === "RIFF" && tag(12) === "fmt ") return bytes.getUint32(24, true);
  if (content.byteLength > 42 && tag(0) === "fLaC") return bytes.getUint32(18) >>> 12;
  return null;
}
