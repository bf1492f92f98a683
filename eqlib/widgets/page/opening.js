// The book's first page: one note, one slider from an untrained network to a trained one, and the
// network's response on its way to the target (made by book/_ext/opening.py).
import { holds, output as ears, take, volumeSlider } from "./bus.js";
import { bufferOf, fetched } from "./decoding.js";
import { make } from "./dom.js";
import { Mixer } from "./mixer.js";
import { axes } from "./opening_plot.js";

const MORPH_MS = 350; // of the curve, from one moment to the next
const TICK_MS = 40;
let openings = 0;

const steps = (count) => (count ? `after ${count.toLocaleString("en")} steps` : "untrained");
const decibels = (db) => `${db.toFixed(1).replace("-", "−")} dB`;
const turned = (db) => (db < 0 ? `turned down by ${decibels(-db)}` : "at its own level");

/**
 * Builds it.
 * @param {HTMLElement} element where
 * @param {object} state what opening.json holds; sound and bench, addresses of the sounds (from this
 *   module) and of the workbench (from the page)
 */
export function mount(element, state) {
  const { moments, sample_rate: rate, samples, gains_db: gains } = state;
  const last = moments.length - 1;
  const duration = samples / rate;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const id = `eq-opening-${openings++}`;

  let moment = 0;
  let heard = "network"; // or "input", "target"
  let alone = true; // until the slider is touched, the training goes on by itself while it sounds
  let context = null;
  let mixer = null;
  let analyser = null;
  let loading = null;
  let wanted = false; // a sound, as soon as it is there
  let began = 0;
  let rounds = 0;
  let timer = 0;
  let shown = [...moments[0].response_db]; // the curve as it is drawn, also on its way
  let frame = 0;

  // --- sound

  /** All sounds, one after the other in one file: the note, the target, the network at each moment. */
  async function load() {
    const all = await fetched(new URL(state.sound, import.meta.url).href, rate);
    const parts = Array.from({ length: moments.length + 2 }, (_, i) => all.slice(i * samples, (i + 1) * samples));
    if (all.length < parts.length * samples) throw new Error("its file is incomplete");
    return parts.map((part) => bufferOf(part, rate));
  }
  const track = () => (heard === "network" ? 2 + moment : heard === "target" ? 1 : 0);
  const playing = () => Boolean(mixer?.sources.length);
  async function start() {
    take(stop);
    wanted = true;
    status.textContent = ""; // what failed before
    context ??= new AudioContext();
    show("loading");
    loading ??= load();
    try {
      const [buffers] = await Promise.all([loading, context.resume()]);
      if (!holds(stop) || !wanted || playing()) return;
      if (!mixer) {
        analyser = new AnalyserNode(context, { fftSize: 2048, smoothingTimeConstant: 0.8 });
        analyser.connect(ears(context));
        mixer = new Mixer(context, buffers, analyser);
      }
    } catch (error) {
      loading = null; // the next press tries again
      wanted = false;
      show("idle");
      status.textContent = `This cannot be played here (${error.message}).`;
      return;
    }
    if (alone && moment === last) look(0);
    mixer.selected = track();
    [began, rounds] = [mixer.start(0, 0, duration), 0];
    show("playing");
    tick();
  }
  function stop() {
    wanted = false;
    mixer?.stop();
    clearTimeout(timer);
    show("idle");
    live.setAttribute("d", "");
  }
  function tick() {
    clearTimeout(timer);
    if (!playing()) return;
    const passed = Math.floor((context.currentTime - began) / duration);
    if (passed > rounds) {
      rounds = passed;
      if (alone && heard === "network" && moment < last) look(moment + 1);
      else if (moment === last) alone = false;
    }
    if (!still.matches) drawLive();
    timer = setTimeout(tick, TICK_MS);
  }
  const toggle = () => (wanted ? stop() : start());

  // --- what is looked at and heard

  function look(index) {
    moment = index;
    slider.value = index;
    mixer?.select(track());
    describe();
    morph();
  }
  function hear(name) {
    heard = name;
    mixer?.select(track());
    describe();
  }
  function describe() {
    const { step, snr_db: snr, gain_db: gain } = moments[moment];
    when.textContent = step ? steps(step) : "no step yet";
    number.textContent = snr.toFixed(1).replace("-", "−");
    slider.setAttribute("aria-valuetext", `${steps(step)}, SNR ${decibels(snr)}`);
    const of = { input: ["the note as it was recorded", gains.input], target: ["the target", gains.target], network: [`the network ${steps(step)}`, gain] }[heard];
    level.textContent = `You hear ${of[0]}, ${turned(of[1])}: all at one loudness.`;
    element.style.setProperty("--eq-share", moment / last);
    picture.setAttribute("aria-label", `Gain over frequency: the target, a low shelf of +10 dB below 500 Hz, and the network ${steps(step)}, ${nearness()}`);
  }
  /** In words, for whoever does not see the two curves. */
  function nearness() {
    const off = moments[moment].response_db.map((db, i) => Math.abs(db - state.target_db[i])).filter((_, i) => state.frequencies_hz[i] <= axis.highHz);
    return `up to ${decibels(Math.max(...off))} away from it`;
  }
  function show(phase) {
    play.setAttribute("aria-busy", phase === "loading");
    play.setAttribute("aria-label", phase === "idle" ? "Play" : "Stop");
    element.classList.toggle("eq-opening-plays", phase !== "idle");
  }

  // --- the picture

  const picture = make("svg", { class: "eq-opening-plot", role: "img" });
  const [grid, live, area, target, trail, curve] = [make("g"), ...["live", "area", "target"].map((name) => make("path", { class: `eq-opening-${name}` })), make("g", { class: "eq-opening-trail" }), make("path", { class: "eq-opening-curve" })];
  picture.append(grid, live, area, trail, target, curve);
  let axis = axes(1, 1);
  function lay() {
    const { clientWidth: width, clientHeight: height } = picture;
    if (!width || !height) return;
    axis = axes(width, height);
    picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    grid.replaceChildren(...axis.grid);
    const line = axis.path(state.frequencies_hz, state.target_db);
    target.setAttribute("d", line);
    area.setAttribute("d", `${line}V${axis.toY(0)}H${axis.left}Z`);
    trail.replaceChildren(...moments.map(({ response_db: db }) => make("path", { d: axis.path(state.frequencies_hz, db) })));
    draw();
  }
  function draw() {
    curve.setAttribute("d", axis.path(state.frequencies_hz, shown));
    [...trail.children].forEach((path, i) => path.classList.toggle("eq-opening-past", i < moment));
  }
  /** The curve goes on from where it is. */
  function morph() {
    cancelAnimationFrame(frame);
    const [from, to, since] = [[...shown], moments[moment].response_db, performance.now()];
    const go = (now) => {
      const share = still.matches ? 1 : Math.min(1, Math.max(0, (now - since) / MORPH_MS));
      const eased = 1 - (1 - share) ** 3;
      shown = to.map((db, i) => (share < 1 ? from[i] + eased * (db - from[i]) : db));
      draw();
      if (share < 1) frame = requestAnimationFrame(go);
    };
    go(since);
  }
  function drawLive() {
    const power = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(power);
    live.setAttribute("d", axis.spectrum(power, context.sampleRate / analyser.fftSize));
  }

  // --- the page

  const play = make("button", { type: "button", class: "eq-opening-play", "aria-label": "Play", onclick: toggle });
  play.append(make("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, make("path", { class: "eq-opening-go", d: "M8 5v14l11-7z" }), make("path", { class: "eq-opening-halt", d: "M7 7h10v10H7z" })));
  const slider = make("input", { type: "range", class: "eq-slider", min: 0, max: last, step: 1, value: 0, "aria-label": "How far the network is trained" });
  slider.addEventListener("input", () => {
    alone = false;
    if (heard !== "network") radios.querySelector('[value="network"]').click();
    look(Number(slider.value));
  });
  const when = make("strong", { class: "eq-opening-when" });
  const number = make("strong", { class: "eq-opening-number" });
  const level = make("p", { class: "eq-opening-level" });
  const status = make("p", { class: "eq-opening-status", role: "status" });
  const radios = make(
    "fieldset",
    { class: "eq-opening-tracks" },
    make("legend", {}, "Sound"),
    ...Object.entries({ input: "recorded", network: "network", target: "target" }).map(([value, label]) => {
      const radio = make("input", { type: "radio", name: id, value, checked: value === "network", onchange: () => hear(value) });
      return make("label", {}, radio, make("span", {}, label));
    }),
  );
  element.classList.add("eq-opening");
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", "A network learns to be an equalizer");
  element.replaceChildren(
    make("div", { class: "eq-opening-picture" }, picture, make("p", { class: "eq-opening-key", "aria-hidden": "true" }, make("span", { class: "eq-opening-key-target" }, "target"), make("span", { class: "eq-opening-key-network" }, "network"))),
    make(
      "div",
      { class: "eq-opening-row" },
      play,
      make("div", { class: "eq-opening-slide" }, make("div", { class: "eq-opening-ends" }, make("span", {}, "untrained"), when, make("span", {}, "trained")), slider),
      make("p", { class: "eq-opening-score" }, number, make("span", {}, "dB SNR")),
    ),
    make("div", { class: "eq-opening-foot" }, radios, volumeSlider(), make("a", { class: "eq-opening-bench", href: state.bench }, "Train one yourself")),
    level,
    status,
  );
  const sizes = new ResizeObserver(lay);
  sizes.observe(picture);
  lay();
  describe();
  show("idle");

  return {
    get mixer() {
      return mixer;
    },
    /** What is chosen and drawn, for tests. */
    get now() {
      return { moment, heard, alone, shown, track: track() };
    },
    close() {
      if (playing()) stop();
      cancelAnimationFrame(frame);
      sizes.disconnect();
      context?.close();
    },
  };
}
