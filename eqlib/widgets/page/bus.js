// One pair of ears: of all that can sound on a page, one does at a time, and at one volume.
import { make } from "./dom.js";

/** Kept by the page itself: in a notebook, each component has a copy of this module. */
const bus = (globalThis[Symbol.for("eqlib.bus")] ??= begin());

function begin() {
  const made = { heard: null, volume: 1, changes: new EventTarget() };
  // Plain players take part: an element that plays stops what was heard, and is stopped.
  globalThis.document?.addEventListener(
    "play",
    ({ target }) => {
      target.eqStop ??= () => target.pause();
      target.volume = made.volume ** 2;
      take(target.eqStop, made);
    },
    true,
  );
  return made;
}

/**
 * Takes the page's ear: whoever had it is stopped.
 * @param {Function} stop ends the sound of the one that asks; always the same function
 */
export function take(stop, from = bus) {
  const before = from.heard;
  from.heard = stop;
  if (before !== stop) before?.();
}

/** Whether nobody else has taken the page's ear since; to be asked after everything that waits. */
export const holds = (stop) => bus.heard === stop;

/** Where a component's sound goes instead of its context's destination: through the page's volume. */
export function output(context) {
  const gain = new GainNode(context, { gain: bus.volume ** 2 });
  gain.connect(context.destination);
  const over = new AbortController();
  const follow = () => (context.state === "closed" ? over.abort() : gain.gain.setTargetAtTime(bus.volume ** 2, context.currentTime, 0.01));
  bus.changes.addEventListener("volume", follow, { signal: over.signal });
  return gain;
}

/** A slider for the volume of the whole page; all of them move together. */
export function volumeSlider() {
  const input = make("input", { type: "range", min: 0, max: 1, step: 0.05 });
  const show = () => {
    input.value = bus.volume;
    input.setAttribute("aria-valuetext", `${Math.round(100 * bus.volume)} %, of all sounds of the page`);
  };
  input.addEventListener("input", () => {
    bus.volume = Number(input.value);
    bus.changes.dispatchEvent(new Event("volume"));
  });
  bus.changes.addEventListener("volume", show);
  show();
  return make("label", { class: "eq-volume" }, "volume ", input);
}
