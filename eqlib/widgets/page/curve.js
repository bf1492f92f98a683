// A drawn curve as a minimum-phase FIR filter: the same design as eqlib/fir.py.
import { fft } from "./fft.js";

export const TAPS = 129;
const GRID = 16384; // frequencies of the design

/** The curve at a frequency, in dB: straight lines over log frequency, level beyond the ends. */
export function curveDb({ frequencies_hz: hz, gains_db: db }, at) {
  if (at <= hz[0]) return db[0];
  const right = hz.findIndex((f) => f >= at);
  if (right < 0) return db[db.length - 1];
  const share = Math.log(at / hz[right - 1]) / Math.log(hz[right] / hz[right - 1]);
  return db[right - 1] + share * (db[right] - db[right - 1]);
}

/**
 * The impulse response. The cosine series of the log magnitude is the even part of the cepstrum;
 * twice its positive times are a causal one, and the exponential of its spectrum is the response.
 */
export function taps(curve, sampleRate) {
  const log = Float64Array.from({ length: GRID }, (_, n) => (curveDb(curve, ((n + 0.5) / GRID) * (sampleRate / 2)) * Math.LN10) / 20);
  let re = new Float64Array(2 * GRID);
  let im = new Float64Array(2 * GRID);
  log.forEach((x, n) => (re[n] = re[2 * GRID - 1 - n] = x));
  fft(re, im);
  const cepstrum = new Float64Array(2 * GRID);
  for (let k = 0; k < GRID; k++) {
    const angle = (Math.PI * k) / (2 * GRID);
    cepstrum[k] = (re[k] * Math.cos(angle) + im[k] * Math.sin(angle)) / GRID;
  }
  cepstrum[0] /= 2;
  [re, im] = [cepstrum, new Float64Array(2 * GRID)];
  fft(re, im);
  for (let k = 0; k < 2 * GRID; k++) {
    const size = Math.exp(re[k]);
    // The conjugate, so that the forward transform below is an inverse one.
    [re[k], im[k]] = [size * Math.cos(im[k]), -size * Math.sin(im[k])];
  }
  fft(re, im);
  return Array.from(re.subarray(0, TAPS), (x) => x / (2 * GRID));
}

/** The gain of a FIR filter at each frequency, in dB. */
export function tapsDb(filter, frequenciesHz, sampleRate) {
  return frequenciesHz.map((hz) => {
    const w = (2 * Math.PI * hz) / sampleRate;
    const x = filter.reduce((sum, h, n) => sum + h * Math.cos(w * n), 0);
    const y = filter.reduce((sum, h, n) => sum + h * Math.sin(w * n), 0);
    return 10 * Math.log10(Math.max(x * x + y * y, 1e-20));
  });
}

/** One line of Python that makes the same equalizer. */
export function curvePython({ frequencies_hz: hz, gains_db: db }) {
  const list = (values) => `[${values.map((x) => Number(x.toPrecision(4))).join(", ")}]`;
  return `EQ.drawn(frequencies_hz=${list(hz)}, gains_db=${list(db)}, phase="minimum")`;
}
