// The worker of live_session.js: what comes from the sound's own thread (live_worklet.js) goes through the
// network and back, 16 kHz inside. Calls as in trainer_worker.js: {id, call, given} -> {id, result} or {id, error};
// and {broken} when the sound cannot go on.
import { FrameStream } from "./frame_stream.js";
import { Resampler, resampled } from "./resampler.js";
import { load } from "./runtime.js";
import { eqStream } from "./target.js";

const TRIALS = 12; // runs whose time is measured beforehand
const BEHIND = 4; // frames that may wait; of more, the oldest are given up

let ort = null;
let network = null; // {graph, weights, frame, hop, sample_rate, effect}
const sessions = new Map();
let stream = null; // of the sound that runs now

/** A frame through the network. */
async function forward(windowed) {
  const { graph, weights, frame } = network;
  const session = await sessions.get(graph);
  const x = new ort.Tensor("float32", windowed, [1, 1, frame]);
  const { y } = await session.run(weights ? { weights: new ort.Tensor("float32", weights, [weights.length]), x } : { x });
  return y.data;
}

const filterOf = (effect) => (effect ? eqStream(effect) : (samples) => samples);

/** A signal on its way: resampled, cut, through network and filter, added up, resampled. */
class Stream {
  constructor(port, rate) {
    const inside = network.sample_rate;
    Object.assign(this, { port, frames: new FrameStream(network), busy: false, first: 0 });
    this.down = new Resampler(rate, inside);
    this.ups = Array.from({ length: 3 }, () => new Resampler(inside, rate));
    this.exact = filterOf(network.effect);
    this.before = null; // the filter that another one takes over from
    port.onmessage = ({ data }) => {
      this.frames.push(this.down.push(data));
      if (!this.busy) this.run().catch((error) => postMessage({ broken: String(error?.message || error) }));
    };
  }

  /** Takes another exact filter. */
  teach(effect) {
    [this.before, this.exact] = [this.exact, filterOf(effect)];
  }

  /** What the exact filter makes of the next samples; a new one is faded in over them. */
  filtered(samples) {
    const fresh = this.exact(samples);
    const old = this.before?.(samples);
    this.before = null;
    return old ? fresh.map((x, n) => old[n] + ((x - old[n]) * n) / fresh.length) : fresh;
  }

  async run() {
    this.busy = true;
    while (this.frames.ready && stream === this) {
      const late = this.frames.ready > BEHIND;
      const { windowed, dry } = this.frames.take();
      const wet = this.frames.add(late ? new Float32Array(windowed.length) : await forward(windowed));
      if (!wet) continue;
      const channels = [dry, wet, this.filtered(dry)].map((samples, index) => this.ups[index].push(samples));
      const { first } = this;
      this.first += channels[0].length; // before they are given away
      this.port.postMessage({ first, channels, late }, channels.map(({ buffer }) => buffer));
    }
    this.busy = false;
  }
}

/** The network that runs from now on; its session is there when this resolves. */
async function take(given) {
  const next = { ...network, ...given };
  if (!sessions.has(next.graph)) sessions.set(next.graph, ort.InferenceSession.create(next.graph));
  try {
    await sessions.get(next.graph);
  } catch (error) {
    sessions.delete(next.graph); // to be tried again
    throw error;
  }
  network = next;
}

const calls = {
  /** Loads the runtime and a network; returns how long a frame takes, in seconds. */
  async open({ addresses, ...given }) {
    ort ??= await load(addresses);
    network = null;
    await take(given);
    const times = [];
    for (let trial = 0; trial < TRIALS; trial++) {
      const began = performance.now();
      await forward(new Float32Array(network.frame));
      times.push(performance.now() - began);
    }
    return times.sort((a, b) => a - b)[TRIALS / 2] / 1000;
  },
  /** Begins with a signal that comes through a port at a rate. */
  start({ port, rate }) {
    stream = new Stream(port, rate);
  },
  stop() {
    stream?.port.close();
    stream = null;
  },
  /** Another network, of the same frames, or another filter, for the sound that runs. */
  async change(given) {
    await take(given);
    if ("effect" in given) stream?.teach(given.effect);
  },
  resample: ({ samples, from, to }) => resampled(samples, from, to),
};

addEventListener("message", async ({ data: { id, call, given } }) => {
  try {
    postMessage({ id, result: await calls[call](given) });
  } catch (error) {
    postMessage({ id, error: String(error?.message || error) });
  }
});
