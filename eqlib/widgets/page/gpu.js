// Training on the GPU, by WebGPU, where there is one and it is faster. Every run begins with the processor (WASM),
// so that nobody waits: the GPU is tried when it is ready, on steps of the run, and left when it fails.
import { load } from "./runtime.js";
import { Stepper } from "./stepper.js";

const RUNTIME = "ort.jspi.min.mjs"; // the smallest build with WebGPU; it needs WebAssembly's Suspending
export const GPU_MB = 17; // what it weighs
const TRIED = 4; // steps of a trial, after some that are not timed
const HOPELESS = 4; // a GPU so many times slower is left at once
const AGREE = 1e-3; // relative, of losses
const KEPT_EVERY = 32; // steps, or a few more, after which weights and moments are fetched, should the GPU be lost

/**
 * Whether there is a GPU to try, for a page or its worker. Nothing is loaded to find out.
 * @param {{software?: boolean}} options whether one that is only computed by the processor counts, for tests
 */
export async function hasGpu({ software = false } = {}) {
  if (!navigator.gpu || !("Suspending" in WebAssembly)) return false;
  const adapter = await navigator.gpu.requestAdapter().catch(() => null);
  return adapter !== null && (software || !adapter.info.isFallbackAdapter);
}

/** Opens graphs for the GPU, each once. */
export class Gpu {
  /**
   * @param {string[]} addresses of the runtime
   * @param {string} folder of the graphs
   */
  constructor(addresses, folder) {
    Object.assign(this, { addresses, folder, opened: new Map() });
  }

  /**
   * A graph's only stepper on the GPU, to be resumed.
   * @param {string} file
   * @param {{count: number, batch: number, settings: object}} sizes of the weights and of a step; a stepper's settings
   * @returns {Promise<{stepper: Stepper, lost: Promise}>} lost is rejected when the GPU is
   */
  async open(file, { count, batch, settings }) {
    if (!this.opened.has(file)) this.opened.set(file, this.first(file, count, batch, settings));
    const found = await this.opened.get(file);
    found.stepper.settings = settings;
    return found;
  }

  async first(file, count, batch, settings) {
    const ort = await (this.runtime ??= load(this.addresses, RUNTIME));
    const session = await ort.InferenceSession.create(`${this.folder}gpu-${file}`, {
      executionProviders: ["webgpu"],
      preferredOutputLocation: { new_weights: "gpu-buffer", new_mean: "gpu-buffer", new_square: "gpu-buffer", new_norms: "gpu-buffer", mae: "cpu", norm: "cpu" },
    });
    const device = await ort.env.webgpu.device;
    const lost = device.lost.then(({ message }) => Promise.reject(new Error(message || "the device was lost")));
    lost.catch(() => {}); // told where it matters: in a race with a step
    const stepper = new Stepper(ort, session, new Float32Array(count), settings, { together: false });
    const silence = new Float32Array(batch * settings.frame);
    await Promise.race([stepper.steps([[silence, silence, 0]]), lost]); // it builds the shaders, which may take seconds
    return { stepper, lost };
  }
}

/**
 * A stepper that moves from the processor to the GPU and, if that fails, back: at the same step of the same run.
 * From one thread to several, too (threads.js).
 */
export class Mover {
  /**
   * @param {Stepper} cpu
   * @param {Promise<{stepper: Stepper, lost: Promise}>} opening as `Gpu.open` does
   * @param {(detail: {device: "cpu"|"gpu", why: string}) => void} told of what was chosen, within a step
   * @param {{rest?: string, again?: boolean}} ties what `cpu` is called; whether the trial is repeated when steps
   *   became slower than `cpu` was
   */
  constructor(cpu, opening, told, { rest = "the processor", again = false } = {}) {
    Object.assign(this, { cpu, told, rest, again, next: "onCpu", ms: { cpu: 0, gpu: 0 }, tried: -1 });
    opening.then(
      ({ stepper, lost }) => Object.assign(this, { gpu: stepper, lost, next: "onBoth" }),
      (error) => Object.assign(this, { error, next: "unopened" }),
    );
  }

  /** As a stepper's. */
  steps(given) {
    return this[this.next](given);
  }

  /** As a stepper's. */
  async weights() {
    if (this.next !== "onGpu") return this.cpu.weights();
    try {
      return await this.guarded(this.gpu.weights());
    } catch (error) {
      await this.back(error);
      return this.cpu.weights();
    }
  }

  onCpu(given) {
    return this.cpu.steps(given);
  }

  unopened(given) {
    this.stay(`it cannot be used: ${this.error.message}`);
    return this.onCpu(given);
  }

  /** Steps on both, of which the processor's count. `tried` is -1 before the first ones. */
  async onBoth(given) {
    const before = this.tried < 0 ? await this.cpu.saved() : null;
    const began = performance.now();
    const losses = await this.cpu.steps(given);
    try {
      if (before) this.gpu.resume(before);
      const between = performance.now();
      const found = await this.guarded(this.gpu.steps(given));
      if (!losses.every((loss, n) => Math.abs(found[n] - loss) <= AGREE * Math.abs(loss))) throw new Error(`its losses differ from those of ${this.rest}`);
      if (this.tried >= 0) {
        this.ms.cpu += between - began;
        this.ms.gpu += performance.now() - between;
        this.tried += given.length;
      } else this.tried = 0;
      if (this.tried >= TRIED || this.ms.gpu > HOPELESS * this.ms.cpu) await this.choose();
    } catch (error) {
      this.stay(`it failed: ${error.message}`);
    }
    return losses;
  }

  async choose() {
    const [gpu, cpu] = [this.ms.gpu, this.ms.cpu].map((ms) => `${(ms / this.tried).toPrecision(2)} ms`);
    const why = `it takes ${gpu} for a step, and ${this.rest} ${cpu}`;
    if (this.ms.gpu >= this.ms.cpu) return this.stay(why);
    await this.keep();
    Object.assign(this, { next: "onGpu", spent: 0 });
    this.told({ device: "gpu", why });
  }

  async onGpu(given) {
    this.since.push(...given);
    try {
      const began = performance.now();
      const losses = await this.guarded(this.gpu.steps(given));
      this.spent += performance.now() - began;
      const { length } = this.since;
      if (length >= KEPT_EVERY) {
        await this.keep();
        if (this.again && this.spent / length > this.ms.cpu / this.tried) this.doubt();
        this.spent = 0;
      }
      return losses;
    } catch (error) {
      return (await this.back(error)).slice(-given.length);
    }
  }

  /** Keeps what a step hangs on away from the GPU. */
  async keep() {
    [this.kept, this.since] = [await this.guarded(this.gpu.saved()), []];
  }

  /** The next steps are on both again: what else the machine does may have changed. */
  doubt() {
    this.cpu.resume(this.kept);
    Object.assign(this, { next: "onBoth", tried: -1, ms: { cpu: 0, gpu: 0 } });
  }

  /** Takes the steps since then again, on the processor: it is as if they had never been elsewhere. */
  async back(error) {
    this.stay(`it failed: ${error.message}`);
    this.cpu.resume(this.kept);
    return this.since.length ? this.cpu.steps(this.since) : [];
  }

  stay(why) {
    Object.assign(this, { next: "onCpu", gpu: null });
    this.told({ device: "cpu", why });
  }

  /** What the GPU promises; a lost one may keep its promises open. */
  guarded(promise) {
    return Promise.race([promise, this.lost]);
  }
}
