// A network that learns, step by step: one run of an ONNX graph each (eqlib.networks.step_onnx).
import { Clipping, correctionsOf, weightsOf } from "./recipe.js";

/** The state of one run of Adam; weights and moments stay tensors from step to step. */
export class Stepper {
  /**
   * @param {object} ort the runtime
   * @param {object} session of a step's graph
   * @param {Float32Array} weights to begin with, in a row; they stay as they are
   * @param {{betas: number[], epsilon: number, frame: number, loss: string, clipQuantile: number}} settings
   */
  constructor(ort, session, weights, settings) {
    Object.assign(this, { ort, session, settings, t: 0, clipping: new Clipping(settings.clipQuantile) });
    const row = (data) => this.tensor(data, [data.length]);
    this.state = { weights: row(weights.slice()), mean: row(new Float32Array(weights.length)), square: row(new Float32Array(weights.length)) };
  }

  tensor(data, shape) {
    return new this.ort.Tensor("float32", data instanceof Float32Array ? data : Float32Array.from(data), shape);
  }

  /** The weights as they are now; a step later there are others. */
  weights() {
    return this.state.weights.getData(); // which fetches them from a GPU
  }

  /** All that the next step hangs on, for `resume`. */
  async saved() {
    const rows = {};
    for (const [name, tensor] of Object.entries(this.state)) rows[name] = (await tensor.getData()).slice();
    return { rows, t: this.t, clipping: this.clipping.copy() };
  }

  /** Goes on from what another stepper, or this one, has saved. */
  resume({ rows, t, clipping }) {
    for (const [name, data] of Object.entries(rows)) {
      this.state[name].dispose();
      this.state[name] = this.tensor(data.slice(), [data.length]);
    }
    Object.assign(this, { t, clipping: clipping.copy() });
  }

  /**
   * One step.
   * @param {Float32Array} x input frames under the window, one after the other
   * @param {Float32Array} y target frames
   * @param {number} rate the learning rate
   * @returns {Promise<number>} the mean absolute error, before the step
   */
  async step(x, y, rate) {
    const { betas, epsilon, frame, loss } = this.settings;
    const shape = [x.length / frame, 1, frame];
    const corrections = correctionsOf(++this.t, betas);
    const { norms, between } = this.clipping.limits();
    const made = await this.session.run({
      ...this.state,
      x: this.tensor(x, shape),
      y: this.tensor(y, shape),
      weight: this.tensor(weightsOf(loss, y, frame), [shape[0]]),
      rate: this.tensor([rate / corrections.mean], []),
      correction: this.tensor([corrections.square], []),
      epsilon: this.tensor([epsilon], []),
      norms: this.tensor(norms, [3]),
      between: this.tensor([between], []),
    });
    const [mae] = made.mae.data;
    if (!Number.isFinite(mae)) throw new Error(`The loss became ${mae} at step ${this.t}: the steps were too large. Lower the learning rate.`);
    this.clipping.note(made.norm.data[0]);
    Object.values(this.state).forEach((tensor) => tensor.dispose()); // on a GPU nobody else frees them
    this.state = { weights: made.new_weights, mean: made.new_mean, square: made.new_square };
    return mae;
  }
}
