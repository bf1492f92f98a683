// The handles of a drawn equalizer: each a slider for mouse, finger and keyboard, its value beside it.
import { make } from "./dom.js";
import { LIMITS } from "./equalizer.js";
import { clamp, decibels, hertz } from "./plot.js";

export const HUES = 6; // their colors, .eq-hue-0 to .eq-hue-5 in desk.css
const PAUSE_MS = 800; // after which keys or a wheel begin something new, for undo
const WHEEL = 1.1; // ratio of a band's width from notch to notch

/**
 * @param {Drawing} drawing
 * @param {{view: () => object, at: (event: Event) => number[], moved: (gesture: object) => void,
 *   removed: (index: number) => void, chosen: (index: number) => void}} ties
 */
export function handlesOf(drawing, { view, at, moved, removed, chosen }) {
  const reaches = make("g"); // round about each point, for fingers
  const points = make("g");
  const words = make("text", { "text-anchor": "middle" });
  const ground = make("rect", { rx: 6 });
  const bubble = make("g", { class: "eq-desk-bubble", "aria-hidden": "true", visibility: "hidden" }, ground, words);
  let told = -1; // whose value the bubble shows
  let [gesture, since] = [{}, 0];

  /** What is under way: the same object while keys or wheel go on without a pause. */
  function going(kind) {
    if (gesture.kind !== kind || performance.now() - since > PAUSE_MS) gesture = { kind };
    since = performance.now();
    return gesture;
  }
  function tell(index) {
    told = index;
    drawBubble();
  }
  function drawBubble() {
    bubble.setAttribute("visibility", told >= 0 && told < drawing.count ? "visible" : "hidden");
    if (told < 0 || told >= drawing.count) return;
    const { hz, db, gain } = drawing.place(told);
    const width = drawing.width(told);
    const more = width ? `  ${width === "q" ? "Q" : "slope"} ${Number(drawing.bands[told][width].toPrecision(2))}` : "";
    words.textContent = `${hertz(hz)}${gain ? `  ${decibels(db)}` : ""}${more}`;
    const half = (words.getComputedTextLength?.() || 120) / 2 + 9;
    const { left, right, top, toX, toY } = view();
    const x = clamp(toX(hz), left + half, right - half);
    const above = toY(db) - 44;
    const y = above < top + 2 ? toY(db) + 40 : above; // below, where there is no room above
    words.setAttribute("x", x);
    words.setAttribute("y", y + 4);
    for (const [name, value] of Object.entries({ x: x - half, y: y - 12, width: 2 * half, height: 24 })) ground.setAttribute(name, value);
  }

  function handle(index) {
    const hue = `eq-hue-${drawing.curve ? 0 : index % HUES}`;
    const circle = make("circle", { r: drawing.curve ? 7 : 10, tabindex: 0, role: "slider", class: `eq-desk-point ${hue}${drawing.curve ? " eq-desk-small" : ""}`, "aria-label": drawing.name(index), "aria-valuemin": LIMITS.lowest_hz, "aria-valuemax": Math.round(drawing.highHz) });
    const number = make("text", { class: "eq-desk-number", "text-anchor": "middle", "aria-hidden": "true" }, drawing.curve ? "" : `${index + 1}`);
    const reach = make("circle", { class: "eq-desk-reach" });
    let held = null; // from the finger to the point, and the gesture
    const grab = (event) => {
      if (event.button) return;
      const [x, y] = at(event);
      const { hz, db } = drawing.place(index);
      held = { x: view().toX(hz) - x, y: view().toY(db) - y, gesture: { kind: "drag" } };
      circle.setPointerCapture(event.pointerId);
      circle.focus();
      chosen(index);
      tell(index);
      event.preventDefault();
    };
    const wheel = (event) => {
      if (!drawing.width(index) || event.ctrlKey) return;
      event.preventDefault(); // the page stays where it is
      narrow(event.deltaY < 0 ? WHEEL : 1 / WHEEL, going(`wheel ${index}`));
    };
    const narrow = (times, step) => {
      drawing.narrow(index, times);
      moved(step);
      tell(index);
    };
    for (const each of [circle, reach]) {
      each.addEventListener("pointerdown", grab);
      each.addEventListener("wheel", wheel, { passive: false });
      each.addEventListener("pointerenter", () => tell(index));
      each.addEventListener("pointerleave", () => held || tell(document.activeElement === circle ? index : -1));
    }
    circle.addEventListener("focus", () => {
      chosen(index);
      tell(index);
    });
    circle.addEventListener("blur", () => tell(-1));
    circle.addEventListener("pointermove", (event) => {
      if (!held || !circle.hasPointerCapture(event.pointerId)) return;
      const [x, y] = at(event);
      drawing.move(index, view().toHz(x + held.x), view().toDb(y + held.y));
      moved(held.gesture);
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) circle.addEventListener(end, () => (held = null));
    circle.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const fine = event.shiftKey ? 0.2 : 1;
      const step = 2 ** (fine / 6);
      const { hz, db } = drawing.place(index);
      const moves = { ArrowRight: [hz * step, db], ArrowLeft: [hz / step, db], ArrowUp: [hz, db + fine], ArrowDown: [hz, db - fine] };
      const widths = { PageUp: WHEEL ** fine, PageDown: 1 / WHEEL ** fine };
      if (event.key === "Delete" || event.key === "Backspace") removed(index);
      else if (event.key in moves) {
        drawing.move(index, ...moves[event.key]);
        moved(going(`keys ${index}`));
        tell(index);
      } else if (event.key in widths && drawing.width(index)) narrow(widths[event.key], going(`width ${index}`));
      else return;
      event.preventDefault();
    });
    return { circle, number, reach };
  }

  let all = [];
  return {
    reaches,
    points,
    bubble,
    build() {
      told = -1;
      all = Array.from({ length: drawing.count }, (_, index) => handle(index));
      reaches.replaceChildren(...all.map(({ reach }) => reach));
      points.replaceChildren(...all.flatMap(({ circle, number }) => [circle, number]));
    },
    draw() {
      for (const [index, { circle, number, reach }] of all.entries()) {
        const { hz, db, gain } = drawing.place(index);
        const bypassed = drawing.bypassed(index);
        const [x, y] = [view().toX(hz), view().toY(db)];
        for (const round of [circle, reach]) {
          round.setAttribute("cx", x);
          round.setAttribute("cy", y);
        }
        number.setAttribute("x", x);
        number.setAttribute("y", y + 4);
        circle.classList.toggle("eq-desk-bypassed", bypassed);
        circle.setAttribute("aria-label", drawing.name(index));
        circle.setAttribute("aria-valuenow", Math.round(hz));
        circle.setAttribute("aria-valuetext", `${hertz(hz)}${gain ? `, ${decibels(db)}` : ""}${bypassed ? ", bypassed" : ""}`);
      }
      drawBubble();
    },
    mark(index) {
      all.forEach(({ circle }, k) => circle.classList.toggle("eq-desk-chosen", k === index));
    },
  };
}
