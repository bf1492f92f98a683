// A live figure of the chapter on hearing: a tone as an arrow that turns, and what a filter makes of it.
import { make } from "./dom.js";
import { coefficients } from "./equalizer.js";
import { choice, curve, handle, liveFigure, number, range, rule, scale, word } from "./live_figure.js";
import { PEAK, RATE } from "./live_sound.js";
import { clamp } from "./plot.js";

// Whole numbers, of which a loop of one second has whole periods.
const TONES_HZ = Array.from({ length: 79 }, (_, i) => Math.round(62.5 * 2 ** (i / 16)));
const SHELF = { kind: "low_shelf", cutoff_hz: 500, gain_db: 10, slope: 0.7071 };
const LOWPASS = { kind: "lowpass", cutoff_hz: 500, q: 0.7071 };
export const FILTERS = {
  shelf: { label: "low shelf", ...coefficients(SHELF, RATE) },
  lowpass: { label: "lowpass", ...coefficients(LOWPASS, RATE) },
  late: { label: "delay", b: [0, 0, 0, 0, 1], a: [1] },
};
const TURNS = 2; // that the wave shows
const LAST = 95; // pixels that the last label of the time takes, and half of the one before
const TURN_MS = 3000; // for a turn, slow enough to be watched

/**
 * What a filter does to a tone: the number H of equation eq-biquad-response.
 * @returns {{gain: number, db: number, phase: number, lateMs: number}} the angle between -pi and pi; how much
 *   later the tone comes out, in ms, by that angle
 */
export function response({ b, a }, hz) {
  const w = (2 * Math.PI * hz) / RATE;
  const sum = (c) => [c.reduce((s, x, k) => s + x * Math.cos(w * k), 0), c.reduce((s, x, k) => s - x * Math.sin(w * k), 0)];
  const [[x, y], [u, v]] = [sum(b), sum(a)];
  const size = u * u + v * v;
  const [re, im] = [(x * u + y * v) / size, (y * u - x * v) / size];
  const phase = Math.atan2(im, re);
  const gain = Math.hypot(re, im);
  return { gain, db: 20 * Math.log10(Math.max(gain, 1e-10)), phase, lateMs: (-1000 * phase) / (2 * Math.PI * hz) };
}

/** Builds it. */
export function mount(element) {
  let [hz, name, heard] = [500, "shelf", "out"];
  let angle = 0.9; // of the arrow that goes in, radians
  let turnOf = () => angle;
  let frame = 0;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const hertz = (x) => `${x} Hz`;
  const degrees = (radians) => `${number((180 * radians) / Math.PI, 0)}°`;

  /** Both at one loudness, so that only the phase could tell them apart. */
  function samples() {
    const lag = heard === "in" ? 0 : response(FILTERS[name], hz).phase;
    return Float32Array.from({ length: RATE }, (_, n) => PEAK * Math.sin((2 * Math.PI * hz * n) / RATE + lag));
  }
  const turned = (next) => {
    angle = ((next % (2 * Math.PI)) + 2 * Math.PI) % (2 * Math.PI);
    figure.redraw();
  };
  const tip = handle({
    label: "The arrow of the tone that goes in",
    size: 6,
    dragged: (x, y) => turned(turnOf(x, y)),
    stepped: (steps) => turned(Math.abs(steps) < 72 ? angle + (steps * Math.PI) / 36 : 0), // Home and End
  });

  function draw(width, height) {
    const wide = width >= 520;
    const { gain, db, phase, lateMs } = response(FILTERS[name], hz);
    const most = Math.max(1, gain);
    // The circle on the left, and the wave that its height draws; on a phone, below each other.
    const radius = wide ? Math.min(height / 2 - 30, 0.2 * width) : Math.min(0.27 * width, 105);
    const center = wide ? { x: radius + 26, y: height / 2 - 6 } : { x: width / 2, y: radius + 18 };
    const plot = wide ? { left: 2 * radius + 62, right: width - 10, y: center.y } : { left: 12, right: width - 12, y: 2 * radius + 60 + 0.72 * radius };
    const unit = radius / most;
    const tall = wide ? unit : 0.72 * unit;
    const at = (turn, length) => [center.x + unit * length * Math.cos(turn), center.y - unit * length * Math.sin(turn)];
    turnOf = (x, y) => Math.atan2(center.y - y, x - center.x);
    const toX = scale([0, TURNS], [plot.left, plot.right]);
    // To the right is the past: so many turns ago.
    const wave = (shift, length) => Array.from({ length: 161 }, (_, i) => (TURNS * i) / 160).map((ago) => [toX(ago), plot.y - tall * length * Math.sin(angle + shift - 2 * Math.PI * ago)]);
    const ticks = (wide ? [0.5, 1, 1.5] : [1]).filter((ago) => toX(ago) < plot.right - LAST);
    const [input, output] = [at(angle, 1), at(angle + phase, gain)];
    tip.show({ x: input[0], y: input[1], now: Math.round((180 * angle) / Math.PI), low: 0, high: 360, text: degrees(angle) });

    const arc = Array.from({ length: 41 }, (_, i) => at(angle + (phase * i) / 40, 0.42 * Math.min(1, gain)));
    // Its number stands beyond it, or beyond the arrows where there is no room between them.
    const beyond = 0.42 * Math.min(1, gain) + 18 / unit;
    const middle = at(angle + phase / 2, beyond * unit * Math.abs(phase) > 36 ? beyond : Math.min(1, gain) + 22 / unit);
    // A crest of both, on the right: how far apart they are is the delay.
    const lag = phase / (2 * Math.PI);
    const crest = (((angle / (2 * Math.PI) - 0.25) % 1) + 1) % 1;
    const one = crest + lag < 0 ? crest + 1 : crest;
    const two = one + lag;
    const arrowY = plot.y - tall * most - 9;
    const period = 1000 / hz;
    figure.read(degrees(phase), "phase", `At ${hertz(hz)}: ${number(db)} dB, so the arrow that comes out is ${number(gain, 2)} times as long. It stands ${degrees(Math.abs(phase))} ${phase > 0 ? "ahead of" : "behind"} the one that goes in: ${number(Math.abs(lateMs), 2)} ms ${phase > 0 ? "early" : "late"}, of a period of ${number(period, period < 10 ? 2 : 1)} ms.`);
    const link = ([x, y], look) => (wide ? [rule(x, y, plot.left, y, look)] : []);
    return [
      make("circle", { cx: center.x, cy: center.y, r: unit, class: "eq-lf-circle" }),
      make("circle", { cx: center.x, cy: center.y, r: unit * gain, class: "eq-lf-circle" }),
      rule(center.x - radius - 8, center.y, center.x + radius + 8, center.y, "zero"),
      rule(center.x, center.y - radius - 8, center.x, center.y + radius + 8, "grid"),
      rule(plot.left, plot.y, plot.right, plot.y, "zero"),
      ...link(input, "link-in"),
      ...link(output, "link-out"),
      curve("line-in", wave(0, 1)),
      curve("out", wave(phase, gain)),
      ...[one, two].map((ago) => rule(toX(ago), arrowY - 5, toX(ago), arrowY + 5, "measure")),
      rule(toX(one), arrowY, toX(two), arrowY, "measure"),
      word(Math.max(toX(one), toX(two)) + 7, arrowY + 4, `${number(Math.abs(lateMs), 2)} ms`, "start", "strong"),
      curve("arc", arc),
      ...(Math.abs(phase) > 0.12 ? [word(middle[0], middle[1] + 4, degrees(Math.abs(phase)), "middle", "strong")] : []),
      ...arrow(center, input, "arrow-in"),
      ...arrow(center, output, "arrow-out"),
      word(plot.left, height - 8, "now", "start"),
      ...ticks.map((ago) => word(toX(ago), height - 8, number(ago * period, period < 2 ? 2 : 1))),
      word(plot.right, height - 8, `${number(TURNS * period, period < 2 ? 2 : 1)} ms ago`, "end"),
    ];
  }
  function arrow({ x, y }, [tipX, tipY], look) {
    const [dx, dy] = [tipX - x, tipY - y];
    const size = Math.hypot(dx, dy);
    if (size < 6) return [];
    const [ux, uy] = [dx / size, dy / size];
    const head = [
      [tipX, tipY],
      [tipX - 11 * ux - 5.5 * uy, tipY - 11 * uy + 5.5 * ux],
      [tipX - 11 * ux + 5.5 * uy, tipY - 11 * uy - 5.5 * ux],
    ];
    return [rule(x, y, tipX - 9 * ux, tipY - 9 * uy, look), curve(`${look}-head`, [...head, head[0]])];
  }

  /** While it sounds, the arrow turns, a thousand times slower than the tone. */
  function turn(on) {
    cancelAnimationFrame(frame);
    if (!on || still.matches) return;
    let before = performance.now();
    const go = (now) => {
      frame = requestAnimationFrame(go);
      if (document.activeElement !== tip.element) turned(angle + (2 * Math.PI * (now - before)) / TURN_MS);
      before = now;
    };
    frame = requestAnimationFrame(go);
  }

  const figure = liveFigure(element, {
    label: "A tone as a turning arrow, before a filter and after it",
    keys: [["in", "what goes in"], ["out", "what comes out"]],
    heightOf: (width) => (width >= 520 ? Math.round(clamp(0.42 * width, 240, 300)) : 400),
    draw,
    samples,
    play: "Turn and play",
    playing: turn,
  });
  const change = (act) => (value) => {
    act(value);
    figure.changed();
  };
  const tones = range({ label: "Tone", values: TONES_HZ, value: hz, text: hertz, moved: change((x) => (hz = x)) });
  figure.ranges.append(tones.element);
  figure.choices.append(
    choice({ label: "Filter", options: Object.fromEntries(Object.entries(FILTERS).map(([key, { label }]) => [key, label])), value: name, chosen: change((x) => (name = x)) }).element,
    choice({ label: "heard", options: { in: "what goes in", out: "what comes out" }, value: heard, chosen: change((x) => (heard = x)) }).element,
  );
  figure.handles.append(tip.element);
  figure.redraw();
  return {
    close() {
      cancelAnimationFrame(frame);
      return figure.close();
    },
    samples,
    /** For tests. */
    get now() {
      return { hz, name, angle, heard, sound: figure.sound };
    },
  };
}
