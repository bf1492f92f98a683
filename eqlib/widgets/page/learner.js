// One network in training: what is drawn, what is measured, what is kept. For trainer_worker.js.
import { cut, frameCount, hann, overlapAdd } from "./frames.js";
import { bankDb, loudestFrame, meanOf, responseDb, scoreOf } from "./measure.js";
import { generator } from "./random.js";
import { rateOf } from "./recipe.js";
import { FrameSampler } from "./sampler.js";
import { Stepper } from "./stepper.js";

const AT_ONCE = 16; // frames that a network gets together
const SNAPSHOTS = 39; // of a run, besides the one before its first step
const VALIDATIONS = 8; // of a stage
const TOGETHER = 4; // steps between two looks at what was asked meanwhile: weights go into the runtime once for them

/** Where snapshots are taken: at the start, and then evenly over the logarithm of the steps. */
export function snapshotSteps(steps) {
  const marks = Array.from({ length: SNAPSHOTS }, (_, n) => Math.round(steps ** (n / (SNAPSHOTS - 1))));
  return new Set([0, ...marks, steps]);
}

/** Weights, and all that belongs to them while they are trained. */
export class Learner {
  /**
   * @param {object} ort the runtime
   * @param {object} network of training.json: config, parts; betas, epsilon
   * @param {Function} graph name -> a session: "train", "pretrain", "forward", "reconstruct"
   * @param {Float32Array} weights to begin with
   */
  constructor(ort, network, graph, weights) {
    Object.assign(this, { ort, network, graph });
    const { frame, hop } = network.config;
    this.shape = { frame, hop, window: hann(frame), gain: frame / (2 * hop) };
    this.step = 0;
    this.runs = 0; // so far: each draws other frames
    this.snapshots = new Map(); // step -> {weights, stage}
    this.best = { weights, stage: "train", step: 0 };
  }

  /**
   * What it learns from.
   * @param {{train: object[], validation: object[], test: object[]}} pairs lists of {dry, wet}
   */
  give(pairs) {
    this.pairs = pairs;
    this.sampler = new FrameSampler(pairs.train, this.shape.window);
    const frames = pairs.validation.map(({ dry }) => loudestFrame(dry, this.shape.window));
    this.probe = new Float32Array(frames.length * this.shape.frame);
    frames.forEach((frame, index) => this.probe.set(frame, index * this.shape.frame));
  }

  /** Output frames of weights, for frames under the window. */
  async frames(x, weights, stage) {
    const { ort, shape } = this;
    const session = await this.graph(stage === "train" ? "forward" : "reconstruct");
    const { y } = await session.run({
      weights: new ort.Tensor("float32", weights, [weights.length]),
      x: new ort.Tensor("float32", x, [x.length / shape.frame, 1, shape.frame]),
    });
    return y.data;
  }

  /** A whole signal through the network; `between` is awaited after each group of frames. */
  async process(signal, { weights, stage }, between = async () => {}) {
    const output = new Float32Array(signal.length);
    const count = frameCount(signal.length, this.shape.frame, this.shape.hop);
    for (let first = 0; first < count; first += AT_ONCE) {
      const x = cut(signal, this.shape, first, Math.min(AT_ONCE, count - first));
      overlapAdd(await this.frames(x, weights, stage), output, this.shape, first);
      await between();
    }
    return output;
  }

  /** Mean error and SNR over pairs; in stage one, of returning the dry recordings. */
  async scores(pairs, state, between) {
    const scores = [];
    for (const { dry, wet } of pairs) {
      scores.push(scoreOf(state.stage === "train" ? wet : dry, await this.process(dry, state, between)));
    }
    return meanOf(scores);
  }

  /**
   * Trains for some steps, as one call of eqlib.pretrain or eqlib.train does: a new Adam, a new schedule,
   * and at its end the weights are the best ones.
   * @param {"pretrain"|"train"} stage
   * @param {object} options steps, batch, learningRate, warmupSteps, clipQuantile, loss, seed, snapshots
   *   (a set of step numbers), tell (event, detail), between (awaited after some steps; true ends the run),
   *   quicken (stepper, stage) -> what steps in its place
   */
  async run(stage, { steps, batch, seed, snapshots, tell, between, quicken, ...recipe }) {
    const { ort, network, shape } = this;
    const session = await this.graph(stage);
    const settings = { betas: network.betas, epsilon: network.epsilon, frame: shape.frame, loss: recipe.loss, clipQuantile: recipe.clipQuantile };
    const stepper = quicken(new Stepper(ort, session, this.best.weights, settings), stage);
    const random = generator(seed, ++this.runs);
    const every = Math.max(1, Math.round(steps / VALIDATIONS));
    const before = this.best;
    let best = null;
    const validate = async () => {
      const state = { weights: await stepper.weights(), stage, step: this.step };
      const scores = await this.scores(this.pairs.validation, state, between.briefly);
      if (!Number.isFinite(scores.mae)) throw new Error(`The network's output became ${scores.mae}. Lower the learning rate.`);
      const improved = best === null || scores.mae < best.mae;
      if (improved) this.best = best = { ...state, weights: state.weights.slice(), ...scores };
      tell("validated", { step: this.step, stage, ...scores, best: improved });
      return this.step;
    };
    let validated = -1;
    const given = (index) => {
      const drawn = this.sampler.draw(batch, random);
      const [x, y] = stage === "train" ? [drawn.dry, drawn.wet] : both(drawn, index % 2, shape.frame);
      return [x, y, rateOf(index, steps, recipe)];
    };
    for (let index = 0; index < steps; ) {
      const coming = [given(index++)];
      const looked = () => snapshots.has(this.step + coming.length) || index % every === 0 || index === steps;
      while (coming.length < TOGETHER && !looked()) coming.push(given(index++));
      for (const loss of await stepper.steps(coming)) tell("progress", { step: ++this.step, stage, loss });
      if (snapshots.has(this.step)) await this.snapshot(await stepper.weights(), stage, tell);
      if (index % every === 0) validated = await validate();
      if (await between.steps()) break;
    }
    if (validated !== this.step) await validate();
    if (!this.snapshots.has(this.step)) await this.snapshot(await stepper.weights(), stage, tell);
    return best ?? before;
  }

  /** Keeps the weights as they are now, and tells what they do. */
  async snapshot(weights, stage, tell) {
    const { config, parts } = this.network;
    const kept = { weights: weights.slice(), stage, step: this.step };
    this.snapshots.set(this.step, kept);
    const outputs = await this.frames(this.probe, kept.weights, stage);
    const bank = parts.find(({ name }) => name === "conv.weight");
    const taps = kept.weights.subarray(bank.first, bank.first + config.filters * config.kernel);
    tell("snapshot", {
      step: this.step,
      stage,
      response_db: responseDb(this.probe, outputs, config.frame, this.network.frequencies_hz, config.sample_rate),
      bank_db: bankDb(taps, config.kernel),
    });
  }
}

/** Stage one's frames: every other one dry, the others equalized, in turns from step to step. */
function both({ dry, wet }, first, frame) {
  const mixed = dry.slice();
  for (let index = 1 - first; index * frame < mixed.length; index += 2) mixed.set(wet.subarray(index * frame, (index + 1) * frame), index * frame);
  return [mixed, mixed];
}
