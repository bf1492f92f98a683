// The comparison player: some sounds of one length on one clock, switched without a gap.
import { blindTest } from "./abx.js";
import { holds, output as ears, take, volumeSlider } from "./bus.js";
import { bufferOf, fetched } from "./decoding.js";
import { make } from "./dom.js";
import { columns } from "./envelope.js";
import { Mixer } from "./mixer.js";

const HEIGHT = 90;
const SPECTRUM_HZ = [50, 20000]; // at most; up to half the sample rate
let players = 0;

/** Target minus output, each brought back to its own level first. */
function difference([target, output], [targetDb, outputDb]) {
  const [tGain, oGain] = [10 ** (-targetDb / 20), 10 ** (-outputDb / 20)];
  return target.map((t, n) => t * tGain - output[n] * oGain);
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
  const highHz = Math.min(SPECTRUM_HZ[1], state.sample_rate / 2);
  const decoded = await Promise.all(state.tracks.map(({ address, samples }) => samples ?? fetched(address, state.sample_rate)));
  const tracks = [...state.tracks];
  const length = Math.max(...decoded.map((samples) => samples.length));
  // The shorter ones with silence at their end.
  const signals = decoded.map((samples) => (samples.length === length ? samples : Float32Array.from({ length }, (_, n) => samples[n] ?? 0)));
  const [target, output] = ["target", "output"].map((name) => tracks.findIndex((track) => track.name === name));
  if (target >= 0 && output >= 0) {
    const gains = [tracks[target].gain_db, tracks[output].gain_db];
    signals.push(difference([signals[target], signals[output]], gains));
    const coded = [tracks[target], tracks[output]].some(({ address }) => address?.startsWith("data:audio/mpeg"));
    tracks.push({ name: "difference", change: `target minus output, at its own level${coded ? "; the coding of the sounds adds to it" : ""}` });
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

  const wave = make("canvas", { class: "eq-compare-wave", role: "img", height: HEIGHT });
  const bands = make("canvas", { class: "eq-compare-spectrum", role: "img", height: HEIGHT, "aria-label": `Live spectrum of what you hear, 50 Hz to ${highHz / 1000} kHz` });
  const loudest = () => Math.max(...buffers.map((buffer) => buffer.getChannelData(0).reduce((top, x) => Math.max(top, Math.abs(x)), 0)));

  let peak = loudest();
  const shapes = new Map();
  function surface(canvas) {
    const width = Math.max(1, canvas.clientWidth);
    const [wide, tall] = [width, HEIGHT].map((size) => Math.round(size * devicePixelRatio));
    if (canvas.width !== wide || canvas.height !== tall) [canvas.width, canvas.height] = [wide, tall];
    const brush = canvas.getContext("2d");
    brush.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    brush.clearRect(0, 0, width, HEIGHT);
    brush.fillStyle = brush.strokeStyle = getComputedStyle(element).color;
    return [brush, width];
  }
  /** The shape of the sound that is chosen, kept: a minute has a million samples. */
  function shape(width) {
    if (shapes.get(selected)?.length !== width) {
      const buffer = buffers[selected];
      shapes.set(selected, columns(buffer.getChannelData(0), width, buffer.sampleRate));
    }
    return shapes.get(selected);
  }
  function draw() {
    const [brush, width] = surface(wave);
    const [from, to] = loop.map((t) => (t / duration) * width);
    brush.globalAlpha = 0.1;
    brush.fillRect(from, 0, to - from, HEIGHT);
    brush.globalAlpha = 0.75;
    // In the blind test the picture would give X away.
    const scale = (0.48 * HEIGHT) / peak;
    for (const [x, [low, high]] of blind() ? [] : shape(width).entries()) {
      brush.fillRect(x, HEIGHT / 2 - high * scale, 1, Math.max(1, (high - low) * scale));
    }
    brush.globalAlpha = 1;
    brush.fillStyle = "#d55e00";
    brush.fillRect((position() / duration) * width - 1, 0, 3, HEIGHT);
    const shown = blind() ? "the hidden sound" : tracks[selected].name;
    wave.setAttribute("aria-label", `Waveform of ${shown}, ${duration.toFixed(2)} s, loop from ${loop[0].toFixed(2)} to ${loop[1].toFixed(2)} s`);
  }
  function spectrum() {
    const [brush, width] = surface(bands);
    const power = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(power);
    const [low, high] = [SPECTRUM_HZ[0], highHz];
    for (let x = 0; x < width; x += 3) {
      const [a, b] = [x, x + 3].map((column) => Math.round((low * (high / low) ** (column / width) * analyser.fftSize) / context.sampleRate));
      const level = Math.max(...power.subarray(a, Math.max(a + 1, b)));
      const tall = Math.max(0, Math.min(1, (level + 100) / 90)) * HEIGHT;
      brush.fillRect(x, HEIGHT - tall, 2, tall);
    }
  }
  function idle() {
    const [brush, width] = surface(bands);
    brush.globalAlpha = 0.8;
    brush.font = "13px sans-serif";
    brush.textAlign = "center";
    brush.fillText(blind() ? "hidden" : "live spectrum", width / 2, HEIGHT / 2 + 4);
    brush.globalAlpha = 1;
  }
  function tick() {
    clearTimeout(timer); // a new loop starts while the old one ticks
    draw();
    if (blind()) idle();
    else spectrum();
    timer = setTimeout(tick, still.matches ? 500 : 40);
  }
  wave.addEventListener("pointerdown", (event) => {
    const at = (x) => Math.min(1, Math.max(0, (x - wave.getBoundingClientRect().left) / wave.clientWidth)) * duration;
    const first = at(event.clientX);
    wave.setPointerCapture(event.pointerId);
    const over = new AbortController();
    wave.addEventListener("pointercancel", () => over.abort(), { signal: over.signal });
    wave.addEventListener(
      "pointerup",
      (end) => {
        over.abort();
        const [from, to] = [first, at(end.clientX)].sort((a, b) => a - b);
        if (to - from > 0.05) setLoop(from, to);
        else {
          setLoop(0, duration);
          offset = from;
          if (mixer?.sources.length) {
            began = mixer.start(from, ...loop);
          }
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
  const radios = make(
    "fieldset",
    { class: "eq-compare-tracks" },
    make("legend", {}, "Sound"),
    ...tracks.map((track, index) => {
      const radio = make("input", { type: "radio", name: id, checked: index === 0, onchange: () => choose(index) });
      return make("label", {}, radio, make("span", {}, make("strong", {}, track.name), ` ${track.change}`));
    }),
  );
  const keys = make("span", { class: "eq-compare-keys" }, `keys: Space, ${tracks.length > 1 ? `1 to ${tracks.length}` : "1"}`);
  element.classList.add("eq-compare");
  element.setAttribute("role", "group");
  element.tabIndex = -1; // a click into it makes the keys its own
  element.setAttribute("aria-label", state.title ?? `Player: ${state.tracks.map((track) => track.name).join(", ")}`);
  element.replaceChildren(
    ...(state.title ? [make("p", {}, make("strong", {}, state.title))] : []),
    make("div", { class: "eq-compare-pictures" }, wave, bands),
    make("div", { class: "eq-compare-bar" }, play, make("span", {}, "loop"), inputs[0].parentElement, inputs[1].parentElement, volumeSlider(), keys),
    radios,
    ...(test ? [test.element] : []),
    status,
  );
  draw();
  idle();
  const again = () => (draw(), mixer?.sources.length || idle());
  const sizes = new ResizeObserver(again);
  sizes.observe(wave);
  const themes = new MutationObserver(again);
  themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });

  return {
    buffers,
    /** Puts other samples, of the same length, into the tracks; what is heard goes on. */
    replace(others) {
      const fresh = others.map(({ samples }) => samples);
      if (buffers.length > others.length) fresh.push(difference([fresh[target], fresh[output]], [others[target].gain_db, others[output].gain_db]));
      fresh.forEach((samples, index) => (buffers[index] = bufferOf(samples, state.sample_rate)));
      others.forEach(({ change }, index) => (radios.querySelectorAll("label > span")[index].lastChild.textContent = ` ${change}`));
      shapes.clear();
      peak = loudest();
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
export default {
  async render({ model, el }) {
    const place = document.createElement("div");
    el.append(place);
    const player = await mount(place, Object.fromEntries(["tracks", "title", "sample_rate"].map((name) => [name, model.get(name)])));
    return () => player.close();
  },
};
