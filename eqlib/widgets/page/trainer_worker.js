// The worker of trainer.js: answers its calls, {id, call, given} -> {id, result} or {id, error}, and
// tells events, {event, detail}. Between two runs of up to four
// steps it reads its messages.
import { Gpu, Mover, hasGpu } from "./gpu.js";
import { Learner, snapshotSteps } from "./learner.js";
import { bankGrid, logGrid, meanOf, scoreOf } from "./measure.js";
import { generator, newWeights } from "./random.js";
import { load } from "./runtime.js";
import { applyEq } from "./target.js";
import { Threads } from "./threads.js";

const TELL_MS = 50; // progress is told no more often
const VALIDATED_S = 1; // of each note for validation: its attack, which has most of its energy

let ort = null;
let folder = ""; // of the graphs
let description = null; // training.json
let notes = []; // {split, samples}
let learner = null;
let options = null; // of the last start
let stopping = false;
let gpu = null; // gpu.js's: it loads what it needs when a run may use it
let threads = null; // threads.js's, likewise
const refused = new Set(); // graphs that are not tried on it again
const sessions = new Map();

/** A turn of the event loop, in which messages are read; quicker than a timer. */
const turn = (() => {
  const channel = new MessageChannel();
  const waiting = [];
  channel.port1.onmessage = () => waiting.shift()();
  return () => new Promise((resolve) => (waiting.push(resolve), channel.port2.postMessage(null)));
})();

const graphOf = (filters) => (name) => {
  const file = `${name}-${filters}.onnx`;
  if (!sessions.has(file)) sessions.set(file, ort.InferenceSession.create(folder + file));
  return sessions.get(file);
};

function learnerOf(filters, weights) {
  const network = description.networks[filters];
  const { betas, epsilon } = description;
  const whole = { ...network, betas, epsilon, frequencies_hz: logGrid(network.config.sample_rate) };
  return new Learner(ort, whole, graphOf(filters), weights);
}

/** Pairs to learn from, to validate on and to test on: notes and their target, or the reader's own. */
function pairsOf({ target, pairs }) {
  if (pairs) {
    const both = (dry, wet) => dry.map((samples, n) => ({ dry: samples, wet: wet[n] }));
    return { train: both(pairs.dry, pairs.wet), validation: both(pairs.validationDry, pairs.validationWet), test: [] };
  }
  const of = (split, length) =>
    notes
      .filter((note) => note.split === split)
      .map(({ samples }) => samples.slice(0, length))
      .map((dry) => ({ dry, wet: applyEq(target, dry) }));
  return { train: of("train"), validation: of("validation", VALIDATED_S * target.sample_rate), test: of("test") };
}

const tell = (event, detail) => postMessage({ event, detail });

/** Tells of steps together, and how long the rest will take. */
function progressOf(of, began) {
  const first = learner.step;
  let [last, losses, latest] = [-Infinity, [], null];
  return (event, detail) => {
    const now = performance.now();
    if (event === "progress") {
      latest = detail;
      losses.push([detail.step, detail.loss]);
      if (now - last < TELL_MS && detail.step < of) return;
    }
    if (losses.length) {
      // Before anything else is told, too: no step is missing when a run ends early.
      const secondsLeft = (((now - began) / 1000) * (of - latest.step)) / (latest.step - first);
      tell("progress", { ...latest, of, losses, secondsLeft });
      [last, losses] = [now, []];
    }
    if (event !== "progress") tell(event, detail);
  };
}

/** Both stages, or what is asked for of them; told to the end. */
async function run(stages, snapshots) {
  const began = performance.now();
  const [from, of] = [learner.step, learner.step + stages.reduce((sum, { steps }) => sum + steps, 0)];
  stopping = false;
  const dry = meanOf(learner.pairs.validation.map(({ dry, wet }) => scoreOf(wet, dry)));
  tell("started", { from, of, snrDryDb: dry.snrDb });
  const progress = progressOf(of, began);
  const between = { steps: async () => (await turn(), stopping), briefly: turn };
  try {
    if (!learner.snapshots.has(from)) await learner.snapshot(learner.best.weights, stages[0].stage, progress);
    let best = null;
    for (const { stage, steps } of stages) {
      if (stopping) break;
      best = await learner.run(stage, { ...options, steps, snapshots, tell: progress, between, quicken });
      learner.notes[stage] = { options, steps, best, seconds: (performance.now() - began) / 1000 };
    }
    const { test } = learner.pairs;
    const tested = test.length && best.stage === "train" ? await learner.scores(test, best, turn) : null;
    const idle = tested && meanOf(test.map(({ dry, wet }) => scoreOf(wet, dry)));
    const { step, mae, snrDb } = best;
    const scores = { step, mae, snrDb, testSnrDb: tested?.snrDb ?? null, testSnrDryDb: idle?.snrDb ?? null };
    progress("ended", { reason: stopping ? "stopped" : "done", step: learner.step, seconds: (performance.now() - began) / 1000, best: scores });
  } catch (error) {
    tell("failed", { message: String(error?.message || error) });
  }
}

/** What steps in a stepper's place: itself, or what moves to the GPU, or to several threads, if it is faster there. */
function quicken(stepper, stage) {
  const { filters, batch, gpu: wanted } = options;
  const file = `${stage}-${filters}.onnx`;
  if (!wanted || refused.has(file)) return spread(stepper, stage, file);
  const open = async () => {
    if (!(await hasGpu(wanted))) throw new Error("the browser gives none");
    return gpu.open(file, { count: learner.network.parameters, batch, settings: stepper.settings });
  };
  return new Mover(stepper, open(), (detail) => {
    if (detail.device === "cpu") refused.add(file);
    tell("device", detail);
  });
}

/** The same for threads. */
function spread(stepper, stage, file) {
  const { filters, steps, pretrainSteps } = options;
  if (!threads.worth({ filters, steps: stage === "train" ? steps : pretrainSteps })) return stepper;
  const count = (device) => (device === "gpu" ? threads.count : 1);
  const told = ({ device, why }) => tell("threads", { count: count(device), why });
  return new Mover(stepper, threads.open(file, stepper.settings), told, { rest: "one thread", again: true });
}

/** The weights of a snapshot, or the best ones. */
function stateAt(step) {
  if (!learner) throw new Error("there is no network yet");
  const state = step == null ? learner.best : learner.snapshots.get(step);
  if (!state) throw new Error(`there is no snapshot of step ${step}`);
  return state;
}

const calls = {
  async open(given) {
    [folder, notes] = [given.training, given.notes];
    gpu = new Gpu(given.addresses, folder);
    threads = new Threads(given.addresses, folder);
    [ort, description] = await Promise.all([load(given.addresses), fetch(`${folder}training.json`).then((reply) => reply.json())]);
    const { sample_rate } = Object.values(description.networks)[0].config;
    const networks = Object.entries(description.networks).map(([filters, { parameters }]) => ({ filters: Number(filters), parameters }));
    return { networks, frequencies_hz: logGrid(sample_rate), bank_hz: bankGrid(sample_rate) };
  },
  describe: () => description,
  start(given) {
    options = given;
    learner = learnerOf(given.filters, newWeights(description.networks[given.filters].parts, generator(given.seed)));
    learner.notes = {};
    learner.give(pairsOf(given));
    const stages = [{ stage: "pretrain", steps: given.pretrainSteps }, { stage: "train", steps: given.steps }].filter(({ steps }) => steps > 0);
    run(stages, snapshotSteps(given.pretrainSteps + given.steps));
  },
  continue(given) {
    options = { ...options, ...given };
    if (given.target || given.pairs || !learner.pairs) learner.give(pairsOf(options));
    const from = learner.step;
    const marks = Array.from({ length: 20 }, (_, n) => from + Math.ceil(((n + 1) * given.steps) / 20));
    run([{ stage: "train", steps: given.steps }], new Set(marks));
  },
  stop() {
    stopping = true;
  },
  process: ({ signal, step }) => learner.process(signal, stateAt(step), turn),
  checkpoint({ step }) {
    const { weights, stage, step: at } = stateAt(step);
    const { config, parts } = learner.network;
    return { step: at, stage, weights, config, parts, notes: learner.notes, info: learner.info ?? {} };
  },
  load({ filters, weights, info, options: defaults }) {
    options = defaults;
    learner = learnerOf(filters, weights);
    Object.assign(learner, { notes: {}, info });
  },
};

addEventListener("message", async ({ data: { id, call, given } }) => {
  try {
    postMessage({ id, result: await calls[call](given) });
  } catch (error) {
    postMessage({ id, error: String(error?.message || error) });
  }
});
