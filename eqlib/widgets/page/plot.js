// What an equalizer is drawn on: the axes of gain over frequency, in the pixels that there are.
import { make } from "./dom.js";

const TICKS_HZ = [50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000];
const MARGIN = { left: 34, right: 12, top: 14, bottom: 40 };
export const SIZE = { width: 640, height: 300 }; // before the page says how wide it is
export const LOW_HZ = 30;
export const RANGE_DB = 24;

export const clamp = (x, low, high) => Math.min(high, Math.max(low, x));
export const hertz = (hz) => (hz >= 1000 ? `${Number((hz / 1000).toPrecision(3))} kHz` : `${Number(hz.toPrecision(3))} Hz`);
export const decibels = (db) => `${db < -0.05 ? "−" : "+"}${Math.abs(db).toFixed(1)} dB`;

/** A height that goes with a width: low enough for a small laptop, high enough for a finger. */
export const heightOf = (width) => Math.round(clamp((width * SIZE.height) / SIZE.width, 240, 340));

/** The two axes up to `highHz`: where a value lies, what lies at a place, and the grid. */
export function axes(highHz, { width, height } = SIZE) {
  const [left, right, top, bottom] = [MARGIN.left, width - MARGIN.right, MARGIN.top, height - MARGIN.bottom];
  const span = Math.log(highHz / LOW_HZ);
  const toX = (hz) => left + (Math.log(hz / LOW_HZ) / span) * (right - left);
  const toY = (db) => top + (0.5 - clamp(db, -RANGE_DB, RANGE_DB) / (2 * RANGE_DB)) * (bottom - top);
  const toHz = (x) => LOW_HZ * Math.exp(((x - left) / (right - left)) * span);
  const toDb = (y) => (0.5 - (y - top) / (bottom - top)) * 2 * RANGE_DB;

  const grid = [make("rect", { x: left, y: top, width: right - left, height: bottom - top, rx: 4, class: "eq-well" })];
  for (const hz of TICKS_HZ.filter((tick) => tick < highHz)) {
    grid.push(make("line", { x1: toX(hz), x2: toX(hz), y1: top, y2: bottom, class: "eq-desk-grid" }));
    const label = hz >= 1000 ? `${hz / 1000}k` : `${hz}`;
    grid.push(make("text", { x: toX(hz), y: bottom + 16, "text-anchor": "middle" }, label));
  }
  for (let db = -RANGE_DB; db <= RANGE_DB; db += 12) {
    const look = db ? "eq-desk-grid" : "eq-desk-zero";
    grid.push(make("line", { x1: left, x2: right, y1: toY(db), y2: toY(db), class: look }));
    const label = `${db > 0 ? "+" : ""}${db}`.replace("-", "−");
    grid.push(make("text", { x: left - 6, y: toY(db) + 4, "text-anchor": "end" }, label));
  }
  grid.push(make("text", { x: right, y: height - 6, "text-anchor": "end" }, "gain in dB over frequency in Hz"));
  return { left, right, top, bottom, toX, toY, toHz, toDb, grid };
}
