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

/** Remembers how long the latest gradients were: the graph (eqlib.networks.step_onnx) has them sorted, and not in their order. */
export class Clipping {
  constructor(quantile) {
    this.quantile = quantile;
    this.latest = []; // in the order they came, one less than a new one is compared with
  }

  /** The graph's inputs place and leaving for some steps to come, fewer than are remembered. */
  limits(steps) {
    const before = Array.from({ length: steps }, (_, n) => this.latest.length + n);
    return {
      place: before.map((count) => this.quantile * Math.min(count, NORMS - 1)),
      leaving: before.map((count) => (count < NORMS - 1 ? ENDLESS : this.latest[count - (NORMS - 1)])),
    };
  }

  /** Notes the lengths of the gradients that came. */
  note(norms) {
    this.latest = [...this.latest, ...norms].slice(1 - NORMS);
  }

  copy() {
    return Object.assign(new Clipping(this.quantile), { latest: [...this.latest] });
  }
}

/** The sorted lengths of no step at all. */
export const noNorms = () => new Float32Array(NORMS).fill(ENDLESS);

/** What each frame counts in the loss, by its target frame: (batch,). */
export function weightsOf(loss, targets, frame) {
  return Float32Array.from({ length: targets.length / frame }, (_, index) => {
    if (loss === "mae") return 1;
    let energy = 0;
    for (let n = 0; n < frame; n++) energy += targets[index * frame + n] ** 2;
    return 1 / Math.max(QUIET, Math.sqrt(energy / frame));
  });
}
