// Live: an instrument, a voice or a sound of the page through a network, while it is played.
import { Unfit } from "./audio_file.js";
import { volumeSlider } from "./bus.js";
import { make } from "./dom.js";

const LOUDEST_DB = -60; // where a level's bar begins
const LABELS = { dry: "dry", network: "network", exact: "exact filter" };
const ms = (seconds) => Math.round(1000 * seconds);
const share = (peak) => Math.max(0, Math.min(1, 1 - (20 * Math.log10(Math.max(peak, 1e-6))) / LOUDEST_DB));
let counter = 0;

/** How long it takes from the ear of the computer to its mouth, and where the time goes. */
export function latencyInWords({ seconds, parts }) {
  return `Latency ${ms(seconds)} ms: the network’s frame ${ms(parts.frame)}, resampling ${ms(parts.resampling)}, computing and hand-over ${ms(parts.rest)}, the browser’s sound input and output ${ms(parts.device)}.`;
}

/** What stands in its place where the kernel runs the network, which is no way for sound that is played. */
export const elsewhere = () => make("p", { class: "eq-live-elsewhere" }, "Live sound, from a microphone or an instrument, is in the book’s page only: there the network runs in the browser, here in the kernel.");

/**
 * Builds it.
 * @param {{network: () => Promise<object>, sound: () => Promise<{name: string, samples: Float32Array, rate: number}>}} ties
 *   `network` gives what LiveSession.start takes, and `sound` what is played instead of a microphone
 */
export function live({ network, sound }) {
  const id = counter++;
  let session = null; // loaded when it is first needed
  let phase = "idle"; // "loading", "live"
  let last = null; // report
  let turn = 0;
  let stale = false; // something changed while it was loading

  const status = make("p", { class: "eq-live-status", role: "status" });
  const say = (words) => (status.textContent = words);
  const radios = (name, legend, values, chosen, changed) => {
    const each = Object.entries(values).map(([value, label]) => {
      const input = make("input", { type: "radio", name: `eq-live-${name}-${id}`, value, checked: value === chosen, onchange: () => changed(value) });
      return make("label", {}, input, make("span", {}, label));
    });
    const group = make("fieldset", { class: "eq-live-choice" }, make("legend", {}, legend), ...each);
    group.value = () => group.querySelector(":checked").value;
    return group;
  };
  const source = radios("source", "Input", { device: "microphone", sound: "recording above" }, "device", () => describe());
  const devices = make("select", { "aria-label": "Which input" });
  const which = make("label", { class: "eq-live-which" }, devices);
  which.hidden = true;
  const worn = make("input", { type: "checkbox" });
  const headphones = make("label", { class: "eq-live-worn" }, worn, make("span", {}, "I wear headphones. ", make("small", {}, "Through loudspeakers the microphone would hear the network, and howl. An instrument in the computer’s input counts as a microphone. Begin softly.")));
  const button = make("button", { type: "button", class: "eq-live-button", onclick: () => (phase === "idle" ? start() : session?.end()) }, "Go live");
  const heard = radios("heard", "You hear", LABELS, "network", (value) => session?.choose(value));
  const level = (name) => {
    const bar = make("span", { class: "eq-live-level" });
    return { bar, element: make("span", { class: "eq-live-meter", "aria-hidden": "true" }, name, bar) };
  };
  const [input, output] = ["in", "out"].map(level);
  const limited = make("span", { class: "eq-live-limited", "aria-hidden": "true" }, "limited");
  const latency = make("p", { class: "eq-live-latency" });
  const meters = make("div", { class: "eq-live-row eq-live-meters" }, input.element, output.element, limited);
  const exact = heard.querySelector("label:last-of-type");

  function describe() {
    const mine = source.value() === "device";
    headphones.hidden = !mine;
    which.hidden = !mine || devices.options.length < 2;
    source.disabled = devices.disabled = phase !== "idle";
    button.textContent = { idle: "Go live", loading: "Loading … stop", live: "Stop" }[phase];
    element.classList.toggle("eq-live-on", phase === "live");
    if (phase === "live") return;
    latency.textContent = "";
    for (const { bar } of [input, output]) bar.style.removeProperty("--eq-level");
    limited.classList.remove("eq-live-shown");
  }
  function enter(next) {
    phase = next;
    describe();
  }
  /** The computer's inputs; browsers tell their names once one was allowed. */
  async function listDevices() {
    const found = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind, label }) => kind === "audioinput" && label);
    const before = devices.value;
    devices.replaceChildren(...found.map(({ deviceId, label }) => make("option", { value: deviceId }, label)));
    if (found.some(({ deviceId }) => deviceId === before)) devices.value = before;
    describe();
  }
  const told = {
    report(report) {
      last = report;
      input.bar.style.setProperty("--eq-level", share(report.topIn));
      output.bar.style.setProperty("--eq-level", share(report.topOut));
      limited.classList.toggle("eq-live-shown", report.lowest < 0.9);
      const words = latencyInWords(report);
      if (latency.textContent !== words) latency.textContent = words;
    },
    ended(words) {
      enter("idle");
      say(words ?? "Stopped.");
    },
  };
  async function start() {
    const mine = source.value() === "device";
    if (mine && !worn.checked) {
      say("First put headphones on, and tick the box.");
      return worn.focus();
    }
    enter("loading");
    say(mine ? "The browser may ask whether this page may listen. What it hears stays in this page." : "");
    const began = ++turn;
    stale = false;
    try {
      session ??= new (await import("./live_session.js")).LiveSession(told);
      const from = mine ? { device: devices.value || null } : await sound();
      await session.start(from, await network(), heard.value());
      if (mine) await listDevices();
      enter("live");
      say(mine ? "Live. Switch between dry, network and exact filter while you play." : `Live: ${from.name}, again and again.`);
      if (stale) follow();
    } catch (error) {
      if (began !== turn || phase === "idle") return; // stopped meanwhile, which was said
      enter("idle");
      say(error instanceof Unfit ? error.message : `Nothing can be played live here (${error.message}).`);
    }
  }

  /** Follows what changed outside, while it sounds: another network, another filter. */
  async function follow() {
    stale = phase === "loading";
    if (phase !== "live") return;
    const mine = ++turn;
    try {
      const next = await network();
      if (mine === turn) await session.change(next);
    } catch (error) {
      session.end(`The network cannot go on (${error.message}).`);
    }
  }

  const element = make(
    "div",
    { role: "group", class: "eq-live", "aria-label": "Live" },
    make("p", { class: "eq-live-title" }, "Play through it, live"),
    make("div", { class: "eq-live-row" }, source, which),
    headphones,
    make("div", { class: "eq-live-row" }, button, heard, volumeSlider()),
    meters,
    latency,
    status,
  );
  describe();

  return {
    element,
    follow,
    /** Whether there is an exact filter to compare with. */
    hasExact(known) {
      exact.hidden = !known;
      if (known || heard.value() !== "exact") return;
      heard.querySelector("[value=network]").checked = true;
      session?.choose("network");
    },
    stop: () => session?.end(),
    /** What the sound's own thread told last, for tests. */
    get last() {
      return last;
    },
    get phase() {
      return phase;
    },
    close() {
      session?.close();
    },
  };
}
