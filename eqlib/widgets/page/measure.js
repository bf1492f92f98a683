// How far a network is: errors on whole notes, its response as notes show it, and its filters' spectra.
import { fft } from "./fft.js";

const DB = 10 * Math.LOG10E; // times a natural logarithm of a power
const FLOOR = 1e-6; // of the loudest frequency's power: what is softer is not heard (-60 dB)
const BANK = 128; // points of the transform of a filter's taps

/** Mean absolute error and SNR in dB of an output, as eqlib.metrics has them. */
export function scoreOf(target, output) {
  let [absolute, signal, error] = [0, 0, 0];
  for (let n = 0; n < target.length; n++) {
    const difference = target[n] - output[n];
    absolute += Math.abs(difference);
    signal += target[n] ** 2;
    error += difference ** 2;
  }
  return { mae: absolute / target.length, snrDb: DB * Math.log(signal / error) };
}

/** The mean of each number of some scores. */
export const meanOf = (scores) =>
  Object.fromEntries(Object.keys(scores[0]).map((name) => [name, scores.reduce((sum, score) => sum + score[name], 0) / scores.length]));

/** Frequencies from 20 Hz to half the sample rate, evenly over their logarithm. */
export const logGrid = (sampleRate, count = 128) => Float32Array.from({ length: count }, (_, n) => 20 * (sampleRate / 40) ** (n / (count - 1)));

/** The loudest frame of a note under the window, for `responseDb`. */
export function loudestFrame(note, window) {
  const hop = window.length / 4;
  let [best, at] = [-1, 0];
  for (let start = 0; start + window.length <= Math.max(note.length, window.length); start += hop) {
    let energy = 0;
    for (let n = start; n < start + window.length && n < note.length; n++) energy += note[n] ** 2;
    if (energy > best) [best, at] = [energy, start];
  }
  return Float32Array.from(window, (w, n) => w * (note[at + n] ?? 0));
}

/**
 * The gain from input frames to output frames by averaged cross-spectra, in dB at some frequencies.
 * @returns {Float32Array} NaN where the input has no energy to speak of
 */
export function responseDb(inputs, outputs, frame, frequenciesHz, sampleRate) {
  const bins = frame / 2 + 1;
  const [power, real, imaginary] = [new Float64Array(bins), new Float64Array(bins), new Float64Array(bins)];
  for (let from = 0; from < inputs.length; from += frame) {
    // Two real signals in one transform: the input is its even part, the output its odd one.
    const [re, im] = [Float64Array.from(inputs.subarray(from, from + frame)), Float64Array.from(outputs.subarray(from, from + frame))];
    fft(re, im);
    for (let k = 0; k < bins; k++) {
      const mirror = (frame - k) % frame;
      const [xr, xi] = [(re[k] + re[mirror]) / 2, (im[k] - im[mirror]) / 2];
      const [yr, yi] = [(im[k] + im[mirror]) / 2, (re[mirror] - re[k]) / 2];
      power[k] += xr * xr + xi * xi;
      real[k] += xr * yr + xi * yi;
      imaginary[k] += xr * yi - xi * yr;
    }
  }
  const loudest = power.reduce((top, p) => Math.max(top, p), 0);
  const step = Math.sqrt(frequenciesHz[1] / frequenciesHz[0]);
  return Float32Array.from(frequenciesHz, (hz) => {
    const bin = (f) => Math.min(bins - 1, Math.max(1, Math.round((f * frame) / sampleRate)));
    let [p, r, i, loudEnough] = [0, 0, 0, false];
    for (let k = bin(hz / step); k <= bin(hz * step); k++) {
      [p, r, i] = [p + power[k], r + real[k], i + imaginary[k]];
      loudEnough ||= power[k] > FLOOR * loudest;
    }
    return loudEnough ? DB * Math.log(Math.max((r * r + i * i) / (p * p), 1e-20)) : NaN;
  });
}

/** The frequencies of each row of `bankDb`. */
export const bankGrid = (sampleRate) => Float32Array.from({ length: BANK / 2 + 1 }, (_, k) => (k * sampleRate) / BANK);

/** The gain of each filter of a bank, in dB, one after the other. */
export function bankDb(taps, kernel) {
  const count = BANK / 2 + 1;
  const gains = new Float32Array((taps.length / kernel) * count);
  for (let filter = 0; filter * kernel < taps.length; filter++) {
    const [re, im] = [new Float64Array(BANK), new Float64Array(BANK)];
    re.set(taps.subarray(filter * kernel, (filter + 1) * kernel));
    fft(re, im);
    for (let k = 0; k < count; k++) gains[filter * count + k] = DB * Math.log(Math.max(re[k] ** 2 + im[k] ** 2, 1e-12));
  }
  return gains;
}
