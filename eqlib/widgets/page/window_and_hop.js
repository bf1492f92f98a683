// A live figure of the chapter on frames: windows, one hop apart, and what they add up to.
import { hann } from "./frames.js";
import { choice, curve, handle, liveFigure, number, range, rule, scale, word } from "./live_figure.js";
import { pluck, RATE, tone } from "./live_sound.js";
import { clamp } from "./plot.js";

export const FRAME = 1024;
const HOPS = Array.from({ length: 113 }, (_, i) => 128 + 8 * i);
const SHOWN = 2560; // samples
const FIRST = 256; // where the first of the two windows in the foreground begins
const PITCH_HZ = 370; // the chapter's note
const NOTE_S = 1.5;

/** The window before, times the one after, if it is used twice. */
export function product(shape, twice) {
  const once = shape === "rectangular" ? new Float64Array(FRAME).fill(1) : hann(FRAME).map(shape === "root" ? Math.sqrt : (x) => x);
  return twice ? once.map((x) => x * x) : once;
}

/** What windows add up to, a hop apart: one hop of it, from a window's beginning on. */
export function windowSum(window, hop) {
  const sum = new Float64Array(hop);
  window.forEach((x, n) => (sum[n % hop] += x));
  return sum;
}

/** The sum's ends, and how far apart they are in dB. */
export function ripple(sum) {
  const [low, high] = sum.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [Infinity, 0]);
  return { low, high, db: 20 * Math.log10(high / low) };
}

/** A sound that was cut into windows and added up, turned down so that it nowhere exceeds the sound. */
export function flutter(samples, window, hop) {
  const sum = windowSum(window, hop);
  const { high } = ripple(sum);
  return samples.map((x, n) => (x * sum[n % hop]) / high);
}

/** Builds it. */
export function mount(element) {
  let [hop, shape, twice, heard] = [768, "hann", false, "tone"];
  const ms = (samples) => (1000 * samples) / RATE;
  const thousands = (n) => n.toLocaleString("en");
  const samplesOf = (h) => `${thousands(h)} samples, ${number(ms(h), h % 16 ? 1 : 0)} ms`;

  function samples() {
    const length = heard === "tone" ? hop * Math.ceil((NOTE_S * RATE) / hop) : NOTE_S * RATE;
    const dry = heard === "tone" ? tone(PITCH_HZ, length) : pluck(PITCH_HZ, length);
    return flutter(dry, product(shape, twice), hop);
  }

  const moved = handle({
    label: "Hop: the second window",
    dragged: (x) => set(HOPS.reduce((best, h) => (Math.abs(h - toHop(x)) < Math.abs(best - toHop(x)) ? h : best))),
    stepped: (steps) => set(hop + 8 * steps),
  });
  let toHop = () => hop;
  function set(next) {
    hop = clamp(next, HOPS[0], HOPS.at(-1));
    hops.show(hop);
    figure.changed();
  }

  function draw(width, height) {
    const [left, right, top] = [34, width - 10, 16];
    const middle = Math.round(height * 0.6);
    const toX = scale([0, SHOWN], [left, right]);
    const toY = scale([0, 1.08], [middle, top]);
    const toWave = scale([-1, 1], [height - 26, middle + 26]);
    toHop = (x) => toX.back(x) - FIRST - FRAME / 2;

    const window = product(shape, twice);
    const sum = windowSum(window, hop);
    const { low, high, db } = ripple(sum);
    const windows = [];
    const step = 8;
    for (let k = Math.ceil((-FRAME - FIRST) / hop); FIRST + k * hop < SHOWN; k++) {
      const start = FIRST + k * hop;
      const points = [];
      for (let n = Math.max(0, -start); n <= Math.min(FRAME, SHOWN - start); n += n === FRAME ? 1 : Math.min(step, Math.max(1, FRAME - n))) points.push([toX(start + n), toY((window[Math.min(n, FRAME - 1)] ?? 0) / high)]);
      if (points.length < 2) continue;
      const closed = [[points[0][0], middle], ...points, [points.at(-1)[0], middle]];
      windows.push(curve(k === 0 || k === 1 ? "front" : "back", closed));
    }
    const at = (n) => sum[(((n - FIRST) % hop) + hop) % hop] / high;
    const line = [];
    for (let n = 0; n <= SHOWN; n += 4) line.push([toX(n), toY(at(n))]);
    const wave = [];
    for (let n = 0; n <= SHOWN; n += 4) wave.push([toX(n), toWave(at(n) * Math.sin((2 * Math.PI * PITCH_HZ * n) / RATE))]);
    const band = [[left, toWave(1)], [right, toWave(1)], [right, toWave(-1)], [left, toWave(-1)]];
    const envelope = [...line.map(([x], i) => [x, toWave(at(4 * i))]), ...line.map(([x], i) => [x, toWave(-at(4 * i))]).reverse()];

    moved.show({ x: toX(FIRST + hop + FRAME / 2), y: toY(window[FRAME / 2] / high), now: hop, low: HOPS[0], high: HOPS.at(-1), text: samplesOf(hop) });
    const flat = db < 0.005;
    const deep = Number.isFinite(db) && db < 100;
    const swings = flat ? "Their sum is the same everywhere: what was cut is put together again exactly." : `Their sum swings ${number(RATE / hop, 0)} times a second between ${number(low / high, 2)} and 1: that is the flutter.`;
    figure.read(flat ? "0" : deep ? number(db) : "∞", "dB ripple", `${{ hann: "Hann", root: "Square-root Hann", rectangular: "Rectangular" }[shape]} windows${twice ? ", used twice," : ""} of ${thousands(FRAME)} samples, ${thousands(hop)} apart. ${swings}`);
    const [from, to] = [toX(FIRST), toX(FIRST + hop)];
    const arrowY = middle + 9;
    return [
      ...[0, 0.5, 1].flatMap((y) => [rule(left, toY(y), right, toY(y)), word(left - 6, toY(y) + 4, y === 0.5 ? "½" : y, "end")]),
      ...windows,
      curve("goal", [[left, toY(1)], [right, toY(1)]]),
      curve("out", line),
      curve("band", band),
      curve("swell", envelope),
      curve("wave", wave),
      rule(from, arrowY, to, arrowY, "measure"),
      rule(from, arrowY - 5, from, arrowY + 5, "measure"),
      rule(to, arrowY - 5, to, arrowY + 5, "measure"),
      word(to + 6, arrowY + 4, `hop ${number(ms(hop), 0)} ms`, "start", "strong"),
      ...[0, 50, 100, 150].map((t) => word(toX((t * RATE) / 1000), height - 6, t === 150 ? "150 ms" : t)),
    ];
  }

  const figure = liveFigure(element, {
    label: "Windows, a hop apart, and their sum",
    keys: [["in", "windows"], ["out", "their sum"], ["goal", "what it should be"]],
    heightOf: (width) => Math.round(clamp(0.5 * width, 260, 330)),
    draw,
    samples,
  });
  const hops = range({ label: "Hop", values: HOPS, value: hop, text: samplesOf, moved: set });
  const change = (act) => (value) => {
    act(value);
    figure.changed();
  };
  figure.ranges.append(hops.element);
  figure.choices.append(
    choice({ label: "Window", options: { rectangular: "rectangular", root: "√Hann", hann: "Hann" }, value: shape, chosen: change((x) => (shape = x)) }).element,
    choice({ label: "used", options: { once: "once", twice: "twice" }, value: "once", chosen: change((x) => (twice = x === "twice")) }).element,
    choice({ label: "Sound", options: { tone: "tone", note: "note" }, value: heard, chosen: change((x) => (heard = x)) }).element,
  );
  figure.handles.append(moved.element);
  figure.redraw();
  return {
    close: figure.close,
    samples,
    /** For tests. */
    get now() {
      return { hop, shape, twice, heard, sound: figure.sound };
    },
  };
}
