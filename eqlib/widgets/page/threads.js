// Training with several threads, where a page may have them (isolation.js) and they are measured to be faster.
// A run begins with one thread, as with a GPU (gpu.js): nobody waits, and threads that do not start are not missed.
import { RUNTIME_FILE, load } from "./runtime.js";
import { Stepper } from "./stepper.js";

const MOST = 4;
const FILTERS = 32; // with fewer, one thread wins the trial beside all else that a run does
const STEPS = 100; // a shorter run is over before they help

/** How many threads may share a step here. */
export const threadCount = () => (globalThis.crossOriginIsolated ? Math.min(MOST, navigator.hardwareConcurrency || 1) : 1);

/** Opens graphs for several threads, each once. */
export class Threads {
  /**
   * @param {string[]} addresses of the runtime
   * @param {string} folder of the graphs
   * @param {number} count
   */
  constructor(addresses, folder, count = threadCount()) {
    Object.assign(this, { addresses, folder, count, sessions: new Map() });
  }

  /** Whether a run may gain by them. */
  worth({ filters, steps }) {
    return this.count > 1 && filters >= FILTERS && steps >= STEPS;
  }

  /**
   * A graph's stepper, to be resumed.
   * @param {string} file
   * @param {object} settings a stepper's
   * @returns {Promise<{stepper: Stepper, lost: Promise}>} as of a GPU, which may be lost; threads are not
   */
  async open(file, settings) {
    // Threads are counted once for an instance of the runtime: another address is another instance.
    const ort = await (this.runtime ??= load(this.addresses, `${RUNTIME_FILE}?threads=${this.count}`, this.count));
    if (!this.sessions.has(file)) this.sessions.set(file, ort.InferenceSession.create(this.folder + file));
    const session = await this.sessions.get(file);
    return { stepper: new Stepper(ort, session, new Float32Array(0), settings), lost: new Promise(() => {}) };
  }
}
