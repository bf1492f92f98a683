// A trained network with moving faders: mute, solo or drag any of them and hear it (eqlib.widgets.faders).
import { Unfit, decodeFile } from "./audio_file.js";
import { holds, output as ears, take, volumeSlider } from "./bus.js";
import { tapsDb } from "./curve.js";
import { bufferOf, fetched } from "./decoding.js";
import { make } from "./dom.js";
import { pictures } from "./faders_map.js";
import { strips } from "./faders_strips.js";
import { snrDb } from "./loudness.js";
import { Mixer } from "./mixer.js";
import { Opened } from "./opened.js";
import { axes } from "./opening_plot.js";
import { whenNear } from "./near.js";
import { decibels, hertz } from "./plot.js";
import { read } from "./safetensors.js";
import { applyEq } from "./target.js";
import { widgetOf } from "./widget.js";

const LONGEST_S = 10; // of a reader's own file: each channel of it is kept
const PEAK = 0.7; // of the target, as it is played
const LIMIT = 0.89; // of anything: -1 dBFS
const SOLO_DB = 12; // by which soft channels alone are turned up, at most
const REMIX_MS = 60;
const POINTS = 90; // of a response
const IMPULSE = 4096;
const peakOf = (samples) => samples.reduce((top, x) => Math.max(top, Math.abs(x)), 1e-9);

/** A network of a safetensors file, opened. */
async function openedAt(address) {
  const reply = await fetch(address);
  if (!reply.ok) throw new Error(`its file is not there (${reply.status})`);
  return new Opened(await read(await reply.arrayBuffer()));
}

/**
 * Builds it.
 * @param {HTMLElement} element where
 * @param {{networks: Object<string, string>, sound: string, name: string}} state what the networks are
 *   called, and the addresses of their safetensors files, from this module, as is that of the sound;
 *   what the sound is called. The first network is shown; another one is loaded when it is chosen.
 */
export async function mount(element, state) {
  const here = (address) => new URL(address, import.meta.url).href;
  const names = Object.keys(state.networks);
  const choice = names.length > 1 ? make("select", { "aria-label": "Network" }, ...names.map((name) => make("option", { value: name }, name))) : null;
  const place = make("div");
  let view = null;
  let turn = 0;
  element.classList.add("eq-faders");
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", "Inside a trained network: its faders");
  async function show(name) {
    const mine = ++turn;
    const opened = await openedAt(here(state.networks[name]));
    const note = await fetched(here(state.sound), opened.config.sample_rate);
    if (mine !== turn) return;
    view?.close();
    const inside = make("div");
    place.replaceChildren(inside);
    view = shown(inside, opened, { note, name: state.name, choice });
  }
  choice?.addEventListener("change", async () => {
    try {
      await show(choice.value);
      choice.focus(); // it has moved into the new view
    } catch (error) {
      view.say(`This network cannot be opened (${error.message}).`);
    }
  });
  await show(names[0]);
  element.replaceChildren(place);

  return {
    get desk() {
      return view.desk;
    },
    get channels() {
      return view.channels;
    },
    get mixer() {
      return view.mixer;
    },
    /** The signals, for tests. */
    get now() {
      return view.now;
    },
    close: () => view.close(),
  };
}

/** One network's view, in an element of its own. */
function shown(element, opened, { note, name, choice }) {
  const status = make("span", { role: "status" });
  const { config, channels } = opened;
  const rate = config.sample_rate;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const hz = Array.from({ length: POINTS }, (_, i) => 40 * 150 ** (i / (POINTS - 1)));
  const paths = opened.paths(hz);
  const click = Float32Array.from({ length: IMPULSE }, (_, n) => Number(n === 0));
  const targetDb = opened.target ? tapsDb(applyEq(opened.target, click), hz, rate) : null;

  let input = note;
  let target = null;
  let found = null; // what Opened.hear returns
  let mixed = null;
  let means = []; // of each fader, over the sound
  let turn = 0; // of the newest sound
  let heard = 0; // 0: the mix; 1: the target; 2: the input
  let context = null;
  let mixer = null;
  let began = 0;
  let offset = 0;
  let timer = 0;
  let remixing = 0;

  // --- the mix

  async function listen(signal, name) {
    const mine = ++turn;
    stop();
    element.setAttribute("aria-busy", "true"); // shows the bar
    status.textContent = `“${name}” goes through ${channels.length} channels …`;
    const next = await opened.hear(signal, (share) => {
      bar.value = share;
      return mine === turn;
    });
    if (!next || mine !== turn) return;
    [input, found, offset] = [signal, next, 0];
    target = opened.target ? applyEq(opened.target, signal) : null;
    const { X1, Z_hat } = found.maps;
    const levels = X1[0].map((_, column) => X1.reduce((sum, row) => sum + row[column] ** 2, 0));
    const all = levels.reduce((sum, level) => sum + level, 0) || 1;
    means = Z_hat.map((row) => row.reduce((sum, gain, column) => sum + gain * levels[column], 0) / all);
    element.removeAttribute("aria-busy");
    delete element.dataset.eqWaiting;
    map.open(found.maps, signal);
    status.textContent = "";
    remix();
    look();
  }
  function mixOf(factors) {
    const out = found.base.slice();
    found.parts.forEach((part, index) => {
      const factor = factors[index];
      if (factor) for (let n = 0; n < out.length; n++) out[n] += factor * part[n];
    });
    return out;
  }
  function remix() {
    clearTimeout(remixing);
    remixing = 0;
    if (!found) return;
    mixed = mixOf(desk.factors);
    drawResponse();
    tell();
    if (!mixer) return;
    mixer.buffers = sounds();
    if (playing()) {
      offset = position();
      began = mixer.start(offset, 0, input.length / rate);
    }
  }
  /** What a moved fader asks for: often while it is dragged, but not with every pixel. */
  function changed() {
    describe();
    remixing ||= setTimeout(remix, REMIX_MS);
  }

  // --- sound

  /** The factor that all sounds are played with, and what the mix alone gets so that it is neither too loud nor, on solo, too soft. */
  function levels() {
    const common = PEAK / peakOf(target ?? mixOf(channels.map(() => 1)));
    const peak = peakOf(mixed) * common;
    const up = desk.soloing ? Math.min(10 ** (SOLO_DB / 20), Math.max(1, PEAK / peak)) : 1;
    return { common, own: Math.min(up, LIMIT / peak) };
  }
  function sounds() {
    const { common, own } = levels();
    const scaled = (samples, gain) => bufferOf(samples.map((x) => x * gain), rate);
    const others = [target ?? input, input].map((samples) => scaled(samples, Math.min(common, LIMIT / peakOf(samples))));
    return [scaled(mixed, common * own), ...others];
  }
  const playing = () => Boolean(mixer?.sources.length);
  const length = () => input.length / rate;
  const position = () => (playing() ? (context.currentTime - began + offset) % length() : offset);
  async function start() {
    if (!found) return;
    take(stop);
    context ??= new AudioContext();
    await context.resume();
    if (!holds(stop) || playing()) return;
    mixer ??= new Mixer(context, [], ears(context));
    mixer.buffers = sounds();
    mixer.selected = heard;
    began = mixer.start(offset, 0, length());
    play.textContent = "Stop";
    tick();
  }
  function stop() {
    if (playing()) offset = position();
    mixer?.stop();
    clearTimeout(timer);
    play.textContent = "Play";
  }
  function tick() {
    clearTimeout(timer);
    if (!playing()) return;
    look();
    timer = setTimeout(tick, still.matches ? 400 : 40);
  }

  // --- what is seen

  /** The moment that sounds: the faders go to their places, the cursor to its own. */
  function look() {
    if (!found) return;
    const column = Math.min(found.maps.Z_hat[0].length - 1, Math.floor((position() * rate) / config.pool));
    desk.follow(found.maps.Z_hat.map((row, index) => 20 * Math.log10(Math.max(1e-6, row[column] * channels[index].peak))));
    map.at(position() / length());
    describe();
  }
  function choose(index) {
    map.choose(index);
    describe();
  }
  function describe() {
    const index = desk.selected;
    const { gain_db: own, offset_db: moved, muted, solo } = desk.stateOf(index);
    words.textContent = `Filter ${index + 1} of ${channels.length}, center ${hertz(channels[index].center_hz)}: the network gives its path ${decibels(own)}, you ${decibels(moved)}.`;
    muteButton.setAttribute("aria-pressed", muted);
    soloButton.setAttribute("aria-pressed", solo);
    resetButton.disabled = !desk.touched;
  }
  function tell() {
    if (!mixed) return;
    const snr = target ? snrDb(target, mixed) : NaN;
    number.textContent = Number.isFinite(snr) ? snr.toFixed(1).replace("-", "−") : "–";
    const by = 20 * Math.log10(levels().own);
    loud.textContent = Math.abs(by) < 0.05 ? "" : `Played ${by < 0 ? "softer" : "louder"} by ${Math.abs(by).toFixed(0)} dB.`;
  }
  const plot = make("svg", { class: "eq-opening-plot", role: "img" });
  const [grid, goal, curve] = [make("g"), make("path", { class: "eq-opening-target" }), make("path", { class: "eq-opening-curve" })];
  plot.append(grid, goal, curve);
  function drawResponse() {
    const { clientWidth: width, clientHeight: height } = plot;
    if (!width || !found) return;
    const axis = axes(width, height);
    plot.setAttribute("viewBox", `0 0 ${width} ${height}`);
    grid.replaceChildren(...axis.grid);
    const factors = desk.factors;
    const db = hz.map((_, i) => {
      let [a, b] = [0, 0];
      paths.forEach((path, index) => ([a, b] = [a + factors[index] * means[index] * path[i][0], b + factors[index] * means[index] * path[i][1]]));
      return 10 * Math.log10(Math.max(1e-10, a * a + b * b));
    });
    if (targetDb) goal.setAttribute("d", axis.path(hz, targetDb));
    curve.setAttribute("d", axis.path(hz, db));
    const off = targetDb ? `, up to ${Math.max(...db.map((x, i) => Math.abs(x - targetDb[i]))).toFixed(1)} dB from the target` : "";
    plot.setAttribute("aria-label", `Gain over frequency of all channels together, as you have set them${off}`);
  }

  // --- the page

  const toggleButton = (text, act) => make("button", { type: "button", "aria-pressed": "false", onclick: act }, text);
  const play = make("button", { type: "button", class: "eq-faders-play", onclick: () => (playing() ? stop() : start()) }, "Play");
  const which = make("select", { "aria-label": "What is heard", onchange: () => ((heard = Number(which.value)), mixer?.select(heard)) }, ...["as you set it", ...(opened.target ? ["the target"] : []), "the sound before"].map((text, i) => make("option", { value: opened.target ? i : 2 * i }, text)));
  const file = make("input", { type: "file", class: "eq-faders-file", accept: "audio/*,.wav,.flac,.mp3,.ogg,.m4a", "aria-label": "An audio file of your own" });
  file.addEventListener("click", () => (file.value = ""));
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    try {
      const { samples, said } = await decodeFile(chosen, rate);
      const kept = samples.subarray(0, LONGEST_S * rate);
      await listen(kept, chosen.name);
      status.textContent = `“${chosen.name}”: ${said}${kept.length < samples.length ? `; its first ${LONGEST_S} s` : ""}. It stays in your browser.`;
    } catch (error) {
      status.textContent = error instanceof Unfit ? `${error.message} Nothing has changed.` : `This file cannot be used (${error.message}).`;
    }
  });
  const number = make("strong", {}, "–");
  const words = make("p", { class: "eq-faders-words" });
  const loud = make("span", { class: "eq-faders-loud" });
  const bar = make("progress", { max: 1, value: 0, "aria-label": "the sound goes through the channels" });
  const desk = strips(channels, { changed, chosen: choose });
  const map = pictures(channels, {
    chosen: (index) => desk.choose(index),
    sought(share) {
      offset = share * length();
      if (playing()) began = mixer.start(offset, 0, length());
      look();
    },
  });
  const muteButton = toggleButton("Mute", () => desk.mute(desk.selected));
  const soloButton = toggleButton("Solo", () => desk.solo(desk.selected));
  const resetButton = make("button", { type: "button", onclick: () => desk.resetAll() }, "All as the network has it");
  element.replaceChildren(
    make("div", { class: "eq-faders-bar" }, play, ...(choice ? [choice] : []), which, make("label", { class: "eq-faders-own" }, "Your own file", file), volumeSlider(), make("span", { class: "eq-faders-score" }, number, " dB SNR")),
    map.flow,
    make("div", { class: "eq-faders-pictures" }, map.picture, make("figure", {}, plot, make("figcaption", {}, "All channels together, and the ", make("span", { class: "eq-faders-goal" }, "target")))),
    desk.element,
    make("div", { class: "eq-faders-bar" }, words, muteButton, soloButton, resetButton),
    make("p", { class: "eq-faders-foot" }, loud, status),
    bar,
  );
  const sizes = new ResizeObserver(() => (drawResponse(), map.draw()));
  sizes.observe(plot);
  const themes = new MutationObserver(() => map.draw());
  themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  describe();

  element.dataset.eqWaiting = ""; // print.css hides pictures that are still empty
  const callOff = whenNear(element, () => listen(note, name));

  return {
    desk,
    channels,
    say: (text) => (status.textContent = text),
    get now() {
      return found && { input, target, mixed, levels: levels(), heard: mixer?.buffers[0]?.getChannelData(0) };
    },
    get mixer() {
      return mixer;
    },
    close() {
      turn++;
      stop();
      clearTimeout(remixing);
      sizes.disconnect();
      themes.disconnect();
      callOff();
      context?.close();
    },
  };
}

/** anywidget's entry. */
export default widgetOf(mount);
