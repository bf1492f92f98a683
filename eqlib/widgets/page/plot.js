// What the desk is drawn with: the axes of gain over frequency.
import { make } from "./dom.js";

const TICKS_HZ = [50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000];
const MARGIN = { left: 44, right: 14, top: 14, bottom: 54 };
export const SIZE = { width: 640, height: 300 };
export const LOW_HZ = 30;
export const RANGE_DB = 24;

export const clamp = (x, low, high) => Math.min(high, Math.max(low, x));
export const hertz = (hz) => (hz >= 1000 ? `${Number((hz / 1000).toPrecision(3))} kHz` : `${Number(hz.toPrecision(3))} Hz`);
export const decibels = (db) => `${db < -0.05 ? "−" : "+"}${Math.abs(db).toFixed(1)} dB`;

/** The two axes up to `highHz`: where a value lies, what lies at a place, and the grid. */
export function axes(highHz) {
  const span = Math.log(highHz / LOW_HZ);
  const width = SIZE.width - MARGIN.left - MARGIN.right;
  const height = SIZE.height - MARGIN.top - MARGIN.bottom;
  const toX = (hz) => MARGIN.left + (Math.log(hz / LOW_HZ) / span) * width;
  const toY = (db) => MARGIN.top + (0.5 - clamp(db, -RANGE_DB, RANGE_DB) / (2 * RANGE_DB)) * height;
  const toHz = (x) => LOW_HZ * Math.exp(((x - MARGIN.left) / width) * span);
  const toDb = (y) => (0.5 - (y - MARGIN.top) / height) * 2 * RANGE_DB;
  const bottom = SIZE.height - MARGIN.bottom;
  const right = SIZE.width - MARGIN.right;

  const grid = [];
  for (const hz of TICKS_HZ.filter((tick) => tick < highHz)) {
    grid.push(make("line", { x1: toX(hz), x2: toX(hz), y1: MARGIN.top, y2: bottom, class: "eq-desk-grid" }));
    const label = hz >= 1000 ? `${hz / 1000}k` : `${hz}`;
    grid.push(make("text", { x: toX(hz), y: bottom + 21, "text-anchor": "middle" }, label));
  }
  for (let db = -RANGE_DB; db <= RANGE_DB; db += 12) {
    const look = db ? "eq-desk-grid" : "eq-desk-zero";
    grid.push(make("line", { x1: MARGIN.left, x2: right, y1: toY(db), y2: toY(db), class: look }));
    const label = `${db > 0 ? "+" : ""}${db}`.replace("-", "−");
    grid.push(make("text", { x: MARGIN.left - 6, y: toY(db) + 4, "text-anchor": "end" }, label));
  }
  grid.push(make("text", { x: right, y: SIZE.height - 8, "text-anchor": "end" }, "gain in dB over frequency in Hz"));
  return { toX, toY, toHz, toDb, grid };
}
