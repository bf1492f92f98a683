// The desk's sound: a clip or a file of the reader's own in a loop, through the equalizer or without it.
import { Unfit, decodeFile } from "./audio_file.js";
import { volumeSlider } from "./bus.js";
import { bufferOf, fetched } from "./decoding.js";
import { make } from "./dom.js";
import { clamp } from "./plot.js";
import { LoopPlayer, loudnessMeter, render } from "./sound.js";

/** By how many dB samples have to be turned down, so that they stay within full scale. */
export const tooLoudDb = (samples) => Math.max(0, 20 * Math.log10(samples.reduce((top, x) => Math.max(top, Math.abs(x)), 0)));

let counter = 0;

/** One of several things to hear: radios, which arrow keys change. */
function switchOf(voices, first, changed) {
  const name = `eq-desk-heard-${counter++}`;
  const radio = ({ label }, index) => make("label", {}, make("input", { type: "radio", name, value: index, checked: index === first, onchange: changed }), make("span", {}, label));
  return make("fieldset", { class: "eq-segments eq-desk-heard" }, make("legend", {}, "hear"), ...voices.map(radio));
}

const PLAIN = [{ label: "dry" }, { label: "equalized" }]; // where there is nothing else

/** What is heard where an equalizer is to be found: the dry sound, the hidden one, and the reader's own. */
export const voicesOf = (own, hidden) => [
  { label: "dry", filters: () => ({ bands: [] }), response: (hz) => hz.map(() => 0) },
  { label: "hidden", filters: () => hidden.filters, response: (hz) => hidden.response(hz), unseen: true },
  { label: "yours", filters: () => own.filters, response: (hz) => own.response(hz) },
];

/**
 * @param {Drawing} drawing
 * @param {object} state sounds (name -> address, or samples), sample_rate in Hz
 * @param {{say: (words: string) => void, started: Function}} told
 * @param {?{label: string, filters: () => object, response: (hz: number[]) => number[], unseen?: boolean}[]}
 *   voices what is heard in turn, where there is more than the drawing and the dry sound; of what is
 *   `unseen` no spectrum is shown
 * @param {number} first the one that is heard first
 */
export function deskSound(drawing, { sounds: addresses, sample_rate: rate }, { say, started }, voices = null, first = (voices ?? PLAIN).length - 1) {
  const sounds = Object.keys(addresses ?? {});
  const own = new Map(); // the reader's files, by name
  const loaded = new Map();
  let player = null;
  let meter = () => 0;
  let frame = 0;

  const option = (name) => make("option", { value: name }, name);
  const play = make("button", { type: "button", class: "eq-desk-play", onclick: toggle, disabled: !sounds.length }, "Play");
  const clip = make("select", { "aria-label": "sound", onchange: another }, ...sounds.map(option));
  const file = make("input", { type: "file", class: "eq-desk-file", accept: "audio/*,.wav,.flac,.mp3,.ogg,.m4a", "aria-label": "Own file", onchange: () => take(file.files[0]) });
  file.addEventListener("click", () => (file.value = "")); // so that the same file can be chosen again
  const level = make("p", { class: "eq-desk-level" });

  const change = switchOf(voices ?? PLAIN, first, voiced);
  const chosen = () => Number(change.querySelector(":checked").value);
  const voice = () => voices?.[chosen()];
  const plain = () => !voices && chosen() === 0;
  const filters = () => voice()?.filters() ?? (plain() ? { bands: [] } : drawing.filters);
  const matching = () => (plain() ? 0 : clamp(-meter((hz) => (voice() ?? drawing).response(hz)), -60, 12));
  function voiced() {
    hear();
    if (player?.playing) started();
  }
  function hear() {
    play.textContent = player?.playing ? "Stop" : "Play";
    if (!clip.length) return;
    const gain = matching();
    const by = Math.abs(gain) < 0.05 ? "at the level of the dry sound" : `turned ${gain < 0 ? "down" : "up"} by ${Math.abs(gain).toFixed(1)} dB, to the loudness of the dry sound`;
    if (voices) level.textContent = `You hear: ${voice().label}, ${gain < 12 ? "at the loudness of the dry sound" : "turned up by 12 dB and still softer than the dry sound"}.`;
    else level.textContent = plain() ? "You hear the dry sound." : `The equalized sound is ${by}.`;
    if (player?.playing) player.change(filters(), gain);
  }
  async function samples() {
    const name = clip.value;
    const given = own.get(name) ?? addresses[name];
    if (!loaded.has(name)) loaded.set(name, typeof given === "string" ? await fetched(given, rate) : given);
    const found = loaded.get(name);
    if (name === clip.value) meter = loudnessMeter(found, rate);
    return found;
  }
  async function begin() {
    try {
      const found = await samples();
      player ??= new LoopPlayer(rate);
      player.onstopped = hear;
      await player.start(bufferOf(found, rate), filters(), matching());
      say("");
      started();
    } catch (error) {
      say(`This sound cannot be played here (${error.message}).`);
    }
    hear();
  }
  function toggle() {
    if (!player?.playing) return begin();
    player.stop();
    hear();
  }
  function another() {
    return player?.playing ? begin() : samples().then(hear, () => {});
  }
  async function take(chosen) {
    if (!chosen) return;
    try {
      const found = await decodeFile(chosen, rate);
      const down = tooLoudDb(found.samples);
      own.set(chosen.name, down ? found.samples.map((x) => x * 10 ** (-down / 20)) : found.samples);
      loaded.delete(chosen.name);
      if (![...clip.options].some(({ value }) => value === chosen.name)) clip.append(option(chosen.name));
      clip.value = chosen.name;
      play.disabled = false;
      await another();
      say(`“${chosen.name}”: ${found.said}${down ? `, turned down by ${down.toFixed(1)} dB, for it was above full scale` : ""}. It stays in your browser.`);
    } catch (error) {
      say(error instanceof Unfit ? `${error.message} Nothing has changed.` : `This file cannot be used (${error.message}).`);
    }
  }

  const bar = make(
    "div",
    { class: "eq-desk-bar eq-desk-transport" },
    play,
    clip,
    make("label", { class: "eq-desk-own-file" }, file, "Own file"),
    change,
    volumeSlider(),
  );
  if (sounds.length) samples().then(hear, () => {});
  return {
    bar,
    level,
    take,
    /** The equalizer has changed: once a frame, what is heard follows. */
    follow() {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(hear);
    },
    get analyser() {
      return player?.playing && !voice()?.unseen ? player.analyser : null;
    },
    /** By how much the page turns what is heard now, in dB. */
    get gain_db() {
      return matching();
    },
    /** Hears another of the voices. */
    voice(index) {
      change.querySelectorAll("input")[index].checked = true;
      voiced();
    },
    get samples() {
      return samples();
    },
    render: async () => render(await samples(), drawing.filters, rate),
    close: () => player?.close(),
  };
}
