// What an equalizer of eqlib makes of samples, to the sample: scipy's lfilter in float64, in the page.
import { taps } from "./curve.js";
import { coefficients } from "./equalizer.js";

/**
 * @param {{stages: object[], sample_rate: number}} eq as EQ.to_dict writes it
 * @param {Float32Array} signal
 * @returns {Float32Array} as long as the signal, from silence before it
 */
export const applyEq = (eq, signal) => Float32Array.from(eqStream(eq)(signal));

/**
 * The same for a signal that comes piece by piece: what came before is remembered.
 * @returns {(samples: Float32Array) => Float64Array} from each piece to the filtered piece
 */
export function eqStream(eq) {
  const stages = eq.stages.map((stage) => stageOf(stage, eq.sample_rate));
  return (samples) => stages.reduce((signal, filter) => filter(signal), Float64Array.from(samples));
}

function stageOf(stage, rate) {
  const type = stage.type ?? ("kind" in stage ? "biquad" : "fir"); // old files name no types
  if (type === "biquad") {
    const { b, a } = coefficients(stage, rate);
    return recursive(b, a);
  }
  if (type === "section") return recursive([stage.b0, stage.b1, stage.b2], [1, stage.a1, stage.a2]);
  if (type === "taps" && !stage.advance_samples) return convolved(stage.taps);
  const [curve] = stage.target ?? [];
  if (type === "fir" && stage.target.length === 1 && curve.frequencies_hz && stage.phase === "minimum" && stage.taps === 129) {
    return convolved(taps(curve, rate));
  }
  throw new Error("The page cannot compute this equalizer: it knows biquads, sections, taps, and drawn curves of 129 taps with minimum phase.");
}

/** One second-order section, in transposed direct form II. */
function recursive([b0, b1, b2], [, a1, a2]) {
  let [s1, s2] = [0, 0];
  return (samples) =>
    samples.map((x) => {
      const y = b0 * x + s1;
      s1 = b1 * x - a1 * y + s2;
      s2 = b2 * x - a2 * y;
      return y;
    });
}

function convolved(filter) {
  const before = filter.length - 1;
  let past = new Float64Array(before);
  return (samples) => {
    const heard = new Float64Array(before + samples.length);
    heard.set(past);
    heard.set(samples, before);
    past = heard.slice(samples.length);
    const output = new Float64Array(samples.length);
    for (let k = 0; k < filter.length; k++) {
      for (let n = 0; n < samples.length; n++) output[n] += filter[k] * heard[before + n - k];
    }
    return output;
  };
}
