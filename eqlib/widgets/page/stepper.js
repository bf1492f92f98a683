// A network that learns, step by step: runs of an ONNX graph (eqlib.networks.step_onnx), of some steps each.
import { Clipping, correctionsOf, noNorms, weightsOf } from "./recipe.js";

/** The state of one run of Adam; weights and moments stay tensors from step to step. */
export class Stepper {
  /**
   * @param {object} ort the runtime
   * @param {object} session of the steps' graph
   * @param {Float32Array} weights to begin with, in a row; they stay as they are
   * @param {{betas: number[], epsilon: number, frame: number, loss: string, clipQuantile: number}} settings
   * @param {{together?: boolean}} form whether the graph takes several steps in a run; that for a GPU takes one
   */
  constructor(ort, session, weights, settings, { together = true } = {}) {
    Object.assign(this, { ort, session, settings, together, t: 0, clipping: new Clipping(settings.clipQuantile) });
    const row = (data) => this.tensor(data, [data.length]);
    const zeros = () => row(new Float32Array(weights.length));
    this.state = { weights: row(weights.slice()), mean: zeros(), square: zeros(), norms: row(noNorms()) };
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
   * Some steps, one after the other.
   * @param {[Float32Array, Float32Array, number][]} given to each: input frames under the window, one after the
   *   other; target frames; the learning rate. Of all of them the same number.
   * @returns {Promise<number[]>} the mean absolute errors, each before its step
   */
  async steps(given) {
    if (this.together) return this.run(given, [given.length]);
    const losses = [];
    for (const one of given) losses.push(...(await this.run([one], [])));
    return losses;
  }

  /** One run of the graph. `axis` is how many steps it takes, or none for a graph of one. */
  async run(given, axis) {
    const { betas, epsilon, frame, loss } = this.settings;
    const batch = given[0][0].length / frame;
    const corrections = given.map((_, n) => correctionsOf(this.t + 1 + n, betas));
    const { place, leaving } = this.clipping.limits(given.length);
    const made = await this.session.run({
      ...this.state,
      x: this.tensor(joined(given.map(([x]) => x)), [...axis, batch, 1, frame]),
      y: this.tensor(joined(given.map(([, y]) => y)), [...axis, batch, 1, frame]),
      weight: this.tensor(joined(given.map(([, y]) => weightsOf(loss, y, frame))), [...axis, batch]),
      rate: this.tensor(given.map(([, , rate], n) => rate / corrections[n].mean), axis),
      correction: this.tensor(corrections.map(({ square }) => square), axis),
      place: this.tensor(place, axis),
      leaving: this.tensor(leaving, axis),
      epsilon: this.tensor([epsilon], []),
    });
    const losses = [...made.mae.data];
    const wrong = losses.findIndex((mae) => !Number.isFinite(mae));
    if (wrong >= 0) throw new Error(`The loss became ${losses[wrong]} at step ${this.t + 1 + wrong}: the steps were too large. Lower the learning rate.`);
    this.t += given.length;
    this.clipping.note(made.norm.data);
    for (const [name, old] of Object.entries(this.state)) {
      old.dispose(); // on a GPU nobody else frees them
      this.state[name] = made[`new_${name}`];
    }
    return losses;
  }
}

function joined(rows) {
  const all = new Float32Array(rows.length * rows[0].length);
  rows.forEach((row, n) => all.set(row, n * row.length));
  return all;
}
