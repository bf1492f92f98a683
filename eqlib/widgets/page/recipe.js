// How the optimizer is driven from step to step, as eqlib.training.recipe and eqlib.training.clipping do it.

const NORMS = 500; // of the latest gradients a new one is compared with, itself included
const ENDLESS = 3e38; // close to the largest number that a float32 holds
const QUIET = 1e-4; // RMS value below which the normalized loss takes a target frame for no softer

/** The learning rate of a step, counted from 0, of a number of them: a warm-up, and a cosine to zero. */
export function rateOf(step, steps, { learningRate, warmupSteps }) {
  const warm = Math.min(1, (step + 1) / warmupSteps);
  return (learningRate * warm * (1 + Math.cos((Math.PI * step) / steps))) / 2;
}

/** What Adam's step divides by, in step t = 1, 2, ... */
export function correctionsOf(t, [beta1, beta2]) {
  return { mean: 1 - beta1 ** t, square: Math.sqrt(1 - beta2 ** t) };
}

/** Remembers how long the latest gradients were, and says where the limit of the next one lies. */
export class Clipping {
  constructor(quantile) {
    this.quantile = quantile;
    this.latest = []; // in the order they came
    this.sorted = [];
  }

  /** The graph's inputs norms and between (see eqlib.networks.step_onnx). */
  limits() {
    if (this.quantile === 1) return { norms: [ENDLESS, ENDLESS, ENDLESS], between: 0 };
    const place = this.quantile * this.latest.length; // among these and the new one
    const at = Math.floor(place);
    const norm = (index) => (index < 0 ? -ENDLESS : index < this.sorted.length ? this.sorted[index] : ENDLESS);
    // At the upper end there is nothing to lie between: the new one's own length, should it be the longest.
    return { norms: [norm(at - 1), norm(at), norm(at + 1)], between: place - at };
  }

  /** Notes the length of the gradient that came. */
  note(norm) {
    this.latest.push(norm);
    this.sorted.splice(placeOf(this.sorted, norm), 0, norm);
    if (this.latest.length === NORMS) this.sorted.splice(placeOf(this.sorted, this.latest.shift()), 1);
  }

  copy() {
    return Object.assign(new Clipping(this.quantile), { latest: [...this.latest], sorted: [...this.sorted] });
  }
}

/** Where a number stands, or would stand, in a sorted list. */
function placeOf(sorted, value) {
  const found = sorted.findIndex((x) => x >= value);
  return found < 0 ? sorted.length : found;
}

/** What each frame counts in the loss, by its target frame: (batch,). */
export function weightsOf(loss, targets, frame) {
  return Float32Array.from({ length: targets.length / frame }, (_, index) => {
    if (loss === "mae") return 1;
    let energy = 0;
    for (let n = 0; n < frame; n++) energy += targets[index * frame + n] ** 2;
    return 1 / Math.max(QUIET, Math.sqrt(energy / frame));
  });
}
