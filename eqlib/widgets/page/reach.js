// How far a target lies within what the network can do, computed before anything is trained.
// The network hears a sound through filters of 64 taps and gives it back through the same filters
// once more: 127 taps, from 62 samples back to 64 ahead. What a target still does to a sound after
// that time, no training can bring about by filtering.
import { coefficients } from "./equalizer.js";

export const BACK = 62; // samples: 2 x 31, for 'same' padding puts 31 zeros before a signal
const LONGEST_S = 2; // of the impulse response that is looked at

/** The impulse response of biquads, or of a FIR filter: {bands} or {taps}. */
export function impulseResponse({ bands = [], taps = null }, sampleRate) {
  const response = new Float64Array(LONGEST_S * sampleRate);
  if (taps) {
    response.set(taps);
    return response;
  }
  response[0] = 1;
  for (const band of bands.filter(({ bypass }) => !bypass)) {
    const { b, a } = coefficients(band, sampleRate);
    let [s1, s2] = [0, 0];
    for (let n = 0; n < response.length; n++) {
      const x = response[n];
      const y = b[0] * x + s1;
      s1 = b[1] * x - a[1] * y + s2;
      s2 = b[2] * x - a[2] * y;
      response[n] = y;
    }
  }
  return response;
}

/**
 * The bound on what any such network reaches, for a sound in which all frequencies are equally strong.
 * @param {{bands?: object[], taps?: ?number[]}} filters the target
 * @param {number} sampleRate in Hz
 * @returns {{snrDb: number, nothingDb: number, share: number, reachMs: number}} the highest SNR; that
 *   of doing nothing; the share of the target's change (its response less the impulse itself) that
 *   comes too late; and where "late" begins
 */
export function reach(filters, sampleRate) {
  const response = impulseResponse(filters, sampleRate);
  const energy = (values) => values.reduce((sum, x) => sum + x * x, 0);
  const all = energy(response);
  const late = energy(response.subarray(BACK + 1));
  const change = all - response[0] ** 2 + (response[0] - 1) ** 2;
  return {
    snrDb: 10 * Math.log10(all / late),
    nothingDb: 10 * Math.log10(all / change),
    share: change > 1e-12 ? late / change : 0,
    reachMs: (1000 * BACK) / sampleRate,
  };
}

/**
 * The bound in words, with how grave it is: "flat", "fine", "caution" or "beyond".
 * @param {ReturnType<reach>} found
 */
export function reachInWords({ snrDb, nothingDb, share, reachMs }) {
  if (nothingDb > 60) return { grade: "flat", text: "This target changes nothing: the network would only learn to return what it hears." };
  const bound = `at most ${snrDb.toFixed(0)} dB SNR`;
  const ms = `${reachMs.toFixed(1)} ms`;
  if (share >= 0.5) {
    return {
      grade: "beyond",
      text: `Out of reach. The network's filters hear ${ms} back; ${(100 * share).toFixed(0)} % of what this target does to a sound comes later than that, for low and narrow bands ring long. So ${bound}, where doing nothing has ${nothingDb.toFixed(0)}. On low notes the result may be worse than the untouched sound. A higher frequency or a lower q brings it within reach.`,
    };
  }
  if (snrDb < 35) {
    return { grade: "caution", text: `Partly out of reach: this target still rings after the ${ms} that the network's filters hear back, so ${bound} (doing nothing: ${nothingDb.toFixed(0)}).` };
  }
  return { grade: "fine", text: `Within reach: the filters hear ${ms} back, enough for ${snrDb > 100 ? "all" : `up to ${snrDb.toFixed(0)} dB SNR`} of this target.` };
}
