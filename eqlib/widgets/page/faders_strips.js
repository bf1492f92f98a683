// The faders of a network's channels, side by side: the gain that each path has now, and by how much
// the reader has moved it.
import { make } from "./dom.js";
import { clamp, decibels, hertz } from "./plot.js";

const RANGE_DB = [-36, 18];
const TICKS_DB = [-30, -20, -10, 0, 10];
const OFFSET_DB = [-40, 12];

/**
 * Builds them.
 * @param {{center_hz: number}[]} channels from low to high
 * @param {{changed: Function, chosen: (index: number) => void}} told after a fader was moved, muted or
 *   put on solo; when another one is taken hold of
 */
export function strips(channels, { changed, chosen }) {
  const offsets = new Float64Array(channels.length);
  const [muted, soloed] = [new Set(), new Set()];
  let gains = new Float64Array(channels.length); // of the network, in dB, now
  let selected = 0;

  const share = (db) => (clamp(db, ...RANGE_DB) - RANGE_DB[0]) / (RANGE_DB[1] - RANGE_DB[0]);
  const passes = (index) => !muted.has(index) && (!soloed.size || soloed.has(index));
  const heldAt = { y: 0, offset: 0 };

  const columns = channels.map(({ center_hz: hz }, index) => {
    const column = make(
      "div",
      { class: "eq-strip", role: "slider", tabindex: index ? -1 : 0, "aria-orientation": "vertical", "aria-valuemin": OFFSET_DB[0], "aria-valuemax": OFFSET_DB[1], "aria-label": `Fader ${index + 1}, center ${hertz(hz)}` },
      make("span", { class: "eq-strip-own" }),
      make("span", { class: "eq-strip-level" }),
      make("span", { class: "eq-strip-knob" }),
    );
    column.addEventListener("pointerdown", (event) => {
      column.setPointerCapture(event.pointerId);
      [heldAt.y, heldAt.offset] = [event.clientY, offsets[index]];
      column.focus();
      event.preventDefault();
    });
    column.addEventListener("pointermove", (event) => {
      if (!column.hasPointerCapture(event.pointerId)) return;
      const perPixel = (RANGE_DB[1] - RANGE_DB[0]) / rack.clientHeight;
      move(index, heldAt.offset + (heldAt.y - event.clientY) * perPixel);
    });
    column.addEventListener("dblclick", () => reset(index));
    column.addEventListener("focus", () => choose(index));
    column.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const acts = {
        ArrowUp: () => move(index, offsets[index] + 1),
        ArrowDown: () => move(index, offsets[index] - 1),
        PageUp: () => move(index, offsets[index] + 6),
        PageDown: () => move(index, offsets[index] - 6),
        ArrowRight: () => columns[Math.min(channels.length - 1, index + 1)].focus(),
        ArrowLeft: () => columns[Math.max(0, index - 1)].focus(),
        Home: () => columns[0].focus(),
        End: () => columns.at(-1).focus(),
        m: () => mute(index),
        s: () => solo(index),
        0: () => reset(index),
      };
      if (!(event.key in acts)) return;
      acts[event.key]();
      event.preventDefault();
    });
    return column;
  });
  const scale = make("div", { class: "eq-strips-scale", "aria-hidden": "true" }, ...TICKS_DB.map((db) => make("span", { style: `bottom: ${100 * share(db)}%` }, `${db > 0 ? "+" : ""}${db}`.replace("-", "−"))));
  const rack = make("div", { class: "eq-strips-rack" }, scale, ...columns);
  const few = channels.length <= 40;
  const names = make("div", { class: "eq-strips-names", "aria-hidden": "true" }, ...(few ? channels : [channels[0], channels.at(-1)]).map(({ center_hz: hz }) => make("span", {}, hz >= 1000 ? `${(hz / 1000).toFixed(1)}k` : `${Math.round(hz)}`)));
  const element = make("div", { class: "eq-strips", style: `--eq-count: ${channels.length}` }, rack, names);

  function move(index, db) {
    offsets[index] = Math.round(10 * clamp(db, ...OFFSET_DB)) / 10;
    show(index);
    changed();
  }
  function toggle(set, index) {
    if (!set.delete(index)) set.add(index);
    columns.forEach((_, i) => show(i));
    changed();
  }
  const mute = (index) => toggle(muted, index);
  const solo = (index) => toggle(soloed, index);
  function reset(index) {
    offsets[index] = 0;
    muted.delete(index);
    soloed.delete(index);
    columns.forEach((_, i) => show(i));
    changed();
  }
  function choose(index) {
    columns[selected].tabIndex = -1;
    columns[selected].classList.remove("eq-strip-here");
    selected = index;
    columns[index].tabIndex = 0;
    columns[index].classList.add("eq-strip-here");
    chosen(index);
  }
  const words = (index) => `${decibels(offsets[index])} from the network's${muted.has(index) ? ", muted" : ""}${soloed.has(index) ? ", solo" : ""}`;
  function show(index) {
    const column = columns[index];
    column.style.setProperty("--eq-own", share(gains[index]));
    column.style.setProperty("--eq-now", share(gains[index] + offsets[index]));
    column.classList.toggle("eq-strip-off", !passes(index));
    column.classList.toggle("eq-strip-solo", soloed.has(index));
    column.classList.toggle("eq-strip-moved", offsets[index] !== 0);
    if (column.getAttribute("aria-valuenow") !== `${offsets[index]}` || column.dataset.words !== words(index)) {
      column.setAttribute("aria-valuenow", offsets[index]);
      column.setAttribute("aria-valuetext", words(index));
      column.dataset.words = words(index);
    }
  }
  columns.forEach((_, index) => show(index));
  columns[0].classList.add("eq-strip-here");

  return {
    element,
    /** The factor on each channel that the reader's hands amount to. */
    get factors() {
      return Array.from(offsets, (db, index) => (passes(index) ? 10 ** (db / 20) : 0));
    },
    get selected() {
      return selected;
    },
    get touched() {
      return muted.size > 0 || soloed.size > 0 || offsets.some((db) => db !== 0);
    },
    get soloing() {
      return soloed.size > 0;
    },
    /** Moves all knobs to the gains, in dB, that the network gives now. */
    follow(next) {
      gains = next;
      columns.forEach((_, index) => show(index));
    },
    stateOf: (index) => ({ gain_db: gains[index], offset_db: offsets[index], muted: muted.has(index), solo: soloed.has(index) }),
    move,
    mute,
    solo,
    choose,
    reset,
    resetAll() {
      offsets.fill(0);
      muted.clear();
      soloed.clear();
      columns.forEach((_, index) => show(index));
      changed();
    },
  };
}
