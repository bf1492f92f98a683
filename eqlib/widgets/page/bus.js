// One pair of ears: of all that can sound on a page, one does at a time, and at one volume.
import { make } from "./dom.js";

const KEPT = "eq-volume"; // the reader's own, over pages and visits
const FIRST = 0.5; // before they have chosen: -12 dB, for nobody knows how loud their headphones are

/** The share of full scale at a place of the slider: near its end as fine as an ear, silent at its beginning. */
const share = (volume) => volume ** 2;
const said = (volume) => (volume > 0 ? `${(20 * Math.log10(share(volume))).toFixed(0).replace("-", "−").replace("−0", "0")} dB` : "off");

/** Kept by the page itself: in a notebook, each component has a copy of this module. */
const bus = (globalThis[Symbol.for("eqlib.bus")] ??= begin());

function begin() {
  const made = { heard: null, volume: kept() ?? FIRST, changes: new EventTarget() };
  // Plain players take part: an element that plays stops what was heard, and is stopped.
  globalThis.document?.addEventListener(
    "play",
    ({ target }) => {
      target.eqStop ??= () => target.pause();
      target.volume = share(made.volume);
      take(target.eqStop, made);
    },
    true,
  );
  // Their own volume is the page's, too.
  globalThis.document?.addEventListener(
    "volumechange",
    ({ target }) => {
      if (Math.abs(target.volume - share(made.volume)) > 0.005) turn(Math.sqrt(target.volume), made);
    },
    true,
  );
  // So is that of the reader's other windows.
  globalThis.addEventListener?.("storage", ({ key }) => {
    if (key === KEPT) turn(kept() ?? made.volume, made);
  });
  return made;
}

function kept() {
  try {
    const volume = Number.parseFloat(localStorage.getItem(KEPT));
    return volume >= 0 && volume <= 1 ? volume : null;
  } catch {
    return null; // where the browser keeps nothing
  }
}

/** Turns the volume of the page, and of all that sounds there. */
function turn(volume, of = bus) {
  of.volume = volume;
  for (const element of document.querySelectorAll("audio")) element.volume = share(volume);
  of.changes.dispatchEvent(new Event("volume"));
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

/**
 * Where a component's sound goes instead of its context's destination: below full scale, and through
 * the page's volume.
 */
export function output(context) {
  // A straight line that ends at full scale: what is above it would be louder than the volume says.
  const ceiling = new WaveShaperNode(context, { curve: [-1, 1] });
  const gain = new GainNode(context, { gain: share(bus.volume) });
  ceiling.connect(gain).connect(context.destination);
  const over = new AbortController();
  const follow = () => (context.state === "closed" ? over.abort() : gain.gain.setTargetAtTime(share(bus.volume), context.currentTime, 0.01));
  bus.changes.addEventListener("volume", follow, { signal: over.signal });
  return ceiling;
}

/** A slider for the volume of the whole page; all of them move together. */
export function volumeSlider() {
  const input = make("input", { type: "range", min: 0, max: 1, step: 0.05 });
  const value = make("output", { "aria-hidden": "true" }); // the slider says it itself
  const show = () => {
    input.value = bus.volume;
    value.textContent = said(bus.volume);
    input.setAttribute("aria-valuetext", `${value.textContent}, of all sounds of the page`);
  };
  input.addEventListener("input", () => {
    turn(Number(input.value));
    try {
      localStorage.setItem(KEPT, input.value);
    } catch {
      // Then it holds for this page.
    }
  });
  bus.changes.addEventListener("volume", show);
  show();
  return make("label", { class: "eq-volume" }, "volume ", input, value);
}
