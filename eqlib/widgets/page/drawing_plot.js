// A drawn equalizer's response as a curve with a handle for each of its points: dragged, or moved by keys.
import { make } from "./dom.js";
import { LIMITS } from "./equalizer.js";
import { LOW_HZ, SIZE, axes, decibels, hertz } from "./plot.js";

/**
 * Builds the picture.
 * @param {Drawing} drawing what it shows and moves
 * @param {{moved: Function, removed: (index: number) => void, chosen?: (index: number) => void,
 *   over?: SVGElement[]}} told after a point was moved by its user; to take one away; when one is
 *   taken hold of; and what is drawn over the curve, under the handles
 * @returns {{svg: SVGElement, build: Function, draw: Function, focus: Function, toX: Function, toY: Function}}
 */
export function drawingPlot(drawing, { moved, removed, chosen = () => {}, over = [] }) {
  const { toX, toY, toHz, toDb, grid } = axes(drawing.highHz);
  const lineHz = Array.from({ length: 240 }, (_, i) => LOW_HZ * (drawing.highHz / LOW_HZ) ** ((i / 239) * 0.999));
  const area = make("path", { class: "eq-desk-area" });
  const line = make("path", { class: "eq-desk-curve", fill: "none" });
  const handles = make("g");
  const reaches = make("g"); // round about each point, for fingers
  const svg = make(
    "svg",
    { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, class: "eq-desk-plot", role: "group", "aria-label": "Response of the equalizer: gain over frequency" },
    ...grid,
    area,
    line,
    ...over,
    reaches,
    handles,
  );

  function move(index, hz, db) {
    drawing.move(index, hz, db);
    moved();
  }
  function handle(index) {
    const circle = make("circle", { r: 9, tabindex: 0, role: "slider", class: "eq-desk-point", "aria-label": drawing.name(index), "aria-valuemin": LIMITS.lowest_hz, "aria-valuemax": Math.round(drawing.highHz) });
    let held = [0, 0]; // from the finger to the point
    const under = (event) => {
      const box = svg.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top].map((at) => (at * SIZE.width) / box.width);
    };
    const grab = (event) => {
      const [x, y] = under(event);
      const { hz, db } = drawing.place(index);
      held = [toX(hz) - x, toY(db) - y];
      circle.setPointerCapture(event.pointerId);
      circle.focus();
      event.preventDefault();
    };
    circle.addEventListener("pointerdown", grab);
    circle.addEventListener("focus", () => chosen(index));
    const reach = make("circle", { class: "eq-desk-reach" });
    reach.addEventListener("pointerdown", grab);
    reaches.append(reach);
    circle.addEventListener("pointermove", (event) => {
      if (!circle.hasPointerCapture(event.pointerId)) return;
      const [x, y] = under(event);
      move(index, toHz(x + held[0]), toDb(y + held[1]));
    });
    circle.addEventListener("keydown", (event) => {
      const fine = event.shiftKey ? 0.2 : 1;
      const step = 2 ** (fine / 6);
      const { hz, db } = drawing.place(index);
      const moves = { ArrowRight: [hz * step, db], ArrowLeft: [hz / step, db], ArrowUp: [hz, db + fine], ArrowDown: [hz, db - fine] };
      if (event.key === "Delete") removed(index);
      else if (event.key in moves) move(index, ...moves[event.key]);
      else return;
      event.preventDefault();
    });
    return circle;
  }

  /** Makes the handles anew, for other points. */
  function build() {
    reaches.replaceChildren();
    handles.replaceChildren(...Array.from({ length: drawing.count }, (_, index) => handle(index)));
  }
  function draw() {
    const points = drawing.response(lineHz).map((db, i) => `${toX(lineHz[i]).toFixed(1)},${toY(db).toFixed(1)}`);
    line.setAttribute("d", `M${points.join("L")}`);
    const [left, right, zero] = [toX(lineHz[0]), toX(lineHz.at(-1)), toY(0)].map((at) => at.toFixed(1));
    area.setAttribute("d", `M${left},${zero}L${points.join("L")}L${right},${zero}Z`);
    for (let index = 0; index < drawing.count; index++) {
      const { hz, db, gain } = drawing.place(index);
      const bypassed = drawing.bypassed(index);
      const circle = handles.children[index];
      for (const round of [circle, reaches.children[index]]) {
        round.setAttribute("cx", toX(hz));
        round.setAttribute("cy", toY(db));
      }
      circle.classList.toggle("eq-desk-bypassed", bypassed);
      circle.setAttribute("aria-label", drawing.name(index));
      circle.setAttribute("aria-valuenow", Math.round(hz));
      circle.setAttribute("aria-valuetext", `${hertz(hz)}${gain ? `, ${decibels(db)}` : ""}${bypassed ? ", bypassed" : ""}`);
    }
  }
  return { svg, build, draw, toX, toY, focus: (index) => handles.children[index]?.focus() };
}
