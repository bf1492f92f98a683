// The network as a map: its signals in a row, and a picture of the one that is chosen, over time.
import { make } from "./dom.js";
import { columns } from "./envelope.js";

const SIGNALS = {
  x: ["x", "the sound"],
  X1: ["X1", "what each filter lets through"],
  Z: ["Z", "the envelopes, smoothed and pooled"],
  Z_hat: ["Ẑ", "the faders that the DNN makes of them"],
  X1_hat: ["X̂1", "their product, before it is added up"],
};
const BETWEEN = ["filter bank", "|·|, smooth, pool", "DNN", "times X1"];
const FLOOR_DB = 50; // below each picture's maximum
// From low to high: dark blue, gray, yellow; told apart without color vision too.
const STOPS = [
  [0, 24, 60],
  [45, 63, 110],
  [110, 112, 120],
  [180, 165, 95],
  [255, 234, 70],
];
const LINE = "#ff96d2"; // of cursor and selection: at least 3 to 1 on all of these, within a dark rim
let maps = 0;

function colorOf(share) {
  const at = Math.min(1, Math.max(0, share)) * (STOPS.length - 1);
  const low = Math.min(STOPS.length - 2, Math.floor(at));
  return STOPS[low].map((c, i) => Math.round(c + (at - low) * (STOPS[low + 1][i] - c)));
}

/** Rows of a signal as a picture, a pixel for each value, the lowest channel at the bottom. */
function painted(rows) {
  const canvas = make("canvas", { width: rows[0].length, height: rows.length });
  const brush = canvas.getContext("2d");
  const image = brush.createImageData(canvas.width, canvas.height);
  const db = (x) => 20 * Math.log10(Math.max(x, 1e-9));
  const top = db(rows.reduce((most, row) => row.reduce((a, b) => Math.max(a, b), most), 0));
  rows.forEach((row, channel) => {
    const first = (rows.length - 1 - channel) * row.length;
    row.forEach((value, column) => image.data.set([...colorOf((db(value) - top) / FLOOR_DB + 1), 255], 4 * (first + column)));
  });
  brush.putImageData(image, 0, 0);
  return canvas;
}

/**
 * Builds both.
 * @param {object[]} channels
 * @param {{chosen: (index: number) => void, sought: (share: number) => void}} told of a click into the picture
 */
export function pictures(channels, { chosen, sought }) {
  const id = `eq-map-${maps++}`;
  let signals = null;
  let sound = null;
  let shown = "Z_hat";
  let selected = 0;
  let time = 0;
  const kept = new Map();

  const names = Object.entries(SIGNALS);
  const stops = names.flatMap(([name, [symbol, about]], i) => [
    make("label", { class: "eq-map-stop", title: about }, make("input", { type: "radio", name: id, value: name, checked: name === shown, "aria-label": `${symbol}, ${about}`, onchange: () => show(name) }), make("span", {}, symbol)),
    make("span", { class: "eq-map-block", "aria-hidden": "true" }, BETWEEN[i] ?? "filters again, add up: y"),
  ]);
  const flow = make("fieldset", { class: "eq-map" }, make("legend", {}, "Signal"), ...stops);
  const canvas = make("canvas", { class: "eq-map-canvas", role: "img" });
  const caption = make("figcaption", {});
  const picture = make("figure", {}, canvas, caption);
  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    sought(Math.min(0.999, Math.max(0, (event.clientX - box.left) / box.width)));
    if (shown !== "x") chosen(Math.min(channels.length - 1, Math.max(0, Math.floor((1 - (event.clientY - box.top) / box.height) * channels.length))));
  });

  function show(name) {
    shown = name;
    draw();
  }
  function line(brush, x, y, width, height) {
    brush.fillStyle = "#000";
    brush.fillRect(x - 1, y - 1, width + 2, height + 2);
    brush.fillStyle = LINE;
    brush.fillRect(x, y, width, height);
  }
  function draw() {
    const [symbol, about] = SIGNALS[shown];
    const range = shown === "x" ? "" : `, ${FLOOR_DB} dB from dark to bright, low filters at the bottom`;
    caption.replaceChildren(make("strong", {}, symbol), ` ${about}${range}`);
    canvas.setAttribute("aria-label", `${symbol}, ${about}, over time${range}`);
    const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((size) => Math.max(1, Math.round(size * devicePixelRatio)));
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const brush = canvas.getContext("2d");
    brush.imageSmoothingEnabled = false;
    brush.clearRect(0, 0, width, height);
    if (!signals) return;
    if (!kept.has(shown)) kept.set(shown, shown === "x" ? null : painted(signals[shown]));
    if (shown === "x") wave(brush, width, height);
    else {
      brush.drawImage(kept.get(shown), 0, 0, width, height);
      const row = height / channels.length;
      const top = height - (selected + 1) * row;
      // A frame around the row: at least three pixels apart, so that the row itself is seen.
      line(brush, 0, Math.max(1, top), width, 2);
      line(brush, 0, Math.min(height - 3, top + row - 2), width, 2);
    }
    line(brush, Math.round(time * width) - 1, 0, 3, height);
  }
  function wave(brush, width, height) {
    if (kept.get("x")?.length !== width) kept.set("x", columns(sound, width, 16000));
    const shape = kept.get("x");
    const peak = shape.reduce((top, [low, high]) => Math.max(top, -low, high), 1e-6);
    brush.fillStyle = getComputedStyle(canvas).color;
    shape.forEach(([low, high], x) => brush.fillRect(x, height * (0.5 - (0.48 * high) / peak), 1, Math.max(1, (0.48 * height * (high - low)) / peak)));
  }

  return {
    flow,
    picture,
    draw,
    /** Other signals; see Opened.hear. */
    open(next, heard) {
      [signals, sound] = [next, heard];
      kept.clear();
      draw();
    },
    at(share) {
      time = share;
      draw();
    },
    choose(index) {
      selected = index;
      draw();
    },
  };
}
