// The comparison player: some sounds of one length on one clock, switched without a gap.
import { blindTest } from "./abx.js";
import { holds, output as ears, take, volumeSlider } from "./bus.js";
import { bufferOf, fetched } from "./decoding.js";
import { make } from "./dom.js";
import { PEAK_LIMIT_DB, inWords, peakDb } from "./loudness.js";
import { Mixer } from "./mixer.js";
import { rolesOf, SpectrumPicture, WavePicture } from "./player_pictures.js";
import { traitsOf, widgetOf } from "./widget.js";

const HEARD_HZ = 20000; // the spectrum goes no further
let players = 0;
const together = (words) => words.replace(/(\d) (dB|k?Hz)\b/g, "$1\u00a0$2"); // no line ends between number and unit

/** Target minus output, each brought back to its own level first; turned down where that is above -1 dBFS. */
function difference([target, output], [targetDb, outputDb]) {
  const [tGain, oGain] = [10 ** (-targetDb / 20), 10 ** (-outputDb / 20)];
  const samples = target.map((t, n) => t * tGain - output[n] * oGain);
  const down = Math.ceil(10 * Math.max(0, peakDb(samples) - PEAK_LIMIT_DB)) / 10;
  return { samples: down ? samples.map((x) => x * 10 ** (-down / 20)) : samples, change: `target minus output, ${down ? inWords(-down) : "at its own level"}` };
}

/**
 * Builds a player.
 * @param {HTMLElement} element where
 * @param {{title?: string, sample_rate: number, tracks: {name: string, change: string,
 *   gain_db: number, address?: string, samples?: Float32Array}[]}} state each track with its address,
 *   or with its samples at the sample rate
 * @returns {Promise<{mixer: Mixer, close: Function}>} once its sounds are decoded
 */
export async function mount(element, state) {
  const id = `eq-compare-${players++}`;
  const decoded = await Promise.all(state.tracks.map(({ address, samples }) => samples ?? fetched(address, state.sample_rate)));
  const tracks = [...state.tracks];
  const length = Math.max(...decoded.map((samples) => samples.length));
  // The shorter ones with silence at their end.
  const signals = decoded.map((samples) => (samples.length === length ? samples : Float32Array.from({ length }, (_, n) => samples[n] ?? 0)));
  const [target, output] = ["target", "output"].map((name) => tracks.findIndex((track) => track.name === name));
  if (target >= 0 && output >= 0) {
    const gains = [tracks[target].gain_db, tracks[output].gain_db];
    const { samples, change } = difference([signals[target], signals[output]], gains);
    signals.push(samples);
    const coded = [tracks[target], tracks[output]].some(({ address }) => address?.startsWith("data:audio/mpeg"));
    tracks.push({ name: "difference", change: `${change}${coded ? "; the coding of the sounds adds to it" : ""}` });
  }
  const buffers = signals.map((samples) => bufferOf(samples, state.sample_rate));
  const duration = buffers[0].duration;
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  let context = null;
  let mixer = null;
  let analyser = null;
  let selected = 0;
  let began = 0;
  let offset = 0;
  let loop = [0, duration];
  let timer = 0;

  // --- sound

  function position() {
    if (!mixer?.sources.length) return offset;
    const passed = context.currentTime - began + offset;
    const [from, to] = loop;
    return passed < to ? passed : from + ((passed - from) % (to - from));
  }
  async function start() {
    take(stop);
    context ??= new AudioContext();
    await context.resume();
    if (!holds(stop)) return;
    if (!mixer) {
      analyser = new AnalyserNode(context, { fftSize: 4096, smoothingTimeConstant: 0.7 });
      analyser.connect(ears(context));
      mixer = new Mixer(context, buffers, analyser);
    }
    mixer.selected = selected;
    if (offset < loop[0] || offset >= loop[1]) offset = loop[0];
    began = mixer.start(offset, ...loop);
    play.textContent = "Pause";
    tick();
  }
  function stop() {
    offset = position();
    mixer?.stop();
    play.textContent = "Play";
    clearTimeout(timer);
    draw();
    idle();
  }
  function toggle() {
    if (mixer?.sources.length) stop();
    else start().catch((error) => (status.textContent = `This cannot be played here (${error.message}).`));
  }
  function choose(index) {
    selected = index;
    mixer?.select(index);
    draw();
  }
  function setLoop(from, to) {
    loop = [from, to];
    fields[0].value = from.toFixed(2);
    fields[1].value = to.toFixed(2);
    if (mixer?.sources.length) {
      offset = position();
      if (offset < from || offset >= to) offset = from;
      start();
    } else offset = Math.min(Math.max(offset, from), to);
    draw();
  }

  // --- pictures

  const wave = new WavePicture(buffers);
  const bands = new SpectrumPicture(Math.min(HEARD_HZ, state.sample_rate / 2));
  const ink = () => getComputedStyle(element).color;
  // In the blind test the pictures would give X away, and so would a color.
  const color = () => (blind() ? ink() : getComputedStyle(radios.querySelectorAll(".eq-compare-key")[selected]).color);
  function draw() {
    const share = (time) => time / duration;
    wave.draw(blind() ? null : selected, { at: share(position()), loop: loop.map(share), color: color(), ink: ink() });
    const shown = blind() ? "the hidden sound" : tracks[selected].name;
    wave.canvas.setAttribute("aria-label", `Waveform of ${shown}, ${duration.toFixed(2)} s, loop from ${loop[0].toFixed(2)} to ${loop[1].toFixed(2)} s`);
  }
  const idle = () => bands.idle(blind() ? "hidden" : "live spectrum", ink());
  function tick() {
    clearTimeout(timer); // a new loop starts while the old one ticks
    draw();
    if (blind()) idle();
    else bands.draw(analyser, color());
    timer = setTimeout(tick, still.matches ? 500 : 40);
  }
  const surface = wave.canvas;
  surface.addEventListener("pointerdown", (event) => {
    const at = (x) => Math.min(1, Math.max(0, (x - surface.getBoundingClientRect().left) / surface.clientWidth)) * duration;
    const first = at(event.clientX);
    surface.setPointerCapture(event.pointerId);
    const over = new AbortController();
    surface.addEventListener("pointercancel", () => over.abort(), { signal: over.signal });
    surface.addEventListener(
      "pointerup",
      (end) => {
        over.abort();
        const [from, to] = [first, at(end.clientX)].sort((a, b) => a - b);
        if (to - from > 0.05) setLoop(from, to);
        else {
          setLoop(0, duration);
          offset = from;
          if (mixer?.sources.length) began = mixer.start(from, ...loop);
          draw();
        }
      },
      { signal: over.signal },
    );
  });

  // --- the blind test

  const first = target >= 0 ? target : 0;
  const second = output >= 0 ? output : first === 0 ? 1 : 0;
  const hearBlind = (index) => {
    choose(index);
    if (!mixer?.sources.length) toggle();
  };
  const test = tracks.length > 1 ? blindTest(tracks.map(({ name }) => name), [first, second], hearBlind, toggleBlind) : null;
  const blind = () => test?.state;
  function toggleBlind() {
    radios.querySelectorAll("input")[selected].checked = true;
    radios.hidden = Boolean(blind()); // which sound is heard is the question
    draw();
    if (!mixer?.sources.length) idle();
  }

  // --- keys: Space plays, numbers choose

  element.addEventListener("keydown", (event) => {
    const { target: at, key } = event;
    const writes = at.matches('input:not([type="radio"]), select, textarea');
    if (writes || event.ctrlKey || event.metaKey || event.altKey) return;
    const index = Number(key) - 1;
    if (key === " " && !at.matches("button, summary")) toggle();
    else if (blind() && index in [0, 1, 2]) test.hear(index);
    else if (!blind() && index in tracks) {
      choose(index);
      radios.querySelectorAll("input")[index].checked = true;
    } else return;
    event.preventDefault();
  });

  // --- the page

  const play = make("button", { type: "button", onclick: toggle, class: "eq-compare-play" }, "Play");
  const status = make("p", { role: "status" });
  const fields = ["from", "to"].map((name, end) => {
    const input = make("input", { type: "number", min: 0, max: duration.toFixed(2), step: 0.05, value: (end ? duration : 0).toFixed(2) });
    input.addEventListener("change", () => {
      const next = fields.map((field) => Math.min(duration, Math.max(0, Number(field.value))));
      if (next[1] - next[0] >= 0.05) {
        status.textContent = "";
        setLoop(...next);
      } else {
        status.textContent = "The loop needs at least 0.05 s; it stays as it was.";
        setLoop(...loop);
      }
    });
    return make("label", {}, `${name} (s) `, input);
  });
  const inputs = [fields[0].querySelector("input"), fields[1].querySelector("input")];
  fields.splice(0, 2, ...inputs);
  const roles = rolesOf(tracks.map(({ name }) => name));
  const radios = make(
    "fieldset",
    { class: "eq-compare-tracks" },
    make("legend", {}, "Sound"),
    ...tracks.map((track, index) => {
      const radio = make("input", { type: "radio", name: id, checked: index === 0, onchange: () => choose(index) });
      const key = make("i", { class: `eq-compare-key eq-role-${roles[index]}`, "aria-hidden": "true" });
      return make("label", {}, radio, key, make("span", {}, make("strong", {}, track.name), ` ${together(track.change)}`));
    }),
  );
  const keys = make("span", { class: "eq-compare-keys" }, `keys: Space, ${tracks.length > 1 ? `1 to ${tracks.length}` : "1"}`);
  element.classList.add("eq-compare");
  element.setAttribute("role", "group");
  element.tabIndex = -1; // a click into it makes the keys its own
  element.setAttribute("aria-label", state.title ?? `Player: ${state.tracks.map((track) => track.name).join(", ")}`);
  element.replaceChildren(
    ...(state.title ? [make("p", {}, make("strong", {}, state.title))] : []),
    make("div", { class: "eq-compare-strip" }, play, wave.canvas, bands.canvas),
    radios,
    make("div", { class: "eq-compare-bar" }, make("span", {}, "loop"), inputs[0].parentElement, inputs[1].parentElement, volumeSlider(), keys),
    ...(test ? [test.element] : []),
    status,
  );
  draw();
  idle();
  const again = () => (draw(), mixer?.sources.length || idle());
  const sizes = new ResizeObserver(again);
  sizes.observe(surface);
  const themes = new MutationObserver(again);
  themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });

  return {
    buffers,
    /** Puts other samples, of the same length, into the tracks; what is heard goes on. */
    replace(others) {
      const fresh = others.map(({ samples }) => samples);
      const shown = [...others];
      if (buffers.length > others.length) {
        const made = difference([fresh[target], fresh[output]], [others[target].gain_db, others[output].gain_db]);
        fresh.push(made.samples);
        shown.push(made);
      }
      fresh.forEach((samples, index) => (buffers[index] = bufferOf(samples, state.sample_rate)));
      shown.forEach(({ change }, index) => (radios.querySelectorAll("label > span")[index].lastChild.textContent = ` ${together(change)}`));
      wave.renew();
      if (mixer?.sources.length) {
        offset = position();
        began = mixer.start(offset, ...loop);
      }
      draw();
    },
    get mixer() {
      return mixer;
    },
    get blind() {
      return blind();
    },
    close() {
      if (mixer?.sources.length) stop();
      sizes.disconnect();
      themes.disconnect();
      context?.close();
    },
  };
}

/** anywidget's entry: the same player, with what `eqlib.players.player` was given. */
export default widgetOf(mount, (model) => [traitsOf(model, ["tracks", "title", "sample_rate"])]);
