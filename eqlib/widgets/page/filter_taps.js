// A live figure of the chapter on phase and delay: a FIR filter's taps, to be dragged, and the response that follows.
import { tapsDb } from "./curve.js";
import { make } from "./dom.js";
import { coefficients, gainDb } from "./equalizer.js";
import { choice, curve, handle, liveFigure, number, rule, scale, word } from "./live_figure.js";
import { noise, pluck, RATE } from "./live_sound.js";
import { clamp } from "./plot.js";
import { loudnessMeter } from "./sound.js";

export const TAPS = 16;
const SHELF = { kind: "low_shelf", cutoff_hz: 500, gain_db: 10, slope: 0.7071 };
const HZ = Array.from({ length: 181 }, (_, i) => 50 * (8000 / 50) ** (i / 180)); // up to half the sample rate
const LIMIT = 1.25; // of a tap
const RANGE_DB = [-30, 20];
const LENGTH = 1.5 * RATE;

/** The first samples of a biquad's answer to a single 1. */
export function impulseResponse({ b, a }, count) {
  const h = [];
  for (let n = 0; n < count; n++) h.push((b[n] ?? 0) - a[1] * (h[n - 1] ?? 0) - a[2] * (h[n - 2] ?? 0));
  return h;
}

/** What taps make of a loop: each sample, and those before it, weighed and added up. */
export function filtered(samples, taps) {
  const length = samples.length;
  const output = new Float32Array(length);
  taps.forEach((tap, k) => {
    if (tap) for (let n = 0; n < length; n++) output[n] += tap * samples[n < k ? n - k + length : n - k];
  });
  return output;
}

/** Turned down, if need be, until it is neither louder nor higher than what went in. */
export function noLouder(output, input, changeDb) {
  const top = (x) => x.reduce((most, y) => Math.max(most, Math.abs(y)), 1e-9);
  const gain = Math.min(1, 10 ** (-changeDb / 20), top(input) / top(output));
  return { samples: output.map((x) => gain * x), gain };
}

const STARTS = {
  shelf: ["low shelf", () => impulseResponse(coefficients(SHELF, RATE), TAPS)],
  one: ["one", () => [1]],
  mean: ["mean", () => [0.25, 0.25, 0.25, 0.25]],
  difference: ["difference", () => [1, -1]],
  echo: ["echo", () => [1, ...Array(14).fill(0), 0.9]],
};

/** Builds it. */
export function mount(element) {
  let taps = [];
  let [start, source, path] = ["shelf", "noise", "filter"];
  let here = 1;
  let toTap = () => 0;
  const heard = { noise: null, note: null };

  function begin(name) {
    start = name;
    const given = STARTS[name][1]();
    taps = Array.from({ length: TAPS }, (_, k) => given[k] ?? 0);
  }
  function set(k, value) {
    taps[k] = Math.round(100 * clamp(value, -LIMIT, LIMIT)) / 100;
    if (Math.abs(taps[k]) < 0.02) taps[k] = 0;
    starts.show(null);
    figure.changed();
  }
  /** The sound that goes in, and its meter. */
  function input() {
    if (!heard[source]) {
      const samples = source === "noise" ? noise(LENGTH) : pluck(185, LENGTH);
      heard[source] = { samples, meter: loudnessMeter(samples, RATE) };
    }
    return heard[source];
  }
  function samples() {
    const { samples: dry, meter } = input();
    return path === "filter" ? noLouder(filtered(dry, taps), dry, meter((hz) => tapsDb(taps, hz, RATE))).samples : dry;
  }

  const columns = Array.from({ length: TAPS }, () => make("rect"));
  const handles = columns.map((hit, k) =>
    handle({
      label: `Tap ${k}`,
      vertical: true,
      size: 5,
      hit,
      dragged: (_, y) => set(k, toTap(y)),
      stepped: (steps) => set(k, taps[k] + 0.05 * steps),
      across: (steps) => handles[clamp(k + steps, 0, TAPS - 1)].element.focus(),
    }),
  );
  handles.forEach(({ element: knob }, k) => {
    knob.tabIndex = k === here ? 0 : -1;
    knob.addEventListener("focus", () => {
      handles[here].element.tabIndex = -1;
      here = k;
      knob.tabIndex = 0;
      figure.redraw();
    });
  });

  function draw(width, height) {
    const wide = width >= 560;
    const stems = wide ? { left: 34, right: 0.44 * width, top: 14, bottom: height - 30 } : { left: 34, right: width - 8, top: 14, bottom: 0.46 * height };
    const plot = wide ? { left: 0.44 * width + 52, right: width - 10, top: 14, bottom: height - 30 } : { left: 34, right: width - 8, top: 0.46 * height + 40, bottom: height - 30 };
    const toX = scale([-0.6, TAPS - 0.4], [stems.left, stems.right]);
    const toY = scale([-LIMIT, LIMIT], [stems.bottom, stems.top]);
    toTap = (y) => toY.back(y);
    const toHz = scale([50, 8000], [plot.left, plot.right], true);
    const toDb = scale(RANGE_DB, [plot.bottom, plot.top]);
    const pitch = toX(1) - toX(0);
    columns.forEach((hit, k) => {
      for (const [name, value] of Object.entries({ x: toX(k) - pitch / 2, y: stems.top - 8, width: pitch, height: stems.bottom - stems.top + 16 })) hit.setAttribute(name, value.toFixed(1));
      handles[k].show({ x: toX(k), y: toY(taps[k]), now: taps[k].toFixed(2), low: -LIMIT, high: LIMIT, text: number(taps[k], 2) });
    });

    const db = tapsDb(taps, HZ, RATE);
    const [low, high] = [Math.min(...db), Math.max(...db)];
    const ends = [0, HZ.length - 1].map((i) => (db[i] < -60 ? "nothing" : `${number(db[i])} dB`));
    const sum = taps.reduce((a, b) => a + b, 0);
    figure.read(number(taps[here], 2), `tap ${here}`, `${number(here / 16, 2)} ms ago counts ${number(taps[here], 2)}. The gain is ${ends[0]} at 50 Hz, ${ends[1]} at 8 kHz${high - low < 0.1 ? ", the same everywhere" : ""}; the taps add up to ${number(sum, 2)}.`);
    // Below the picture's end the curve leaves it, instead of running along its edge.
    const inside = HZ.map((hz, i) => [toHz(hz), db[i] < RANGE_DB[0] ? null : toDb(db[i])]);
    const pieces = inside.reduce((all, point) => (point[1] === null ? [...all, []] : (all.at(-1).push(point), all)), [[]]).filter((piece) => piece.length > 1);
    return [
      ...[-1, 0, 1].flatMap((y) => [rule(stems.left, toY(y), stems.right, toY(y), y ? "grid" : "zero"), word(stems.left - 6, toY(y) + 4, number(y, 0), "end")]),
      make("rect", { class: "eq-lf-here", x: toX(here) - pitch / 2, y: stems.top - 8, width: pitch, height: stems.bottom - stems.top + 16, rx: 4 }),
      ...taps.map((tap, k) => rule(toX(k), toY(0), toX(k), toY(tap), "stem")),
      ...[0, 4, 8, 12, 15].map((k) => word(toX(k), stems.bottom + 22, k)),
      word(stems.right, stems.top + 4, "taps, by samples ago", "end"),
      ...[50, 100, 200, 500, 1000, 2000, 5000].flatMap((hz) => [rule(toHz(hz), plot.top, toHz(hz), plot.bottom), word(toHz(hz), plot.bottom + 22, hz >= 1000 ? `${hz / 1000}k` : hz)]),
      ...[-30, -20, -10, 0, 10, 20].flatMap((y) => [rule(plot.left, toDb(y), plot.right, toDb(y), y ? "grid" : "zero"), word(plot.left - 6, toDb(y) + 4, number(y, 0), "end")]),
      word(plot.right, plot.top + 4, "gain in dB over Hz", "end"),
      curve("goal", HZ.map((hz, i) => [toHz(hz), toDb(goal[i])])),
      ...pieces.map((piece) => curve("fir", piece)),
    ];
  }
  const goal = gainDb([SHELF], HZ, RATE);

  const figure = liveFigure(element, {
    label: "The taps of a filter, and its response",
    keys: [["fir", "these 16 taps"], ["goal", "the low shelf"]],
    heightOf: (width) => (width >= 560 ? Math.round(clamp(0.4 * width, 240, 300)) : 430),
    draw,
    samples,
  });
  const change = (act) => (value) => {
    act(value);
    figure.changed();
  };
  begin(start);
  const starts = choice({ label: "Begin with", options: Object.fromEntries(Object.entries(STARTS).map(([key, [words]]) => [key, words])), value: start, chosen: change(begin) });
  figure.choices.append(starts.element);
  figure.ranges.append(
    choice({ label: "Sound", options: { noise: "noise", note: "note" }, value: source, chosen: change((x) => (source = x)) }).element,
    choice({ label: "heard", options: { dry: "as it was", filter: "filtered" }, value: path, chosen: change((x) => (path = x)) }).element,
  );
  figure.handles.append(...handles.map(({ element: knob }) => knob));
  figure.redraw();
  return {
    close: figure.close,
    samples,
    /** For tests. */
    get now() {
      return { taps, here, sound: figure.sound, input: input().samples };
    },
  };
}
