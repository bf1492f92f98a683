// Line charts for the components, as SVG that follows the page's colors.
import { make } from "./dom.js";

const MARGIN = { left: 52, right: 18, top: 10, bottom: 42 };

/** Round numbers between two ends: powers of ten where `log`, else about four steps. */
function ticks([low, high], log) {
  if (log) {
    const from = Math.ceil(Math.log10(low) - 1e-9);
    const to = Math.floor(Math.log10(high) + 1e-9);
    const powers = Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => 10 ** (from + i));
    return powers.length > 1 ? powers : powers.concat([2, 5].map((n) => n * 10 ** (from - 1)), [2, 5].map((n) => n * 10 ** from)).filter((x) => x >= low && x <= high);
  }
  const rough = (high - low || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((n) => n * power >= rough) * power;
  const first = Math.ceil(low / step) * step;
  return Array.from({ length: Math.floor((high - first) / step + 1e-9) + 1 }, (_, i) => first + i * step);
}
const short = (x) => (Math.abs(x) >= 1000 ? `${Number((x / 1000).toPrecision(3))}k` : `${Number(x.toPrecision(3))}`).replace("-", "−");

/**
 * A chart with axes.
 * @param {{x: number[], y: number[], logX?: boolean, logY?: boolean, title: string, label: string,
 *   width?: number, height?: number}} settings `x` and `y` are the ends of the axes
 * @returns {{svg: SVGElement, line: Function, toX: Function, toY: Function}}
 */
export function chart({ x, y, logX, logY, title, label, width = 640, height = 190 }) {
  const scale = (log) => (log ? Math.log10 : (v) => v);
  const place = (ends, log, from, to) => {
    const [a, b] = ends.map(scale(log));
    return (value) => from + ((Math.min(b, Math.max(a, scale(log)(value))) - a) / (b - a || 1)) * (to - from);
  };
  const [left, right] = [MARGIN.left, width - MARGIN.right];
  const [top, bottom] = [MARGIN.top, height - MARGIN.bottom];
  const toX = place(x, logX, left, right);
  const toY = place(y, logY, bottom, top);
  const svg = make("svg", { viewBox: `0 0 ${width} ${height}`, class: "eq-chart", role: "img", "aria-label": label });
  for (const tick of ticks(x, logX)) {
    svg.append(make("line", { x1: toX(tick), x2: toX(tick), y1: top, y2: bottom, class: "eq-chart-grid" }));
    svg.append(make("text", { x: toX(tick), y: bottom + 16, "text-anchor": "middle" }, short(tick)));
  }
  for (const tick of ticks(y, logY)) {
    svg.append(make("line", { x1: left, x2: right, y1: toY(tick), y2: toY(tick), class: "eq-chart-grid" }));
    svg.append(make("text", { x: left - 5, y: toY(tick) + 4, "text-anchor": "end" }, short(tick)));
  }
  svg.append(make("text", { x: right, y: height - 4, "text-anchor": "end" }, title));
  const line = (look, points) => {
    const path = points.map(([a, b]) => `${toX(a).toFixed(1)},${toY(b).toFixed(1)}`).join("L");
    svg.append(make("path", { class: look, fill: "none", d: path ? `M${path}` : "" }));
  };
  return { svg, line, toX, toY };
}
