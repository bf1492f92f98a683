// The spectrum of what is heard, moving behind an equalizer's curve.
import { make } from "./dom.js";

const RANGE_DB = [-105, -25]; // from the bottom of the picture to its top
const STEP = 3; // pixels
const CALM_MS = 600; // between two pictures, where the reader wants little motion

/**
 * Where a spectrum lies in a picture: a point every few pixels, the loudest of the bins that are there.
 * @param {Float32Array} levels dB of each bin
 * @param {number} binHz between two bins
 * @param {object} view see axes in plot.js
 * @returns {number[][]} [x, y]
 */
export function outline(levels, binHz, view) {
  const points = [];
  const height = (db) => view.bottom - ((Math.max(RANGE_DB[0], Math.min(RANGE_DB[1], db)) - RANGE_DB[0]) / (RANGE_DB[1] - RANGE_DB[0])) * (view.bottom - view.top);
  for (let x = view.left; x <= view.right; x += STEP) {
    const [low, high] = [view.toHz(x - STEP / 2) / binHz, view.toHz(x + STEP / 2) / binHz];
    const [first, last] = [Math.ceil(low), Math.min(Math.floor(high), levels.length - 1)];
    let db;
    if (first <= last) db = levels.subarray(first, last + 1).reduce((top, level) => Math.max(top, level), -Infinity);
    else {
      const at = Math.min((low + high) / 2, levels.length - 2); // between two bins
      const left = Math.floor(at);
      db = levels[left] + (at - left) * (levels[left + 1] - levels[left]);
    }
    points.push([x, height(db)]);
  }
  return points;
}

/**
 * A path that follows a sound while it plays.
 * @param {() => ?AnalyserNode} heard null while nothing plays
 * @param {() => object} view
 * @returns {{path: SVGElement, follow: Function}}
 */
export function spectrum(heard, view) {
  const path = make("path", { class: "eq-desk-spectrum" });
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let frame = 0;
  let [levels, before] = [new Float32Array(1), 0];
  function draw(now) {
    const analyser = heard();
    if (!analyser || !path.isConnected) {
      frame = 0;
      path.setAttribute("d", "");
      return;
    }
    frame = requestAnimationFrame(draw);
    if (still.matches && now - before < CALM_MS) return;
    before = now;
    if (levels.length !== analyser.frequencyBinCount) levels = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(levels);
    const axes = view();
    const points = outline(levels, analyser.context.sampleRate / analyser.fftSize, axes);
    path.setAttribute("d", `M${axes.left},${axes.bottom}L${points.map(([x, y]) => `${x.toFixed(0)},${y.toFixed(1)}`).join("L")}L${points.at(-1)[0].toFixed(0)},${axes.bottom}Z`);
  }
  return {
    path,
    /** To be called when a sound has begun; it ends by itself. */
    follow() {
      if (!frame) frame = requestAnimationFrame(draw);
    },
  };
}
