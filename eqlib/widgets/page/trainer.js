// A network that is trained in the page: what the page's own thread sees of trainer_worker.js.
import { addressesOf } from "./runtime.js";
import { openWorker } from "./worker.js";

const DEFAULTS = {
  filters: 16,
  target: null,
  pairs: null,
  pretrainSteps: 0,
  steps: 400,
  batch: 4,
  learningRate: 8e-3,
  warmupSteps: 30,
  clipQuantile: 0.5,
  loss: "mae",
  seed: 0,
  gpu: null, // or {}: it is used where it is faster; its runtime is loaded for that (see gpu.js)
};

/**
 * Loads what training needs: the runtime, in a worker, and the notes.
 * @param {{base?: string}} where the folder that holds trainer_worker.js, ort/ and training/; by default this module's
 * @returns {Promise<Trainer>} rejected with an error for the reader
 */
export async function openTrainer({ base = new URL("./", import.meta.url).href } = {}) {
  const trainer = new Trainer(`${base}trainer_worker.js`);
  try {
    const training = `${base}training/`;
    const opened = await readNotes(training);
    const about = await trainer.call("open", {
      addresses: addressesOf(base),
      training,
      notes: opened.notes.map(({ split, samples }) => ({ split, samples })),
    });
    return Object.assign(trainer, about, opened, { folder: training });
  } catch (error) {
    trainer.close();
    throw error;
  }
}

/** The notes, decoded: the browser does that away from the page's thread, which alone may ask for it. */
async function readNotes(folder) {
  const replies = await Promise.all(["notes.json", "notes.flac"].map((file) => fetch(folder + file)));
  if (!replies.every(({ ok }) => ok)) throw new Error("The notes to learn from could not be loaded.");
  const { sample_rate: sampleRate, credits, notes } = await replies[0].json();
  const decoded = await new OfflineAudioContext(1, 1, sampleRate).decodeAudioData(await replies[1].arrayBuffer());
  const row = decoded.getChannelData(0);
  return { sampleRate, credits, notes: notes.map(({ name, split, first, samples }) => ({ name, split, samples: row.slice(first, first + samples) })) };
}

/** Trains one network at a time; tells of it by events, which the interface of the workbench lists. */
class Trainer extends EventTarget {
  constructor(address) {
    super();
    this.snapshots = []; // steps
    this.running = false;
    this.waiting = new Map();
    this.count = 0;
    this.worker = openWorker(address);
    this.worker.onmessage = ({ data }) => this.receive(data);
    this.worker.onerror = () => this.fail("The worker that trains could not start.");
  }

  /** Asks the worker for something. */
  call(call, given = {}, transfer = []) {
    return new Promise((resolve, reject) => {
      this.waiting.set(++this.count, { resolve, reject });
      this.worker.postMessage({ id: this.count, call, given }, transfer);
    });
  }

  receive({ id, result, error, event, detail }) {
    if (event) return this.told(event, detail);
    const { resolve, reject } = this.waiting.get(id);
    this.waiting.delete(id);
    if (error === undefined) resolve(result);
    else reject(new Error(error));
  }

  told(event, detail) {
    if (event === "snapshot") this.snapshots.push(detail.step);
    if (event === "ended" || event === "failed") this.running = false;
    this.dispatchEvent(new CustomEvent(event, { detail }));
  }

  fail(message) {
    this.waiting.forEach(({ reject }) => reject(new Error(message)));
    this.waiting.clear();
    if (this.running) this.told("failed", { message });
  }

  /** Calls what begins a run; what the worker refuses is told as "failed". */
  begin(call, given) {
    if (this.running) throw new Error("a network is being trained");
    this.running = true;
    this.call(call, given).catch((error) => this.told("failed", { message: error.message }));
  }

  /** Trains a new network. @param {object} options those of DEFAULTS */
  start(options) {
    const given = { ...DEFAULTS, ...options };
    if (!given.target && !given.pairs) throw new Error("there is neither a target nor pairs to learn from");
    this.begin("start", given);
    this.snapshots = [];
  }

  /** Goes on from the best weights for more steps, as another eqlib.train would. */
  continue(options) {
    this.begin("continue", options);
  }

  /** Ends the run after the steps under way, four at most; the best weights are kept. */
  stop() {
    this.call("stop").catch(() => {});
  }

  /** What the network makes of a signal, with the best weights or those of a snapshot. */
  process(signal, step) {
    return this.call("process", { signal, step });
  }

  /** The network as a file holds it; `write` of safetensors.js takes it. */
  async checkpoint(step) {
    const { step: at, weights: row, config, parts, notes, info } = await this.call("checkpoint", { step });
    const weights = {};
    for (const { name, shape, first } of parts) {
      weights[name] = { shape, data: row.subarray(first, first + shape.reduce((product, n) => product * n, 1)) };
    }
    return { step: at, header: { network: "EQNet", config, info: { ...info, ...infoOf(notes) } }, weights };
  }

  /** The network as live_session.js takes it, with the best weights or those of a snapshot. */
  async live(step) {
    const { stage, weights, config } = await this.call("checkpoint", { step });
    const { filters, frame, hop, sample_rate } = config;
    return { graph: `${this.folder}${stage === "train" ? "forward" : "reconstruct"}-${filters}.onnx`, weights, frame, hop, sample_rate };
  }

  /** Takes a network from a file, {header, weights}; rejected for one that the page has no graphs for. */
  async load({ header, weights }) {
    if (this.running) throw new Error("a network is being trained");
    const { filters } = header.config;
    const network = (await this.call("describe")).networks[filters];
    const differs = network && Object.keys(network.config).filter((name) => (header.config[name] ?? network.config[name]) !== network.config[name]);
    if (header.network !== undefined && header.network !== "EQNet") throw new Error(`The page cannot run a network of the kind ${header.network}.`);
    if (!network) throw new Error(`The page can run networks of ${this.networks.map((one) => one.filters).join(", ")} filters, and this one has ${filters}.`);
    if (differs.length) throw new Error(`The page cannot run a network with ${differs.map((name) => `${name} ${header.config[name]}`).join(", ")}.`);
    const row = new Float32Array(network.parameters);
    for (const { name, shape, first } of network.parts) {
      if (String(weights[name]?.shape) !== String(shape)) throw new Error(`In this file, ${name} is not as its network needs it.`);
      row.set(weights[name].data, first);
    }
    await this.call("load", { filters, weights: row, info: header.info ?? {}, options: { ...DEFAULTS, filters } });
    this.snapshots = [];
  }

  /** Ends everything. */
  close() {
    this.worker.terminate();
    this.running = false;
    this.fail("The trainer was closed.");
  }
}

/** What a file says of how its weights were trained, as eqlib.training.run notes it. */
function infoOf(notes) {
  const info = {};
  for (const [stage, { options, steps, best, seconds }] of Object.entries(notes)) {
    info.target = options.target;
    info[stage] = {
      seed: options.seed,
      recipe: {
        learning_rate: options.learningRate,
        loss: options.loss,
        batch: options.batch,
        clip_quantile: options.clipQuantile,
        warmup_steps: options.warmupSteps,
        schedule: "cosine",
      },
      budget: { unit: "steps", amount: steps },
      steps: best.step,
      seconds,
      validation_mae: best.mae,
      validation_snr_db: best.snrDb,
      device: "page",
    };
  }
  return info;
}
