// The trained network, run on any sound: in the reader's browser (by onnxruntime-web in a worker), or,
// in Jupyter, by Python (eqlib.network_desk.NetworkDesk).
import { Unfit, decodeFile } from "./audio_file.js";
import { chart } from "./chart.js";
import { taps, tapsDb } from "./curve.js";
import { fetched } from "./decoding.js";
import { make } from "./dom.js";
import { gainDb } from "./equalizer.js";
import { elsewhere, live } from "./live.js";
import { inWords, matched, snrDb } from "./loudness.js";
import { CANCELED, pageEngine, pythonEngine } from "./network_engines.js";
import { mount as mountPlayer } from "./player.js";
import { traitsOf, widgetOf } from "./widget.js";

const LOW_HZ = 30;
const POINTS = 240; // of the target's curve
const END = 0.95; // of half the sample rate, where a lowpass has no gain at all

/** The curve that a network has learned: what its target does to each frequency. */
function targetPicture(name, eq, rate) {
  const hz = Array.from({ length: POINTS }, (_, i) => LOW_HZ * ((END * rate) / 2 / LOW_HZ) ** (i / (POINTS - 1)));
  const db = eq.curve ? tapsDb(taps(eq.curve, rate), hz, rate) : gainDb(eq.bands, hz, rate);
  const low = Math.max(-42, Math.min(-12, ...db)) - 3; // far below, nothing can be heard
  const high = Math.max(12, ...db) + 3;
  const { svg, line } = chart({ x: [LOW_HZ, rate / 2], logX: true, y: [low, high], title: "target, gain in dB over frequency in Hz", label: `Response of the target of ${name}: from ${Math.round(Math.min(...db)) + 0} to ${Math.round(Math.max(...db)) + 0} dB` });
  line("eq-network-curve", hz.map((x, i) => [x, db[i]]));
  return svg;
}

/**
 * Builds the component.
 * @param {HTMLElement} element where
 * @param {object} state sample_rate; networks (name -> {about, address, frame, hop, eq: {bands, curve}});
 *   sounds (name -> address)
 * @param {object} engine what runs a network: {where, keeps, loadsMb, run(signal, name, progress), cancel, close};
 *   and `live(name)`, what live_session.js takes, if it can do that
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
  const picture = make("div");
  const clip = make("select", {}, ...Object.keys(state.sounds).map(option));
  const file = make("input", { type: "file", accept: "audio/*,.wav,.flac,.mp3,.ogg,.m4a", onchange: () => take(file.files[0]) });
  const drop = make("label", { class: "eq-network-drop" }, "or an audio file of your own, up to a minute (drop it here): ", file);
  const button = make("button", { type: "button", class: "eq-network-run", onclick: () => (busy ? cancel() : start()) }, "Run the network");
  const load = make("span", { class: "eq-network-load", hidden: !engine.loadsMb }, `the first run loads ${engine.loadsMb} MB`);
  const bar = make("progress", { max: 1, value: 0, "aria-label": "progress of the network" });
  const status = make("p", { role: "status" });
  const place = make("div");
  const room = engine.live
    ? live({
        network: async () => engine.live(network.value),
        sound: async () => ({ name: `“${clip.value}”`, samples: await samplesOf(clip.value), rate }),
      })
    : null;

  function describe() {
    const chosen = state.networks[network.value];
    about.textContent = chosen?.about ?? "";
    picture.replaceChildren(...(chosen?.eq ? [targetPicture(network.value, chosen.eq, rate)] : []));
    room?.follow();
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
      status.textContent = `“${chosen.name}”: ${found.said}. It stays ${engine.keeps}. Press the button.`;
    } catch (error) {
      status.textContent = error instanceof Unfit ? `${error.message} Nothing has changed.` : `This file cannot be used (${error.message}).`;
    }
    button.disabled = false;
  }
  file.addEventListener("click", () => (file.value = "")); // so that the same file can be chosen again
  // A file that is dropped beside the field would take the reader away from the page.
  const listening = new AbortController();
  const withFiles = (handle) => (event) => {
    if (!event.dataTransfer?.types.includes("Files") || event.defaultPrevented) return;
    event.preventDefault();
    handle(event);
  };
  const onto = ({ target }) => element.contains(target);
  const mark = (over) => drop.classList.toggle("eq-network-over", over);
  addEventListener("dragover", withFiles((event) => mark(onto(event))), { signal: listening.signal });
  addEventListener("dragleave", () => mark(false), { signal: listening.signal });
  addEventListener(
    "drop",
    withFiles((event) => {
      mark(false);
      if (onto(event)) take(event.dataTransfer.files[0]);
      else status.textContent = "A file was dropped beside this desk; drop it here.";
    }),
    { signal: listening.signal },
  );

  async function samplesOf(name) {
    if (own.has(name)) return own.get(name);
    return fetched(state.sounds[name], rate);
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
      load.hidden = true;
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
    picture,
    drop,
    make("div", { class: "eq-network-bar" }, button, load, bar),
    status,
    place,
    room?.element ?? elsewhere(),
  );
  describe();

  return {
    /** The signals of the last run, for tests. */
    get last() {
      return last;
    },
    get live() {
      return room;
    },
    close() {
      player?.close();
      room?.close();
      engine.close();
      listening.abort();
    },
  };
}

/** anywidget's entry. */
export default widgetOf(mount, (model) => [traitsOf(model, ["sample_rate", "networks", "sounds"]), pythonEngine(model)]);
