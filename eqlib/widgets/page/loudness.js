// Loudness after ITU-R BS.1770, as eqlib.players.loudness has it.
import { coefficients } from "./equalizer.js";

export const PEAK_LIMIT_DB = -1; // leaves room for the overshoot of the sound card

/** The highest sample in dBFS. */
export const peakDb = (samples) => 20 * Math.log10(samples.reduce((top, x) => Math.max(top, Math.abs(x)), 0));

/** What a band makes of samples. */
export function filtered(samples, band, sampleRate) {
  const { b, a } = coefficients(band, sampleRate);
  const output = new Float64Array(samples.length);
  let [s1, s2] = [0, 0];
  for (let n = 0; n < samples.length; n++) {
    const x = samples[n];
    const y = b[0] * x + s1;
    s1 = b[1] * x - a[1] * y + s2;
    s2 = b[2] * x - a[2] * y;
    output[n] = y;
  }
  return output;
}

/** The loudness of mono audio in LUFS: K-weighting, blocks of 400 ms, gated 10 LU below the mean. */
export function loudness(samples, sampleRate) {
  const shelf = { kind: "high_shelf", cutoff_hz: 1500, gain_db: 4, q: Math.SQRT1_2 };
  const weighted = filtered(filtered(samples, shelf, sampleRate), { kind: "highpass", cutoff_hz: 38, q: 0.5 }, sampleRate);
  const block = Math.min(Math.floor((sampleRate * 4) / 10), weighted.length);
  const power = [];
  for (let start = 0; start + block <= weighted.length; start += Math.floor(sampleRate / 10)) {
    power.push(weighted.subarray(start, start + block).reduce((sum, x) => sum + x * x, 0) / block);
  }
  const mean = power.reduce((sum, p) => sum + p, 0) / power.length;
  const loud = power.filter((p) => p >= mean / 10);
  return 10 * Math.log10(loud.reduce((sum, p) => sum + p, 0) / loud.length) - 0.691;
}

/**
 * The gains in dB that bring signals to the loudness of the softest, below -1 dBFS, in tenths.
 * @param {Float32Array[]} signals
 */
export function matched(signals, sampleRate) {
  const levels = signals.map((samples) => loudness(samples, sampleRate));
  const softest = Math.min(...levels);
  const gains = levels.map((level) => Math.round(10 * (softest - level)) / 10);
  const peaks = signals.map((samples, i) => peakDb(samples) + gains[i]);
  const over = Math.max(0, Math.max(...peaks) - PEAK_LIMIT_DB);
  return gains.map((gain) => Math.round(10 * (gain - Math.ceil(10 * over) / 10)) / 10);
}

/** A gain in words, as a player's caption has it. */
export const inWords = (gainDb) => (gainDb < 0 ? `turned down by ${(-gainDb).toFixed(1)} dB` : "at its own level");

/** SNR of an output against its target, in dB. */
export function snrDb(target, output) {
  let [signal, error] = [0, 0];
  for (let n = 0; n < target.length; n++) [signal, error] = [signal + target[n] ** 2, error + (target[n] - output[n]) ** 2];
  return 10 * Math.log10(signal / error);
}
