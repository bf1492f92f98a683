// A live figure of the chapter on the latent space: a fader that swings, slowly or fast, and its sidebands.
import { make } from "./dom.js";
import { fft } from "./fft.js";
import { choice, curve, handle, liveFigure, number, range, rule, scale, word } from "./live_figure.js";
import { PEAK, RATE } from "./live_sound.js";
import { clamp } from "./plot.js";

export const CARRIER_HZ = 500;
// Whole numbers of swings in a loop of two seconds.
export const RATES_HZ = [...Array.from({ length: 18 }, (_, i) => 1 + i / 2), ...Array.from({ length: 30 }, (_, i) => 10 + i), ...Array.from({ length: 20 }, (_, i) => 40 + 2 * i), ...Array.from({ length: 25 }, (_, i) => 80 + 5 * i)];
const LOOP_S = 2;
const SIZE = 16384; // of the transform: lines about 1 Hz apart
const FLOOR_DB = -50;

/** A fader's gain, at most 1: what swings by `depth`, divided by its largest value. */
export const faderGain = (t, rateHz, depth) => (1 + depth * Math.sin(2 * Math.PI * rateHz * t)) / (1 + depth);

/** The level of both sidebands beside their tone, in dB: half the depth. */
export const sidebandDb = (depth) => 20 * Math.log10(depth / 2);

/** A tone under the fader. */
export function swinging(rateHz, depth, samples) {
  return Float32Array.from({ length: samples }, (_, n) => PEAK * faderGain(n / RATE, rateHz, depth) * Math.sin((2 * Math.PI * CARRIER_HZ * n) / RATE));
}

/** The spectrum of a sound under a Hann window, in dB below its highest line, and the lines' distance. */
export function spectrumDb(samples) {
  const [re, im] = [new Float64Array(SIZE), new Float64Array(SIZE)];
  for (let n = 0; n < SIZE; n++) re[n] = samples[n] * (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / SIZE));
  fft(re, im);
  const power = Float64Array.from({ length: SIZE / 2 }, (_, k) => re[k] ** 2 + im[k] ** 2);
  const top = power.reduce((a, b) => Math.max(a, b), 1e-30);
  return { db: power.map((p) => 10 * Math.log10(Math.max(p / top, 1e-12))), binHz: RATE / SIZE };
}

/** What most ears make of a rate, on this tone. The borders are gradual. */
function heardAs(hz) {
  if (hz < 15) return "You can follow the swings: the tone beats.";
  if (hz < 90) return "Too fast to follow: the tone is rough, like a growl.";
  return "The sidebands come apart from the tone: a chord, or a bell.";
}

/** Builds it. */
export function mount(element) {
  let [rateHz, depth] = [30, 0.9];
  let toRate = () => rateHz;
  const hertz = (hz) => `${number(hz, hz % 1 ? 1 : 0)} Hz`;
  const samples = () => swinging(rateHz, depth, LOOP_S * RATE);
  const set = (hz) => {
    rateHz = RATES_HZ.reduce((best, x) => (Math.abs(x - hz) < Math.abs(best - hz) ? x : best));
    rates.show(rateHz);
    figure.changed();
  };
  const side = handle({
    label: "Rate of the fader: the upper sideband",
    dragged: (x) => set(toRate(x)),
    stepped: (steps) => set(RATES_HZ[clamp(RATES_HZ.indexOf(rateHz) + steps, 0, RATES_HZ.length - 1)]),
  });

  function draw(width, height) {
    const [left, right] = [34, width - 10];
    const split = Math.round(0.42 * height);
    // As much time as shows some swings: half a second of slow ones, less of quick ones.
    const seconds = clamp(5 / rateHz, 0.05, 0.5);
    const toX = scale([0, seconds], [left, right]);
    const toY = scale([-1, 1], [split - 24, 10]);
    const wave = [];
    const points = Math.ceil(seconds * CARRIER_HZ * 12);
    for (let i = 0; i <= points; i++) {
      const t = (seconds * i) / points;
      wave.push([toX(t), toY(faderGain(t, rateHz, depth) * Math.sin(2 * Math.PI * CARRIER_HZ * t))]);
    }
    const over = Array.from({ length: 301 }, (_, i) => (seconds * i) / 300).map((t) => [t, faderGain(t, rateHz, depth)]);
    const gain = over.map(([t, g]) => [toX(t), toY(g)]);
    const band = [...gain, ...over.map(([t, g]) => [toX(t), toY(-g)]).reverse()];

    const toHz = scale([CARRIER_HZ - 230, CARRIER_HZ + 230], [left, right]);
    const toDb = scale([FLOOR_DB, 3], [height - 28, split + 22]);
    toRate = (x) => Math.abs(toHz.back(x) - CARRIER_HZ);
    const { db, binHz } = spectrumDb(samples());
    const [first, last] = [CARRIER_HZ - 230, CARRIER_HZ + 230].map((hz) => Math.round(hz / binHz));
    const lines = Array.from({ length: last - first + 1 }, (_, i) => [toHz((first + i) * binHz), toDb(db[first + i])]);
    const level = sidebandDb(depth);
    const places = [CARRIER_HZ - rateHz, CARRIER_HZ + rateHz].map(toHz);
    side.show({ x: places[1], y: toDb(level), now: rateHz, low: RATES_HZ[0], high: RATES_HZ.at(-1), text: hertz(rateHz) });
    figure.read(number(rateHz, rateHz % 1 ? 1 : 0), "Hz", `${heardAs(rateHz)} The sidebands lie at ${hertz(CARRIER_HZ - rateHz)} and ${hertz(CARRIER_HZ + rateHz)}, ${number(-level)} dB below the tone.`);
    const span = Math.round(1000 * seconds);
    return [
      rule(left, toY(0), right, toY(0), "zero"),
      curve("swell", band),
      curve("thin", wave),
      curve("out", gain),
      word(left, split - 6, "0"),
      word(right, split - 6, `${span} ms`, "end"),
      ...[-40, -20, 0].flatMap((y) => [rule(left, toDb(y), right, toDb(y)), word(left - 6, toDb(y) + 4, number(y, 0), "end")]),
      ...[300, 400, 500, 600, 700].flatMap((hz) => [rule(toHz(hz), toDb(3), toHz(hz), toDb(FLOOR_DB)), word(toHz(hz), height - 9, hz === 700 ? "700 Hz" : hz)]),
      curve("area", [[left, toDb(FLOOR_DB)], ...lines, [right, toDb(FLOOR_DB)]]),
      rule(toHz(CARRIER_HZ), toDb(FLOOR_DB), toHz(CARRIER_HZ), toDb(0), "tone"),
      ...places.map((x) => rule(x, toDb(FLOOR_DB), x, toDb(level), "side")),
      make("circle", { cx: toHz(CARRIER_HZ), cy: toDb(0), r: 5, class: "eq-lf-dot-in" }),
      make("circle", { cx: places[0], cy: toDb(level), r: 5, class: "eq-lf-dot-out" }),
    ];
  }

  const figure = liveFigure(element, {
    label: "A tone under a fader that swings: its wave and its spectrum",
    keys: [["in", "tone of 500 Hz"], ["out", "fader, sidebands"]],
    heightOf: (width) => Math.round(clamp(0.55 * width, 320, 370)),
    draw,
    samples,
  });
  const rates = range({ label: "Rate of the fader", values: RATES_HZ, value: rateHz, text: hertz, marks: ["swings", "roughness", "sidebands"], moved: set });
  const depths = choice({
    label: "How far it swings",
    options: { 0.2: "0.2", 0.5: "0.5", 0.9: "0.9" },
    value: "0.9",
    chosen: (x) => {
      depth = Number(x);
      figure.changed();
    },
  });
  figure.ranges.append(rates.element);
  figure.choices.append(depths.element);
  figure.handles.append(side.element);
  figure.redraw();
  return {
    close: figure.close,
    samples,
    /** For tests. */
    get now() {
      return { rateHz, depth, sound: figure.sound };
    },
  };
}
