// One network for every setting of a peak: three knobs, its response and the exact filter's, and both heard
// while they move (eqlib.widgets.knobs).
import { holds, output as ears, take, volumeSlider } from "./bus.js";
import { bufferOf, fetched } from "./decoding.js";
import { make } from "./dom.js";
import { gainDb } from "./equalizer.js";
import { snrDb } from "./loudness.js";
import { Mixer } from "./mixer.js";
import { whenNear } from "./near.js";
import { axes } from "./opening_plot.js";
import { KNOBS, PeakNetwork } from "./peak_network.js";
import { clamp, decibels, hertz } from "./plot.js";
import { read } from "./safetensors.js";
import { applyEq } from "./target.js";
import { widgetOf } from "./widget.js";

const CHOICES = ["network", "exact", "dry"];
const WORDS = { network: "Network", exact: "Exact filter", dry: "Without" };
const PEAK = 0.22; // of the dry sound as it is played: 12 dB below the limit
const LIMIT = 0.89;
const HEAR_MS = 60; // between two changes of the sound, while a knob is dragged
const STEPS = 240; // of a knob
const RANGE = { range: [-15, 15], ticks: [-12, -6, 0, 6, 12] };
const HZ = Array.from({ length: 90 }, (_, i) => 40 * 150 ** (i / 89));
const peakOf = (samples) => samples.reduce((top, x) => Math.max(top, Math.abs(x)), 1e-9);
let groups = 0;

/** Where a value of a knob lies between its ends, and back. */
const share = ({ ends: [low, high], log }, value) => (log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low));
const valueAt = ({ ends: [low, high], log }, part) => (log ? low * (high / low) ** part : low + part * (high - low));
const said = { cutoff_hz: hertz, gain_db: decibels, q: (q) => q.toFixed(2) };

/**
 * Builds it.
 * @param {HTMLElement} element where
 * @param {{network: string, sound: string}} state the addresses, from this module, of the network's safetensors
 *   file and of a sound
 */
export async function mount(element, state) {
  const here = (address) => new URL(address, import.meta.url).href;
  const reply = await fetch(here(state.network));
  if (!reply.ok) throw new Error(`its network is not there (${reply.status})`);
  const network = new PeakNetwork(await read(await reply.arrayBuffer()));
  const { rate } = network;
  const dry = await fetched(here(state.sound), rate);
  const level = PEAK / peakOf(dry);

  const setting = Object.fromEntries(Object.entries(KNOBS).map(([name, { start }]) => [name, start]));
  let ready = false;
  let sounds = null; // {network, exact, dry}, for the setting
  let choice = "network";
  let context = null;
  let mixer = null;
  let began = 0;
  let offset = 0;
  let waiting = 0;
  let closed = false;

  const eq = () => ({ sample_rate: rate, stages: [{ type: "biquad", kind: "peaking", ...setting }] });

  // --- sound

  const length = dry.length / rate;
  const playing = () => Boolean(mixer?.sources.length);
  const position = () => (playing() ? (context.currentTime - began + offset) % length : offset);
  const buffers = () =>
    CHOICES.map((name) => {
      const gain = Math.min(level, LIMIT / peakOf(sounds[name]));
      return bufferOf(sounds[name].map((x) => x * gain), rate);
    });
  /** The sound of the present setting. */
  function hear() {
    clearTimeout(waiting);
    waiting = 0;
    if (!ready || closed) return;
    sounds = { network: network.output(setting), exact: applyEq(eq(), dry), dry };
    const [ours, nothing] = [sounds.network, dry].map((samples) => snrDb(sounds.exact, samples));
    const number = (db) => (Number.isFinite(db) && db < 130 ? `${db.toFixed(1).replace("-", "−")} dB` : "no difference");
    score.textContent = number(ours);
    beside.textContent = `doing nothing: ${number(nothing)}`;
    if (!mixer) return;
    mixer.buffers = buffers();
    if (!playing()) return;
    offset = position();
    began = mixer.start(offset, 0, length);
  }
  async function start() {
    if (!ready) return;
    take(stop);
    context ??= new AudioContext();
    await context.resume();
    if (!holds(stop) || playing()) return;
    mixer ??= new Mixer(context, [], ears(context));
    mixer.buffers = buffers();
    mixer.selected = CHOICES.indexOf(choice);
    began = mixer.start(offset, 0, length);
    play.textContent = "Stop";
  }
  function stop() {
    if (playing()) offset = position();
    mixer?.stop();
    play.textContent = "Play";
  }

  // --- the knobs

  function turn(name, value) {
    const [low, high] = KNOBS[name].ends;
    setting[name] = clamp(value, low, high);
    show();
    waiting ||= setTimeout(hear, HEAR_MS);
  }
  const sliders = Object.fromEntries(
    Object.entries(KNOBS).map(([name, knob]) => {
      const input = make("input", { type: "range", class: "eq-slider", min: 0, max: STEPS, step: 1, "aria-label": knob.label });
      input.addEventListener("input", () => turn(name, valueAt(knob, input.value / STEPS)));
      return [name, { input, value: make("output", { "aria-hidden": "true" }) }];
    }),
  );
  function show() {
    for (const [name, { input, value }] of Object.entries(sliders)) {
      const part = share(KNOBS[name], setting[name]);
      input.value = Math.round(part * STEPS);
      input.style.setProperty("--eq-share", part);
      value.textContent = said[name](setting[name]);
      input.setAttribute("aria-valuetext", value.textContent);
    }
    draw();
  }

  // --- the picture

  const plot = make("svg", { class: "eq-opening-plot", role: "img", "aria-label": "Gain over frequency of the exact filter" });
  const [grid, goal, curve] = [make("g"), make("path", { class: "eq-opening-target" }), make("path", { class: "eq-opening-curve" })];
  const handle = make("circle", { class: "eq-knobs-handle", r: 11 });
  plot.append(grid, goal, curve, handle);
  let axis = null;
  function draw() {
    const { clientWidth: width, clientHeight: height } = plot;
    if (!width) return;
    if (axis?.width !== width || axis.height !== height) {
      axis = { ...axes(width, height, RANGE), width, height };
      plot.setAttribute("viewBox", `0 0 ${width} ${height}`);
      grid.replaceChildren(...axis.grid);
    }
    const exact = gainDb([{ kind: "peaking", ...setting }], HZ, rate);
    goal.setAttribute("d", axis.path(HZ, exact));
    handle.setAttribute("cx", axis.toX(setting.cutoff_hz));
    handle.setAttribute("cy", axis.toY(setting.gain_db));
    if (!ready) return;
    const ours = network.responseDb(setting, HZ);
    curve.setAttribute("d", axis.path(HZ, ours));
    const off = Math.max(...ours.map((db, i) => Math.abs(db - exact[i])));
    plot.setAttribute("aria-label", `Gain over frequency of the network and of the exact filter, up to ${off.toFixed(1)} dB apart`);
  }
  const drag = (event) => {
    const box = plot.getBoundingClientRect();
    setting.cutoff_hz = clamp(axis.toHz(event.clientX - box.left), ...KNOBS.cutoff_hz.ends);
    turn("gain_db", axis.toDb(event.clientY - box.top));
  };
  plot.addEventListener("pointerdown", (event) => {
    plot.setPointerCapture(event.pointerId);
    drag(event);
  });
  plot.addEventListener("pointermove", (event) => plot.hasPointerCapture(event.pointerId) && drag(event));

  // --- the page

  const play = make("button", { type: "button", class: "eq-knobs-play", onclick: () => (playing() ? stop() : start()) }, "Play");
  const group = `eq-knobs-${groups++}`;
  const choose = (name) => {
    choice = name;
    mixer?.select(CHOICES.indexOf(name));
  };
  const radio = (name) => make("label", { class: `eq-knobs-${name}` }, make("input", { type: "radio", name: group, value: name, checked: name === choice, onchange: () => choose(name) }), make("span", {}, WORDS[name]));
  const score = make("strong", {}, "–");
  const beside = make("span", { class: "eq-knobs-beside" });
  const status = make("p", { role: "status" });
  const row = (name) => make("label", { class: "eq-knobs-knob" }, make("span", {}, KNOBS[name].label), sliders[name].input, sliders[name].value);
  element.classList.add("eq-knobs");
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", "One network for every peak: its knobs");
  element.replaceChildren(
    make("div", { class: "eq-knobs-bar" }, play, make("fieldset", {}, make("legend", {}, "What is heard"), ...CHOICES.map(radio)), volumeSlider(), make("span", { class: "eq-knobs-score" }, "network: ", score, " ", beside)),
    plot,
    make("div", { class: "eq-knobs-rows" }, ...Object.keys(KNOBS).map(row)),
    status,
  );
  const sizes = new ResizeObserver(draw);
  sizes.observe(plot);
  show();

  // The note goes through the network's channels when the reader comes near.
  const callOff = whenNear(element, async () => {
    element.setAttribute("aria-busy", "true");
    status.textContent = "The note goes through the network …";
    await network.hear(dry);
    ready = true;
    status.textContent = "";
    show();
    hear();
    element.removeAttribute("aria-busy");
  });

  return {
    turn,
    /** The signals and the setting, for tests. */
    get now() {
      return sounds && !waiting && { ...sounds, setting: { ...setting }, response: network.responseDb(setting, HZ), hz: HZ, heard: mixer?.selected, sources: mixer?.sources.length ?? 0, buffer: mixer?.buffers[0]?.getChannelData(0) };
    },
    close() {
      closed = true;
      stop();
      clearTimeout(waiting);
      sizes.disconnect();
      callOff();
      context?.close();
    },
  };
}

/** anywidget's entry. */
export default widgetOf(mount);
