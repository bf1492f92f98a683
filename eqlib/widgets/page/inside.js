// Inside the network: a cursor moves over one note's waveform, filter bank, envelopes and faders
// (eqlib.inside.Inside); every filter can be heard by itself.
import { output, take, volumeSlider } from "./bus.js";
import { bufferOf, fetched } from "./decoding.js";
import { make } from "./dom.js";
import { columns } from "./envelope.js";
import { hertz } from "./plot.js";
import { widgetOf } from "./widget.js";

const TITLES = {
  X1: ["X1", "what each filter lets through (stripes: the frames' windows)"],
  X2: ["X2", "the envelopes, smoothed"],
  Z: ["Z", "the latent values, before the DNN"],
  Z_hat: ["Ẑ", "after the DNN: the gain that each filter gets"],
  X1_hat: ["X̂1", "the product, on its way to the output"],
};
// From low to high: dark blue, gray, yellow; told apart without color vision too.
const STOPS = [
  [0, 24, 60],
  [45, 63, 110],
  [110, 112, 120],
  [180, 165, 95],
  [255, 234, 70],
];
const COLORS = Array.from({ length: 256 }, (_, gray) => {
  const at = (gray / 255) * (STOPS.length - 1);
  const low = Math.min(STOPS.length - 2, Math.floor(at));
  return STOPS[low].map((c, i) => Math.round(c + (at - low) * (STOPS[low + 1][i] - c)));
});
const WAVE = 48; // heights of pictures, in CSS pixels
const MAP = 76;
const BARS = 84;
const BARS_DB = 24; // below the highest gain of all
const LINE = "#ff96d2"; // within a black rim: one of the two is at least 3 to 1 on every ground
const UP = 4; // of a band over the note: 12 dB, or soft ones would become noise

const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

/** A gray picture as levels, row by row, the lowest channel first. */
async function levels({ png, low, high }) {
  const image = new Image();
  image.src = png;
  await image.decode();
  const { width, height } = image;
  const canvas = make("canvas", { width, height });
  const brush = canvas.getContext("2d");
  brush.drawImage(image, 0, 0);
  const data = brush.getImageData(0, 0, width, height);
  const gray = Uint8Array.from({ length: width * height }, (_, i) => data.data[4 * i]);
  gray.forEach((value, i) => data.data.set(COLORS[value], 4 * i));
  brush.putImageData(data, 0, 0);
  /** A channel's value when this share of the note has passed; pictures differ in their columns. */
  const at = (channel, share) => {
    const column = Math.min(width - 1, Math.floor(share * width));
    return low + ((high - low) * gray[(height - 1 - channel) * width + column]) / 255;
  };
  return { canvas, low, high, at };
}

/**
 * Builds the view.
 * @param {HTMLElement} element where
 * @param {object} state see eqlib.inside.Inside
 */
export async function mount(element, state) {
  const { sample_rate: rate, seconds, filters, centers_hz: centers } = state;
  const note = await fetched(state.sound, rate);
  const maps = {};
  for (const [name, picture] of Object.entries(state.pictures)) maps[name] = await levels(picture);
  const taps = new Int8Array(bytes(state.taps).buffer);

  let time = seconds / 4;
  let filter = Math.round(filters / 8);
  let context = null;
  let ears = null;
  let source = null;
  let turn = 0; // of whoever asked last to play
  let began = 0;
  let timer = 0;
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  // --- sound

  /** What one filter lets through of the note: correlation with its taps, as in the network. */
  function band(index) {
    const { kernel, taps_scale: scale } = state;
    const own = taps.subarray(index * kernel, (index + 1) * kernel);
    return note.map((_, n) => {
      let sum = 0;
      // Correlation is convolution with the taps reversed.
      for (let k = 0; k < Math.min(kernel, n + 1); k++) sum += own[kernel - 1 - k] * note[n - k];
      return sum * scale;
    });
  }
  async function play(samples, from, said) {
    stop();
    take(stop);
    const mine = turn;
    if (!context) {
      context = new AudioContext();
      ears = output(context);
    }
    await context.resume();
    if (mine !== turn) return; // somebody else, or nobody any more
    const peak = samples.reduce((top, x) => Math.max(top, Math.abs(x)), 1e-6);
    const loudest = note.reduce((top, x) => Math.max(top, Math.abs(x)), 1e-6);
    const gain = Math.min(0.5 / peak, (UP * 0.5) / loudest);
    const level = new GainNode(context, { gain });
    source = new AudioBufferSourceNode(context, { buffer: bufferOf(samples, rate) });
    source.connect(level).connect(ears);
    source.onended = () => stop();
    source.start(0, from);
    began = context.currentTime - from;
    const by = 20 * Math.log10(gain);
    status.textContent = `${said}, turned ${by < 0 ? "down" : "up"} by ${Math.abs(by).toFixed(0)} dB.`;
    playNote.textContent = "Stop";
    tick();
  }
  function stop() {
    turn += 1;
    clearTimeout(timer);
    if (!source) return;
    source.onended = null;
    source.stop();
    source = null;
    playNote.textContent = "Play the note";
  }
  function tick() {
    if (!source) return;
    look(Math.min(seconds, context.currentTime - began));
    timer = setTimeout(tick, still.matches ? 400 : 40);
  }
  const hearBand = (index) => {
    choose(index);
    return play(band(index), 0, `The band of filter ${index}`);
  };

  // --- pictures

  const wave = make("canvas", { class: "eq-inside-canvas", height: WAVE, role: "img" });
  const pictures = Object.keys(maps).map((name) => {
    const canvas = make("canvas", { class: "eq-inside-canvas", height: MAP, role: "img" });
    canvas.addEventListener("click", (event) => {
      const box = canvas.getBoundingClientRect();
      look(((event.clientX - box.left) / box.width) * seconds);
      choose(Math.min(filters - 1, Math.floor((1 - (event.clientY - box.top) / box.height) * filters)));
    });
    return { name, canvas };
  });
  const bars = make("canvas", { class: "eq-inside-canvas", height: BARS, role: "img" });
  bars.addEventListener("click", (event) => {
    const box = bars.getBoundingClientRect();
    hearBand(Math.min(filters - 1, Math.floor(((event.clientX - box.left) / box.width) * filters)));
  });
  wave.addEventListener("click", (event) => {
    const box = wave.getBoundingClientRect();
    look(((event.clientX - box.left) / box.width) * seconds);
  });

  function surface(canvas, height) {
    const width = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
    const tall = Math.round(height * devicePixelRatio);
    if (canvas.width !== width || canvas.height !== tall) [canvas.width, canvas.height] = [width, tall];
    const brush = canvas.getContext("2d");
    brush.imageSmoothingEnabled = false;
    brush.clearRect(0, 0, width, tall);
    brush.fillStyle = getComputedStyle(element).color;
    return [brush, width, tall];
  }
  let shape = []; // of the waveform, one a column
  function cursor(brush, width, tall) {
    brush.fillStyle = "#d55e00";
    brush.fillRect((time / seconds) * width - 1, 0, 3, tall);
  }
  function draw() {
    const [brush, width, tall] = surface(wave, WAVE);
    const peak = note.reduce((top, x) => Math.max(top, Math.abs(x)), 1e-6);
    if (shape.length !== width) shape = columns(note, width, rate);
    for (const [x, [low, high]] of shape.entries()) {
      brush.fillRect(x, tall * (0.5 - (0.48 * high) / peak), 1, Math.max(1, (tall * 0.48 * (high - low)) / peak));
    }
    cursor(brush, width, tall);
    for (const { name, canvas } of pictures) {
      const [pen, w, h] = surface(canvas, MAP);
      pen.drawImage(maps[name].canvas, 0, 0, w, h);
      cursor(pen, w, h);
      const middle = Math.round(h * (1 - (filter + 0.5) / filters));
      pen.fillStyle = "#000";
      pen.fillRect(0, middle - 2, w, 4);
      pen.fillStyle = LINE;
      pen.fillRect(0, middle - 1, w, 2);
    }
    const [pen, w, h] = surface(bars, BARS);
    const gains = gainsNow();
    const { high } = maps.Z_hat;
    gains.forEach((db, index) => {
      const share = Math.max(0.01, 1 + (db - high) / BARS_DB);
      pen.globalAlpha = index === filter ? 1 : 0.6;
      pen.fillStyle = index === filter ? "#d55e00" : getComputedStyle(element).color;
      pen.fillRect((index / filters) * w, h * (1 - share), Math.max(1, w / filters - 1), h * share);
    });
    pen.globalAlpha = 1;
    describe(gains);
  }
  const gainsNow = () => Array.from({ length: filters }, (_, index) => maps.Z_hat.at(index, time / seconds));
  function describe(gains) {
    const x1 = Array.from({ length: filters }, (_, index) => maps.X1.at(index, time / seconds));
    const loudest = x1.indexOf(Math.max(...x1));
    const highest = gains.indexOf(Math.max(...gains));
    const gain = gains[filter];
    const below = gain < maps.Z_hat.low + 0.1 ? "at most " : "";
    words.textContent =
      `At ${time.toFixed(2)} s: filter ${loudest} (center ${hertz(centers[loudest])}) lets most through; ` +
      `filter ${highest} (${hertz(centers[highest])}) has the highest gain. ` +
      `Filter ${filter}, center ${hertz(centers[filter])}: gain ${below}${gain.toFixed(1).replace("-", "−")} dB.`;
    wave.setAttribute("aria-label", `Waveform of the note, ${seconds.toFixed(2)} s, cursor at ${time.toFixed(2)} s`);
    bars.setAttribute("aria-label", `Gain of each of ${filters} filters at ${time.toFixed(2)} s, low ones left: from ${Math.min(...gains).toFixed(0)} to ${Math.max(...gains).toFixed(0)} dB`);
    for (const { name, canvas } of pictures) canvas.setAttribute("aria-label", `${TITLES[name][0]}, ${TITLES[name][1]}: level of ${filters} channels over time, low ones at the bottom`);
    slider.value = time;
    slider.setAttribute("aria-valuetext", `${time.toFixed(2)} s`);
    number.value = filter;
  }
  function look(at) {
    time = Math.min(seconds, Math.max(0, at));
    draw();
  }
  function choose(index) {
    filter = index;
    draw();
  }

  // --- the page

  const words = make("p", { class: "eq-inside-words" });
  const status = make("p", { role: "status" });
  const playNote = make("button", { type: "button", onclick: () => (source ? stop() : play(note, time < seconds - 0.05 ? time : 0, "The note")) }, "Play the note");
  const slider = make("input", { type: "range", min: 0, max: seconds, step: 0.01, "aria-label": "time in seconds", oninput: () => (stop(), look(Number(slider.value))) });
  const number = make("input", { type: "number", min: 0, max: filters - 1, step: 1, onchange: () => choose(Math.min(filters - 1, Math.max(0, Math.round(Number(number.value)) || 0))) });
  const playBand = make("button", { type: "button", onclick: () => hearBand(filter) }, "Play its band");
  const figure = (canvas, name, about) => make("figure", { class: "eq-inside-figure" }, make("figcaption", {}, make("strong", {}, name), ` ${about}`), canvas);
  element.classList.add("eq-inside");
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", "Inside the network");
  element.replaceChildren(
    make("div", { class: "eq-inside-bar" }, playNote, make("label", {}, "time ", slider), make("label", {}, "filter ", number), playBand, volumeSlider()),
    words,
    make(
      "div",
      { class: "eq-inside-pictures" },
      figure(wave, "x", "the note"),
      ...pictures.map(({ name, canvas }) => figure(canvas, ...TITLES[name])),
      figure(bars, "now", `the gain of each filter, low ones left, ${BARS_DB} dB from bottom to top; click one to hear its band`),
    ),
    status,
  );
  draw();
  const again = () => draw();
  const sizes = new ResizeObserver(again);
  sizes.observe(wave);
  const themes = new MutationObserver(again);
  themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });

  return {
    band,
    note,
    gainsNow,
    look,
    close() {
      stop();
      sizes.disconnect();
      themes.disconnect();
      context?.close();
    },
  };
}

/** anywidget's entry. */
export default widgetOf(mount);
