// The axes of the first page's picture, for any width: gain over frequency, as far as the recordings reach.
import { make } from "./dom.js";
import { clamp } from "./plot.js";

const LOW_HZ = 40;
const HIGH_HZ = 6000; // above it, the recordings have next to nothing to learn from
const TICKS_HZ = [50, 100, 200, 500, 1000, 2000, 5000];
const RANGE_DB = [-12, 20];
const TICKS_DB = [-10, 0, 10, 20];
const LIVE_DB = [-95, -20]; // of the spectrum behind the curves
const MARGIN = { left: 34, right: 8, top: 10, bottom: 26 };

/**
 * @param {{range?: number[], ticks?: number[]}} gains in dB: the ends of the axis, and what is named on it
 * @returns {{toX, toY, toHz, toDb, grid: SVGElement[], path: Function, spectrum: Function, left: number, highHz: number}}
 */
export function axes(width, height, { range = RANGE_DB, ticks = TICKS_DB } = {}) {
  const [left, right, top, bottom] = [MARGIN.left, Math.max(MARGIN.left + 1, width - MARGIN.right), MARGIN.top, Math.max(MARGIN.top + 1, height - MARGIN.bottom)];
  const toX = (hz) => left + (Math.log(hz / LOW_HZ) / Math.log(HIGH_HZ / LOW_HZ)) * (right - left);
  const share = (db, [low, high]) => (clamp(db, low, high) - low) / (high - low);
  const toY = (db) => bottom - share(db, range) * (bottom - top);
  const toHz = (x) => LOW_HZ * (HIGH_HZ / LOW_HZ) ** ((x - left) / (right - left));
  const toDb = (y) => range[0] + ((bottom - y) / (bottom - top)) * (range[1] - range[0]);
  const grid = [make("rect", { x: left, y: top, width: right - left, height: bottom - top, rx: 4, class: "eq-well" })];
  for (const hz of TICKS_HZ) {
    grid.push(make("line", { x1: toX(hz), x2: toX(hz), y1: top, y2: bottom }));
    const unit = hz === TICKS_HZ.at(-1) && width > 500 ? " Hz" : "";
    grid.push(make("text", { x: toX(hz), y: height - 7, "text-anchor": "middle" }, `${hz >= 1000 ? `${hz / 1000}k` : hz}${unit}`));
  }
  for (const db of ticks) {
    grid.push(make("line", { x1: left, x2: right, y1: toY(db), y2: toY(db), class: db ? null : "eq-opening-zero" }));
    grid.push(make("text", { x: left - 6, y: toY(db) + (db === ticks.at(-1) ? 9 : 4), "text-anchor": "end" }, db === ticks.at(-1) ? "dB" : `${db > 0 ? "+" : ""}${db}`.replace("-", "−")));
  }
  /** A curve within the picture. */
  const path = (hz, db) => `M${db.flatMap((value, i) => (hz[i] >= LOW_HZ && hz[i] <= HIGH_HZ ? [`${toX(hz[i]).toFixed(1)},${toY(value).toFixed(1)}`] : [])).join("L")}`;
  /** The area below a spectrum in dB, one point for every three pixels. */
  function spectrum(power, binHz) {
    const points = [];
    for (let x = left; x <= right; x += 3) {
      const [from, to] = [x, x + 3].map((at) => (LOW_HZ * (HIGH_HZ / LOW_HZ) ** ((at - left) / (right - left))) / binHz);
      const bin = Math.floor(from);
      const between = power[bin] + (from - bin) * (power[bin + 1] - power[bin]); // low ones are far apart
      const db = to - from > 1 ? Math.max(...power.subarray(bin, Math.ceil(to))) : between;
      points.push(`${x.toFixed(1)},${(bottom - share(Number.isFinite(db) ? db : LIVE_DB[0], LIVE_DB) * (bottom - top)).toFixed(1)}`);
    }
    return `M${left},${bottom}L${points.join("L")}L${right},${bottom}Z`;
  }
  return { toX, toY, toHz, toDb, grid, path, spectrum, left: toX(LOW_HZ), highHz: HIGH_HZ };
}
