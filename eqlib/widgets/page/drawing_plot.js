// A drawn equalizer's response as a filled curve with a handle for each of its points: dragged, moved by
// keys, made narrow by the wheel; double-clicked to add one; and, where it is a curve, drawn by hand.
import { doubleTap } from "./double_tap.js";
import { HUES, handlesOf } from "./drawing_handles.js";
import { make } from "./dom.js";
import { gainDb } from "./equalizer.js";
import { LOW_HZ, SIZE, axes, clamp, heightOf } from "./plot.js";

const NEAR = 12; // pixels from the line that still mean the line
const LONGEST_TAP = 8; // pixels that a finger may move in a tap

/**
 * Builds the picture.
 * @param {Drawing} drawing what it shows and moves
 * @param {{moved: (gesture: object) => void, removed: (index: number) => void,
 *   chosen?: (index: number) => void, added?: (hz: number, db: number) => void,
 *   sketched?: (stroke: number[][]) => void, resized?: Function, under?: SVGElement[],
 *   over?: SVGElement[]}} told after a point was moved by its user; to take one away; when one is taken
 *   hold of; to add one at a place; to take a line drawn by hand; when the axes are others; and what is
 *   drawn behind the curve, and over it, under the handles
 * @returns {{svg: SVGElement, build: Function, draw: Function, focus: Function, choose: Function,
 *   toX: Function, toY: Function, view: object}}
 */
export function drawingPlot(drawing, { moved, removed, chosen = () => {}, added, sketched, resized = () => {}, under = [], over = [] }) {
  const lineHz = Array.from({ length: 240 }, (_, i) => LOW_HZ * (drawing.highHz / LOW_HZ) ** ((i / 239) * 0.999));
  let view = axes(drawing.highHz);
  let size = SIZE;
  let shown = -1; // the point whose own response is seen
  const grid = make("g", { class: "eq-desk-axes" }, ...view.grid);
  const own = make("path", { class: "eq-desk-own" });
  const area = make("path", { class: "eq-desk-area" });
  const line = make("path", { class: "eq-desk-curve", fill: "none" });
  const hand = make("path", { class: "eq-desk-hand", fill: "none" });
  const svg = make("svg", { viewBox: `0 0 ${size.width} ${size.height}`, class: "eq-desk-plot", role: "group", "aria-label": "Response of the equalizer: gain over frequency" });

  /** Where an event is, in the picture. */
  const at = (event) => {
    const box = svg.getBoundingClientRect();
    return [((event.clientX - box.left) * size.width) / box.width, ((event.clientY - box.top) * size.height) / box.height];
  };
  const handles = handlesOf(drawing, { view: () => view, at, moved, removed, chosen });
  svg.append(grid, ...under, own, area, line, hand, ...over, handles.reaches, handles.points, handles.bubble);

  // --- where there is no handle

  const inside = ([x, y]) => x >= view.left - 6 && x <= view.right + 6 && y >= view.top - 6 && y <= view.bottom + 6;
  const place = ([x, y]) => [clamp(view.toHz(x), LOW_HZ, drawing.highHz * 0.98), view.toDb(clamp(y, view.top, view.bottom))];
  const onLine = ([x, y]) => Math.abs(view.toY(drawing.response([view.toHz(x)])[0]) - y) < NEAR;
  let stroke = null; // pixel column -> height, while a hand draws
  let [from, last] = [null, null];
  const second = doubleTap();

  svg.addEventListener("pointerdown", (event) => {
    if (event.button || event.target.closest(".eq-desk-point, .eq-desk-reach") || !inside(at(event))) return;
    from = last = at(event);
    if (drawing.curve && sketched) {
      svg.setPointerCapture(event.pointerId);
      stroke = new Map([[Math.round(from[0]), from[1]]]);
      event.preventDefault();
    }
  });
  svg.addEventListener("pointermove", (event) => {
    if (!stroke || !svg.hasPointerCapture(event.pointerId)) return;
    for (const each of event.getCoalescedEvents?.().length ? event.getCoalescedEvents() : [event]) extend(at(each));
    if (Math.hypot(last[0] - from[0], last[1] - from[1]) > LONGEST_TAP) svg.classList.add("eq-desk-drawing");
    hand.setAttribute("d", `M${columns().map(([x, y]) => `${x},${y.toFixed(1)}`).join("L")}`);
  });
  function extend([x, y]) {
    const to = [clamp(x, view.left, view.right), clamp(y, view.top, view.bottom)];
    const steps = Math.max(1, Math.ceil(Math.abs(to[0] - last[0])));
    for (let k = 1; k <= steps; k++) stroke.set(Math.round(last[0] + ((to[0] - last[0]) * k) / steps), last[1] + ((to[1] - last[1]) * k) / steps);
    last = to;
  }
  const columns = () => [...stroke].sort((a, b) => a[0] - b[0]);
  const forget = () => {
    stroke = from = null;
    svg.classList.remove("eq-desk-drawing");
    hand.setAttribute("d", "");
  };
  svg.addEventListener("pointercancel", forget);
  svg.addEventListener("pointerup", (event) => {
    if (!from) return;
    const here = at(event);
    const far = stroke && columns().at(-1)[0] - columns()[0][0] > LONGEST_TAP;
    const drawn = far && columns().map(place);
    const tap = Math.hypot(here[0] - from[0], here[1] - from[1]) <= LONGEST_TAP;
    forget();
    if (drawn) sketched(drawn);
    else if (tap && added) {
      const twice = second(event, here);
      if (twice || (event.pointerType === "mouse" && onLine(here))) added(...place(here));
    }
  });

  // --- drawing

  /** Makes the handles anew, for other points. */
  function build() {
    svg.classList.toggle("eq-desk-freehand", Boolean(drawing.curve && sketched));
    handles.build();
  }
  const pathOf = (levels) => levels.map((db, i) => `${view.toX(lineHz[i]).toFixed(1)},${view.toY(db).toFixed(1)}`).join("L");
  const filled = (points) => `M${view.toX(lineHz[0]).toFixed(1)},${view.toY(0)}L${points}L${view.toX(lineHz.at(-1)).toFixed(1)},${view.toY(0)}Z`;
  function draw() {
    const points = pathOf(drawing.response(lineHz));
    line.setAttribute("d", `M${points}`);
    area.setAttribute("d", filled(points));
    const band = drawing.curve ? null : drawing.bands[shown];
    own.setAttribute("d", band && drawing.count > 1 && !band.bypass ? filled(pathOf(gainDb([band], lineHz, drawing.rate))) : "");
    own.setAttribute("class", `eq-desk-own eq-hue-${Math.max(0, shown) % HUES}`);
    handles.draw();
  }
  function fit() {
    const width = Math.round(svg.getBoundingClientRect().width);
    if (!width || width === size.width) return;
    size = { width, height: heightOf(width) };
    view = axes(drawing.highHz, size);
    svg.setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
    grid.replaceChildren(...view.grid);
    draw();
    resized();
  }
  new ResizeObserver(fit).observe(svg);

  return {
    svg,
    build,
    draw,
    toX: (hz) => view.toX(hz),
    toY: (db) => view.toY(db),
    get view() {
      return view;
    },
    focus: (index) => handles.points.querySelectorAll("circle")[index]?.focus(),
    /** Shows what one of the bands does by itself; -1 for none. */
    choose(index) {
      shown = index;
      handles.mark(index);
      draw();
    },
  };
}
