// What the live figures share: a picture in the pixels that there are, handles in it, the row of what is
// moved and heard below it. The formulas are each figure's own.
import { volumeSlider } from "./bus.js";
import { make } from "./dom.js";
import { LiveSound } from "./live_sound.js";
import { clamp } from "./plot.js";

const REACH = 22; // pixels around a handle that belong to it
let figures = 0;

/** A number as text, with a minus sign that is as wide as a plus. */
export const number = (x, digits = 1) => x.toFixed(digits).replace(/^-(?=0(\.0*)?$)/, "").replace("-", "−");
/** A path through points [x, y]. */
export const path = (points) => (points.length ? `M${points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join("L")}` : "");
export const curve = (look, points) => make("path", { class: `eq-lf-${look}`, d: path(points) });
/** A text in the picture; `anchor` is start, middle or end. */
export const word = (x, y, text, anchor = "middle", look = null) => make("text", { x, y, "text-anchor": anchor, class: look && `eq-lf-${look}` }, text);
export const rule = (x1, y1, x2, y2, look = "grid") => make("line", { x1, y1, x2, y2, class: `eq-lf-${look}` });

/** Where values lie: from one interval to another, straight or, with `log`, over the logarithm. */
export function scale([a, b], [from, to], log = false) {
  const [into, out] = log ? [Math.log, Math.exp] : [(x) => x, (x) => x];
  const place = (value) => from + ((into(clamp(value, Math.min(a, b), Math.max(a, b))) - into(a)) / (into(b) - into(a))) * (to - from);
  place.back = (at) => clamp(out(into(a) + ((at - from) / (to - from)) * (into(b) - into(a))), Math.min(a, b), Math.max(a, b));
  return place;
}

/**
 * A slider through some values.
 * @param {{label: string, values: number[], value: number, text: Function, marks?: string[], moved: Function}} settings
 *   `text` says a value; `marks` are written below, evenly
 */
export function range({ label, values, value, text, marks = [], moved }) {
  const input = make("input", { type: "range", class: "eq-slider", min: 0, max: values.length - 1, step: 1 });
  const output = make("output", {});
  const show = (next) => {
    const index = values.reduce((best, x, i) => (Math.abs(x - next) < Math.abs(values[best] - next) ? i : best), 0);
    input.value = index;
    input.style.setProperty("--eq-share", index / (values.length - 1));
    input.setAttribute("aria-valuetext", text(values[index]));
    output.textContent = text(values[index]);
  };
  input.addEventListener("input", () => {
    show(values[Number(input.value)]);
    moved(values[Number(input.value)]);
  });
  show(value);
  const below = make("span", { class: "eq-lf-marks", "aria-hidden": "true" }, ...marks.map((mark) => make("span", {}, mark)));
  const element = make("label", { class: "eq-lf-range" }, make("span", { class: "eq-lf-name" }, `${label} `, output), input, ...(marks.length ? [below] : []));
  return { element, input, show };
}

/** One of a few: {value: label}. */
export function choice({ label, options, value, chosen }) {
  const name = `eq-lf-${figures++}`;
  const fields = Object.entries(options).map(([key, words]) => {
    const radio = make("input", { type: "radio", name, value: key, checked: key === value, onchange: () => chosen(key) });
    return make("label", {}, radio, make("span", {}, words));
  });
  const element = make("fieldset", { class: "eq-lf-choice" }, make("legend", {}, label), make("span", { class: "eq-lf-options" }, ...fields));
  return {
    element,
    show: (key) => fields.forEach((field) => (field.firstChild.checked = field.firstChild.value === key)),
  };
}

/**
 * Something in the picture that is taken hold of, by mouse, finger or keys.
 * @param {{label: string, vertical?: boolean, dragged: (x: number, y: number) => void,
 *   stepped: (steps: number) => void, across?: (steps: number) => void, hit?: SVGElement}} settings `dragged`
 *   is told a place in the picture; `stepped`, how many steps up a key asks for; `across`, where there are
 *   several in a row, how many farther; `size`, of the knob
 */
export function handle({ label, vertical = false, dragged, stepped, across, hit, size = 7 }) {
  const area = hit ?? make("circle", { r: REACH });
  area.classList.add("eq-lf-hit");
  const knob = make("circle", { r: size, class: "eq-lf-knob" });
  const element = make("g", { class: "eq-lf-handle", role: "slider", tabindex: 0, "aria-label": label, "aria-orientation": vertical ? "vertical" : "horizontal" }, area, knob);
  const place = (event) => {
    const box = element.ownerSVGElement.getBoundingClientRect();
    dragged(event.clientX - box.left, event.clientY - box.top);
  };
  element.addEventListener("pointerdown", (event) => {
    element.setPointerCapture(event.pointerId);
    element.focus({ preventScroll: true });
    event.preventDefault();
    place(event);
  });
  element.addEventListener("pointermove", (event) => element.hasPointerCapture(event.pointerId) && place(event));
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const aside = across ?? stepped;
    const acts = {
      ArrowUp: () => stepped(1),
      ArrowDown: () => stepped(-1),
      ArrowRight: () => aside(1),
      ArrowLeft: () => aside(-1),
      PageUp: () => stepped(10),
      PageDown: () => stepped(-10),
      Home: () => aside(-1e6),
      End: () => aside(1e6),
    };
    if (!(event.key in acts)) return;
    acts[event.key]();
    event.preventDefault();
  });
  return {
    element,
    /** Puts it there; `now` between `low` and `high` is its value, `text` says it. */
    show({ x, y, now, low, high, text }) {
      knob.setAttribute("cx", x);
      knob.setAttribute("cy", y);
      if (!hit) {
        area.setAttribute("cx", x);
        area.setAttribute("cy", y);
      }
      for (const [name, value] of [["now", now], ["min", low], ["max", high], ["text", text]]) element.setAttribute(`aria-value${name}`, value);
    },
  };
}

/** The round button that starts and stops. */
function playButton(label, pressed) {
  const button = make("button", { type: "button", class: "eq-lf-play", onclick: pressed });
  button.append(make("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, make("path", { class: "eq-lf-go", d: "M8 5v14l11-7z" }), make("path", { class: "eq-lf-halt", d: "M7 7h10v10H7z" })));
  const show = (playing) => {
    button.setAttribute("aria-label", playing ? "Stop" : label);
    button.classList.toggle("eq-lf-plays", playing);
  };
  show(false);
  return { button, show };
}

/**
 * Builds a figure.
 * @param {HTMLElement} element where
 * @param {{label: string, keys: string[][], heightOf: (width: number) => number, draw: Function,
 *   samples: () => Float32Array, play?: string, playing?: (on: boolean) => void}} settings `keys` are the looks of lines, and
 *   what they are; `draw(width, height)` gives what is drawn, and places the handles; `samples` gives
 *   what is heard, as a loop
 */
export function liveFigure(element, { label, keys, heightOf, draw, samples, play = "Play", playing = () => {} }) {
  const svg = make("svg", { class: "eq-lf-picture", role: "group", "aria-label": label });
  const drawn = make("g", { "aria-hidden": "true" });
  const handles = make("g");
  svg.append(drawn, handles);
  const value = make("strong", { class: "eq-lf-value" });
  const unit = make("span", {});
  const words = make("p", { class: "eq-lf-words" });
  const status = make("p", { class: "eq-lf-status", role: "status" });
  const [ranges, choices] = ["ranges", "choices"].map((name) => make("div", { class: `eq-lf-${name}` }));
  let later = 0;

  const show = (on) => {
    button.show(on);
    playing(on);
  };
  const sound = new LiveSound(() => show(false));
  const button = playButton(play, async () => {
    if (sound.wanted) return sound.stop();
    show(true);
    status.textContent = "";
    try {
      await sound.start(samples());
    } catch (error) {
      sound.stop();
      status.textContent = `This cannot be played here (${error.message}).`;
    }
  });

  function redraw() {
    const width = svg.clientWidth;
    if (!width) return;
    const height = heightOf(width);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.style.aspectRatio = `${width} / ${height}`;
    drawn.replaceChildren(...draw(width, height));
  }
  const key = make("p", { class: "eq-lf-key", "aria-hidden": "true" }, ...keys.map(([look, text]) => make("span", { class: `eq-lf-key-${look}` }, text)));
  element.classList.add("eq-lf");
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", label);
  element.replaceChildren(
    make("div", { class: "eq-lf-head" }, key, make("p", { class: "eq-lf-read" }, value, unit)),
    svg,
    words,
    make("div", { class: "eq-lf-row" }, button.button, ranges),
    make("div", { class: "eq-lf-foot" }, choices, volumeSlider()),
    status,
  );
  const sizes = new ResizeObserver(() => svg.clientWidth !== svg.viewBox.baseVal.width && redraw());
  sizes.observe(svg);

  return {
    ranges,
    choices,
    handles,
    sound,
    redraw,
    /** The one number, and what the picture shows in words. */
    read(text, ofWhat, sentence) {
      [value.textContent, unit.textContent, words.textContent] = [text, ofWhat, sentence];
    },
    /** What was moved is seen at once, and heard a little later. */
    changed() {
      redraw();
      if (!sound.wanted || later) return;
      later = setTimeout(() => {
        later = 0;
        sound.change(samples);
      }, 60);
    },
    close() {
      clearTimeout(later);
      sizes.disconnect();
      return sound.close();
    },
  };
}
