// A line drawn by hand, as a few points of a curve.
import { curveDb } from "./curve.js";

const NEAR_DB = 0.7; // how far the points' straight lines may be from the hand's
const CLOSEST = 1.05; // ratio of two neighbors' frequencies
const MOST = 20; // points of a curve

/**
 * The points without which straight lines over log frequency would be off by more than `near` dB
 * (Ramer, Douglas and Peucker's way, by the distance in dB).
 * @param {number[][]} points [hz, dB], rising
 */
export function simplified(points, near) {
  if (points.length < 3) return points;
  const [first, last] = [points[0], points.at(-1)];
  const slope = (last[1] - first[1]) / Math.log(last[0] / first[0]);
  const off = points.map(([hz, db]) => Math.abs(db - first[1] - slope * Math.log(hz / first[0])));
  const widest = off.indexOf(Math.max(...off));
  if (off[widest] <= near) return [first, last];
  return [...simplified(points.slice(0, widest + 1), near).slice(0, -1), ...simplified(points.slice(widest), near)];
}

/**
 * A curve with what a hand has drawn in the place of what was there; beside it the curve stays.
 * @param {{frequencies_hz: number[], gains_db: number[]}} curve
 * @param {number[][]} stroke [hz, dB], rising
 * @param {number[]} ends the lowest and highest frequency that can be drawn, in Hz
 */
export function sketched(curve, stroke, ends) {
  const thin = [];
  for (const point of stroke) if (!thin.length || point[0] > thin.at(-1)[0] * CLOSEST) thin.push(point);
  const [low, high] = [thin[0][0], thin.at(-1)[0]];
  const old = curve.frequencies_hz.map((hz, i) => [hz, curve.gains_db[i]]);
  const before = old.filter(([hz]) => hz < low / CLOSEST ** 2);
  const after = old.filter(([hz]) => hz > high * CLOSEST ** 2);
  const [left, right] = [low / CLOSEST, high * CLOSEST];
  if (left > ends[0] * CLOSEST) before.push([left, curveDb(curve, left)]);
  if (right < ends[1] / CLOSEST) after.unshift([right, curveDb(curve, right)]);
  let near = NEAR_DB;
  let kept = simplified(thin, near);
  while (kept.length > 2 && before.length + kept.length + after.length > MOST) kept = simplified(thin, (near *= 1.3));
  const points = [...before, ...kept, ...after];
  if (points.length < 2) points.push([points[0][0] * CLOSEST ** 2, points[0][1]]);
  return { frequencies_hz: points.map(([hz]) => hz), gains_db: points.map(([, db]) => db) };
}

/** Bands as a curve through points: their response, sampled and simplified. */
export function curveOf(response, [low, high]) {
  const hz = Array.from({ length: 60 }, (_, i) => low * (high / low) ** (i / 59));
  const db = response(hz);
  const kept = simplified(hz.map((f, i) => [f, db[i]]), NEAR_DB);
  return { frequencies_hz: kept.map(([f]) => f), gains_db: kept.map(([, d]) => d) };
}
