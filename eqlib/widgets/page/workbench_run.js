// The workbench's runs: what a trainer tells is noted, so that every moment of it can be looked at.

/** A recording's file, such as "piano/sal_Fs3_v05", as people call the note. */
function noteName(name) {
  const [, note, sharp, octave, velocity] = name.match(/_([A-G])(s?)(\d)_v(\d+)$/) ?? [];
  return note ? `piano ${note}${sharp && "♯"}${octave}, velocity ${Number(velocity)}` : name;
}

/** The page's own trainer, which is loaded when it is first needed; and how it meets eqlib's files. */
export async function pageTrainer() {
  const [{ openTrainer }, { read, write }] = await Promise.all([import("./trainer.js"), import("./safetensors.js")]);
  const trainer = await openTrainer({});
  return Object.assign(trainer, {
    async toFile() {
      const found = await trainer.checkpoint();
      return { step: found.step, content: await write(found) };
    },
    async fromFile(content) {
      const found = await read(content);
      await trainer.load(found);
      return found.header;
    },
  });
}

/** What is known of a run before it begins; `about` is whatever its starter wants to keep with it. */
const emptyLog = (about) => ({ of: 1, losses: [], checks: [], snapshots: [], dryDb: NaN, best: null, tested: NaN, seconds: 0, ...about });

export class Runs {
  /**
   * @param {() => Promise<EventTarget>} open opens a trainer (see trainer.js, kernel_trainer.js)
   * @param {{phase: (phase: string) => void, said: (words: string) => void, opened: (notes: object[]) => void,
   *   noted: Function, progress: (detail: object) => void, snapshot: (index: number) => void,
   *   ended: (reason: ?string) => void}} told `ended` without a reason after a failure
   */
  constructor(open, told) {
    Object.assign(this, { open, told, trainer: null, phase: "idle", log: null, past: [], triedGpu: false });
  }

  get busy() {
    return ["loading", "training", "stopping"].includes(this.phase);
  }

  enter(phase) {
    this.phase = phase;
    this.told.phase(phase);
  }

  /** The trainer, loaded; null if it cannot be, which is said. */
  async ready() {
    if (this.trainer) return this.trainer;
    this.enter("loading");
    try {
      this.trainer = await this.open();
    } catch (error) {
      this.enter(this.log ? "done" : "idle");
      this.told.said(`Nothing can be trained here: ${error.message}`);
      return null;
    }
    for (const name of ["started", "progress", "validated", "snapshot", "ended", "failed", "note", "device", "threads"]) {
      this.trainer.addEventListener(name, ({ detail }) => this[name](detail));
    }
    this.told.opened(this.trainer.notes.filter(({ split }) => split === "test").map(({ name, samples }) => ({ name: noteName(name), samples })));
    return this.trainer;
  }

  /** Trains a new network. Runs that have the same `about.signature` are kept beside each other. */
  async start(settings, about) {
    if (this.busy || !(await this.ready())) return;
    this.past = this.log?.signature === about.signature && this.log.losses.length ? [...this.past, this.log] : [];
    this.log = emptyLog({ of: settings.steps + settings.pretrainSteps, ...about });
    this.begin(() => this.trainer.start(settings));
  }

  /** Goes on from the best weights. */
  async proceed(settings) {
    if (this.busy || !(await this.ready())) return;
    this.log.of = (this.log.checks.at(-1)?.step ?? 0) + settings.steps;
    this.log.tested = NaN;
    this.begin(() => this.trainer.continue(settings));
  }

  begin(how) {
    this.told.noted();
    this.enter("training");
    try {
      how();
    } catch (error) {
      this.failed({ message: error.message });
    }
  }

  stop() {
    this.enter("stopping");
    this.trainer.stop();
  }

  /** Opens a file that eqlib.save wrote, in place of a run; returns its header. */
  async fromFile(content, aboutOf) {
    const before = this.phase;
    if (!(await this.ready())) throw new Error("the trainer could not be loaded.");
    let header;
    try {
      header = await this.trainer.fromFile(content);
    } finally {
      this.enter(before);
    }
    this.past = [];
    this.log = emptyLog({ best: { step: 0, snrDb: NaN }, opened: true, ...aboutOf(header) });
    return header;
  }

  /** What the network made of a signal after a step. */
  process(signal, step) {
    return this.trainer.process(signal, step === this.log.best?.step ? undefined : step);
  }

  /** The network as it was after a step, for live sound. */
  async live(step) {
    const network = await this.trainer.live(step === this.log.best?.step ? undefined : step);
    return { ...network, effect: this.log.effect ?? null };
  }

  /** The steps whose weights are there, in order. */
  get moments() {
    const steps = [...this.log.snapshots.map(({ step }) => step), ...(this.log.best ? [this.log.best.step] : [])];
    return [...new Set(steps)].sort((a, b) => a - b);
  }

  // --- what the trainer tells

  started({ of, snrDryDb }) {
    Object.assign(this.log, { of: of ?? this.log.of, dryDb: snrDryDb ?? NaN });
    this.told.noted();
  }

  progress(detail) {
    const { step, loss, losses } = detail;
    this.log.losses.push(...(losses ?? [[step, loss]]));
    this.told.progress(detail);
    this.told.noted();
  }

  validated({ step, stage, snrDb, best }) {
    this.log.checks.push({ step, stage, snrDb });
    if (best && stage === "train") this.log.best = { step, snrDb };
    this.told.noted();
  }

  snapshot(found) {
    if (!found.bank_db.every(Number.isFinite)) return; // the run has failed, and says so next
    this.log.snapshots.push(found);
    this.told.snapshot(this.log.snapshots.length - 1);
  }

  ended({ reason, step, seconds, best }) {
    Object.assign(this.log, { of: step, seconds, best: best ?? this.log.best, tested: best?.testSnrDb ?? NaN });
    this.enter("done");
    this.told.ended(reason);
    this.told.noted();
  }

  failed({ message }) {
    this.enter(this.log?.snapshots.length ? "done" : "idle");
    if (this.phase === "done") this.told.ended(null);
    this.told.said(message);
  }

  note({ message }) {
    this.told.said(message);
  }

  threads({ count }) {
    this.log.threads = count;
  }

  device({ device, why }) {
    this.triedGpu = true;
    this.log.gpu = device === "gpu";
    this.told.said(this.log.gpu ? `The GPU trains: ${why}.` : `The processor trains, not the GPU: ${why}.`);
  }
}
