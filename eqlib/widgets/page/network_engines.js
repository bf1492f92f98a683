// What runs a network for the page: a worker in the reader's browser, or, in Jupyter, Python.
import { Unfit } from "./audio_file.js";
import { taps } from "./curve.js";
import { Drawing } from "./drawing.js";
import { filtered } from "./loudness.js";
import { addressesOf } from "./runtime.js";
import { openWorker } from "./worker.js";

const LOADS_MB = 17; // of runtime and network, before the first run
const PIECE = 1 << 20; // samples in a message: a Jupyter server takes up to 10 MiB at a time
const SILENT_MS = 30_000; // until a kernel that says nothing is given up
const RUNS_MS = 600_000;

export const CANCELED = new Unfit("Canceled.");

/** What an equalizer makes of samples: biquads, or a drawn curve's FIR filter. */
export function equalized(samples, eq, rate) {
  if (!eq.curve) return Float32Array.from(eq.bands.reduce((signal, band) => (band.bypass ? signal : filtered(signal, band, rate)), samples));
  const h = taps(eq.curve, rate);
  return Float32Array.from(samples, (_, n) => {
    let sum = 0;
    for (let k = Math.min(n, h.length - 1); k >= 0; k--) sum += h[k] * samples[n - k];
    return sum;
  });
}

/** Runs networks in a worker: in a page, which has no Python. */
export function pageEngine(state) {
  let worker = null;
  let giveUp = null; // ends the run under way
  const here = (path) => new URL(path, import.meta.url).href;
  const addresses = addressesOf(here("./"));
  /** Lets go of a worker that is stopped or broken; the next run gets a new one. */
  function drop(error) {
    worker?.terminate();
    worker = null;
    giveUp?.(error);
  }
  return {
    where: "in your browser: nothing leaves this page",
    keeps: "in your browser",
    loadsMb: LOADS_MB,
    run(signal, name, progress) {
      worker ??= openWorker(here("./network_worker.js"));
      const { address, frame, hop, eq } = state.networks[name];
      return new Promise((resolve, reject) => {
        giveUp = reject;
        worker.onmessage = ({ data }) => {
          if ("error" in data) drop(new Error(data.error));
          else if (data.output) resolve({ ...data, target: equalized(signal, eq, state.sample_rate) });
          else progress(data.progress);
        };
        worker.onerror = () => drop(new Error("the worker could not start"));
        worker.postMessage({ addresses, name, address: here(`./networks/${address}`), signal, frame, hop });
      });
    },
    /** A network as live_session.js takes it. */
    live(name) {
      const { address, frame, hop, eq } = state.networks[name];
      const effect = new Drawing(eq, state.sample_rate).dict;
      return { graph: here(`./networks/${address}`), weights: null, frame, hop, sample_rate: state.sample_rate, effect };
    },
    cancel: () => drop(CANCELED),
    close: () => drop(CANCELED),
  };
}

/**
 * Runs networks in Python, by messages: the signal in pieces, each after the one before has arrived.
 * @param {object} model anywidget's
 */
export function pythonEngine(model, { piece = PIECE, silentMs = SILENT_MS, runsMs = RUNS_MS } = {}) {
  let count = 0;
  let call = null; // the run under way
  function end(settle, value) {
    clearTimeout(call?.timer);
    call = null;
    settle?.(value);
  }
  function post(first) {
    const { id, name, signal } = call;
    const last = first + piece >= signal.length;
    // A copy, or the message would carry the whole buffer.
    model.send({ id, name, first, last }, undefined, [signal.slice(first, first + piece).buffer]);
    wait(silentMs);
  }
  function wait(ms) {
    clearTimeout(call.timer);
    const said = `the kernel has not answered for ${Math.round(ms / 1000)} s. It may be busy with a cell, or gone: wait until it is idle, and press the button again`;
    call.timer = setTimeout(() => end(call.reject, new Error(said)), ms);
  }
  const receive = (message, buffers) => {
    if (message.id !== call?.id) return; // canceled, or given up
    if ("error" in message) end(call.reject, new Error(message.error));
    else if ("received" in message) {
      if (message.received < call.signal.length) post(message.received);
      else wait(runsMs);
    } else {
      const [output, target] = buffers.map((view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength)));
      end(call.resolve, { output, target, seconds: message.seconds });
    }
  };
  model.on("msg:custom", receive);
  return {
    where: "in this notebook's kernel",
    keeps: "with this notebook's kernel",
    loadsMb: 0,
    run: (signal, name) =>
      new Promise((resolve, reject) => {
        call = { id: count++, name, signal, resolve, reject, timer: 0 };
        post(0);
      }),
    /** The kernel goes on, but nobody waits for it. */
    cancel: () => end(call?.reject, CANCELED),
    close() {
      end(call?.reject, CANCELED);
      model.off("msg:custom", receive);
    },
  };
}
