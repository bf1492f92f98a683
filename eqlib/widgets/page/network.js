// The trained network, run on any sound: in the reader's browser (by onnxruntime-web in a worker), or,
// in Jupyter, by Python (eqlib.network_desk.NetworkDesk).
import { Unfit, bufferOf, decodeFile } from "./audio_file.js";
import { taps } from "./curve.js";
import { make } from "./dom.js";
import { inWords, matched } from "./loudness.js";
import { mount as mountPlayer } from "./player.js";
import { addressesOf } from "./runtime.js";
import { render } from "./sound.js";

/** Runs networks in a worker: in a page, which has no Python. */
function pageEngine(state) {
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
    run(signal, name, progress) {
      worker ??= new Worker(here("./network_worker.js"), { type: "module" });
      const { address, frame, hop, eq } = state.networks[name];
      return new Promise((resolve, reject) => {
        giveUp = reject;
        worker.onmessage = ({ data }) => {
          if ("error" in data) drop(new Error(data.error));
          else if (data.output) {
            const target = render(bufferOf(signal, state.sample_rate), filtersOf(eq, state.sample_rate));
            target.then((wet) => resolve({ ...data, target: wet }), reject);
          } else progress(data.progress);
        };
        worker.onerror = () => drop(new Error("the worker could not start"));
        worker.postMessage({ addresses, name, address: here(`./networks/${address}`), signal, frame, hop });
      });
    },
    cancel: () => drop(CANCELED),
    close: () => drop(CANCELED),
  };
}

const filtersOf = (eq, rate) => (eq.curve ? { taps: taps(eq.curve, rate) } : { bands: eq.bands });

const CANCELED = new Unfit("Canceled.");

/** SNR of an output against its target, in dB. */
export function snrDb(target, output) {
  let [signal, error] = [0, 0];
  for (let n = 0; n < target.length; n++) [signal, error] = [signal + target[n] ** 2, error + (target[n] - output[n]) ** 2];
  return 10 * Math.log10(signal / error);
}

/**
 * Builds the component.
 * @param {HTMLElement} element where
 * @param {object} state sample_rate; networks (name -> {about, address, frame, hop, eq: {bands, curve}});
 *   sounds (name -> address)
 * @param {object} engine what runs a network: {where, run(signal, name, progress), cancel, close}
 */
export function mount(element, state, engine = pageEngine(state)) {
  const rate = state.sample_rate;
  const own = new Map(); // the reader's files, by name
  let player = null;
  let last = null;
  let busy = false; // a network runs
  let canceled = false;

  const option = (name) => make("option", { value: name }, name);
  const network = make("select", { onchange: describe }, ...Object.keys(state.networks).map(option));
  const about = make("p", { class: "eq-network-about" });
  const clip = make("select", {}, ...Object.keys(state.sounds).map(option));
  const file = make("input", { type: "file", accept: "audio/*,.wav,.flac,.mp3,.ogg,.m4a", onchange: () => take(file.files[0]) });
  const drop = make("label", { class: "eq-network-drop" }, "or an audio file of your own, up to a minute (drop it here): ", file);
  const button = make("button", { type: "button", class: "eq-network-run", onclick: () => (busy ? cancel() : start()) }, "Run the network");
  const bar = make("progress", { max: 1, value: 0, "aria-label": "progress of the network" });
  const status = make("p", { role: "status" });
  const place = make("div");

  function describe() {
    about.textContent = state.networks[network.value]?.about ?? "";
  }
  async function take(chosen) {
    if (!chosen) return;
    if (busy) {
      status.textContent = "Wait for the run to end, or cancel it; then choose the file.";
      return;
    }
    button.disabled = true;
    try {
      const found = await decodeFile(chosen, rate);
      own.set(chosen.name, found.samples);
      if (![...clip.options].some((each) => each.value === chosen.name)) clip.append(option(chosen.name));
      clip.value = chosen.name;
      status.textContent = `“${chosen.name}”: ${found.said}. It stays ${engine.where.startsWith("in your") ? "in your browser" : "with this notebook's kernel"}. Press the button.`;
    } catch (error) {
      status.textContent = error instanceof Unfit ? `${error.message} Nothing has changed.` : `This file cannot be used (${error.message}).`;
    }
    button.disabled = false;
  }
  file.addEventListener("click", () => (file.value = "")); // so that the same file can be chosen again
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("eq-network-over");
  });
  drop.addEventListener("dragleave", () => drop.classList.remove("eq-network-over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("eq-network-over");
    take(event.dataTransfer.files[0]);
  });

  async function samplesOf(name) {
    if (own.has(name)) return own.get(name);
    const reply = await fetch(state.sounds[name]);
    const decoded = await new OfflineAudioContext(1, 1, rate).decodeAudioData(await reply.arrayBuffer());
    return decoded.getChannelData(0).slice();
  }
  function cancel() {
    canceled = true;
    engine.cancel();
  }
  function unlessCanceled(value) {
    if (canceled) throw CANCELED;
    return value;
  }
  async function start() {
    const [name, sound] = [network.value, clip.value];
    [busy, canceled] = [true, false];
    network.disabled = clip.disabled = true; // what is chosen is what runs
    button.textContent = "Cancel";
    bar.hidden = false;
    bar.removeAttribute("value");
    status.textContent = `The network is loaded and runs ${engine.where}.`;
    try {
      const input = unlessCanceled(await samplesOf(sound));
      const made = unlessCanceled(await engine.run(input, name, (share) => (bar.value = share)));
      await show(input, made, name, sound);
    } catch (error) {
      status.textContent = error instanceof Unfit ? error.message : `The network could not run (${error.message}).`;
    }
    network.disabled = clip.disabled = busy = false;
    button.textContent = "Run the network";
    bar.hidden = true;
  }
  async function show(input, { output, target, seconds }, name, sound) {
    last = { input, target, output, seconds };
    const names = { input, target, output };
    const gains = matched(Object.values(names), rate);
    const tracks = Object.entries(names).map(([track, samples], i) => ({
      name: track,
      gain_db: gains[i],
      change: `${track === "output" ? "of the network, " : ""}${inWords(gains[i])}`,
      samples: samples.map((x) => x * 10 ** (gains[i] / 20)),
    }));
    player?.close();
    const inside = make("div");
    place.replaceChildren(inside);
    player = await mountPlayer(inside, { tracks, sample_rate: rate });
    const reached = snrDb(target, output);
    const dry = snrDb(target, input);
    status.textContent = `${name}, “${sound}”: SNR ${reached.toFixed(1)} dB against the target (doing nothing: ${dry.toFixed(1)} dB). ${(input.length / rate).toFixed(1)} s of sound in ${seconds.toFixed(1)} s.`;
  }

  bar.hidden = true;
  element.classList.add("eq-network");
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", "A trained network to try");
  element.replaceChildren(
    make("div", { class: "eq-network-bar" }, make("label", {}, "network for ", network), make("label", {}, "sound ", clip)),
    about,
    drop,
    make("div", { class: "eq-network-bar" }, button, bar),
    status,
    place,
  );
  describe();

  return {
    /** The signals of the last run, for tests. */
    get last() {
      return last;
    },
    close: () => (player?.close(), engine.close()),
  };
}

/** Runs networks in Python, by messages. */
function pythonEngine(model) {
  let count = 0;
  const waiting = new Map();
  const receive = (message, buffers) => {
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if (!call) return; // canceled
    if ("error" in message) call.reject(new Error(message.error));
    else {
      const [output, target] = buffers.map((view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength)));
      call.resolve({ output, target, seconds: message.seconds });
    }
  };
  model.on("msg:custom", receive);
  return {
    where: "in this notebook's kernel",
    run: (signal, name) =>
      new Promise((resolve, reject) => {
        const id = count++;
        waiting.set(id, { resolve, reject });
        model.send({ id, name }, undefined, [signal.slice().buffer]);
      }),
    /** The kernel goes on, but nobody waits for it. */
    cancel() {
      waiting.forEach(({ reject }) => reject(CANCELED));
      waiting.clear();
    },
    close: () => model.off("msg:custom", receive),
  };
}

/** anywidget's entry. */
export default {
  render({ model, el }) {
    const place = document.createElement("div");
    el.append(place);
    const names = ["sample_rate", "networks", "sounds"];
    const state = Object.fromEntries(names.map((name) => [name, model.get(name)]));
    const desk = mount(place, state, pythonEngine(model));
    return () => desk.close();
  },
};
