// What an equalizer of eqlib makes of samples, to the sample: scipy's lfilter in float64, in the page.
import { taps } from "./curve.js";
import { coefficients } from "./equalizer.js";

/**
 * @param {{stages: object[], sample_rate: number}} eq as EQ.to_dict writes it
 * @param {Float32Array} signal
 * @returns {Float32Array} as long as the signal, from silence before it
 */
export function applyEq(eq, signal) {
  return Float32Array.from(eq.stages.reduce((samples, stage) => stageOf(stage, eq.sample_rate)(samples), Float64Array.from(signal)));
}

function stageOf(stage, rate) {
  const type = stage.type ?? ("kind" in stage ? "biquad" : "fir"); // old files name no types
  if (type === "biquad") {
    const { b, a } = coefficients(stage, rate);
    return (samples) => recursive(samples, b, a);
  }
  if (type === "section") return (samples) => recursive(samples, [stage.b0, stage.b1, stage.b2], [1, stage.a1, stage.a2]);
  if (type === "taps" && !stage.advance_samples) return (samples) => convolved(samples, stage.taps);
  const [curve] = stage.target ?? [];
  if (type === "fir" && stage.target.length === 1 && curve.frequencies_hz && stage.phase === "minimum" && stage.taps === 129) {
    const designed = taps(curve, rate);
    return (samples) => convolved(samples, designed);
  }
  throw new Error("The page cannot compute this equalizer: it knows biquads, sections, taps, and drawn curves of 129 taps with minimum phase.");
}

/** One second-order section, in transposed direct form II. */
function recursive(samples, [b0, b1, b2], [, a1, a2]) {
  let [s1, s2] = [0, 0];
  return samples.map((x) => {
    const y = b0 * x + s1;
    s1 = b1 * x - a1 * y + s2;
    s2 = b2 * x - a2 * y;
    return y;
  });
}

function convolved(samples, filter) {
  const output = new Float64Array(samples.length);
  for (let k = 0; k < filter.length; k++) {
    for (let n = k; n < samples.length; n++) output[n] += filter[k] * samples[n - k];
  }
  return output;
}
