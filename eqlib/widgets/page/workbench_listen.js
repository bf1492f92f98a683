// The workbench's lower half: a moment of the training is chosen, and heard.
import { Unfit, decodeFile } from "./audio_file.js";
import { fetched } from "./decoding.js";
import { make } from "./dom.js";
import { inWords, loudness, matched, snrDb } from "./loudness.js";
import { mount as mountPlayer } from "./player.js";
import { applyEq } from "./target.js";

const STEP_MS = 900; // from one moment to the next, when all are played
const BOOKS_NOTE = "F♯4"; // the one that goes through the chapters
const LIFT_DB = 40; // at most, of an output
const KEPT = 60; // outputs that are kept

/**
 * Builds it.
 * @param {{sounds: Record<string, string>, sample_rate: number}} state name -> address
 * @param {{process: (signal: Float32Array, step: ?number) => Promise<Float32Array>,
 *   looked: (index: ?number) => void, say: (words: string) => void}} told `process` runs the network as
 *   it was after a step; `looked` is called with the moment that is looked at
 */
export function listening(state, { process, looked, say }) {
  const rate = state.sample_rate;
  const signals = new Map(Object.keys(state.sounds ?? {}).map((name) => [name, null])); // decoded when asked for
  let run = null; // {steps: number[], best: number, effect: ?object (as EQ.to_dict writes it), own: ?{name, samples, target}}
  let moment = 0;
  let player = null;
  let shown = null; // {name, input, target} in the player
  let turn = 0; // the newest wish wins
  let timer = 0;
  const outputs = new Map();

  const slider = make("input", { type: "range", min: 0, max: 0, step: 1, value: 0, "aria-label": "Moment of the training" });
  const label = make("output", { class: "eq-workbench-moment-words" });
  const replay = make("button", { type: "button", class: "eq-button", onclick: () => (timer ? pause() : start()) }, "Play the learning");
  const moments = make("div", { class: "eq-workbench-moments" }, replay, slider, label);
  const clip = make("select", { "aria-label": "Sound" });
  const file = make("input", { type: "file", class: "eq-workbench-file", accept: "audio/*,.wav,.flac,.mp3,.ogg,.m4a", "aria-label": "An audio file of your own" });
  const own = make("label", { class: "eq-button eq-workbench-own" }, "Your own file", file);
  const words = make("p", { class: "eq-workbench-heard", role: "status" });
  const place = make("div", { class: "eq-workbench-player" });
  const empty = make("p", { class: "eq-workbench-empty" }, "Train first. Then the network's sound is here, at every moment of its training: untrained, after 10 steps, after 100 …");
  const body = make("div", {}, moments, make("div", { class: "eq-workbench-row" }, make("label", { class: "eq-field" }, make("span", {}, "Sound"), clip), own), words, place);
  const section = make("div", { role: "group", class: "eq-workbench-card eq-workbench-listen", "aria-label": "Hear it learn" }, make("div", { class: "eq-workbench-head" }, make("p", { class: "eq-workbench-title" }, "Hear it learn")), empty, body);
  body.hidden = true;

  // --- sounds

  function offer() {
    const before = clip.value;
    clip.replaceChildren(...[...signals.keys()].map((name) => make("option", { value: name }, name)));
    if (signals.has(before)) clip.value = before;
  }
  async function samplesOf(name) {
    if (!signals.get(name)) signals.set(name, await fetched(state.sounds[name], rate));
    return signals.get(name);
  }
  async function take(chosen) {
    if (!chosen) return;
    try {
      const found = await decodeFile(chosen, rate);
      signals.set(chosen.name, found.samples);
      for (const key of outputs.keys()) if (key.startsWith(`${chosen.name}|`)) outputs.delete(key);
      shown = null;
      offer();
      clip.value = chosen.name;
      say(`“${chosen.name}”: ${found.said}. It stays in your browser.`);
      await hear();
    } catch (error) {
      say(error instanceof Unfit ? `${error.message} Nothing has changed.` : `This file cannot be used (${error.message}).`);
    }
  }
  file.addEventListener("change", () => take(file.files[0]));
  file.addEventListener("click", () => (file.value = "")); // so that the same file can be chosen again
  for (const type of ["dragover", "dragleave", "drop"]) {
    section.addEventListener(type, (event) => {
      event.preventDefault();
      section.classList.toggle("eq-drop-over", type === "dragover");
      if (type === "drop") take(event.dataTransfer.files[0]);
    });
  }
  clip.addEventListener("change", () => hear());

  // --- moments

  const stepOf = () => run.steps[moment];
  function describe() {
    const step = stepOf();
    label.textContent = step === 0 ? "untrained" : `after ${step} ${step === 1 ? "step" : "steps"}${step === run.best ? ", the best" : ""}`;
    slider.setAttribute("aria-valuetext", label.textContent);
  }
  function look(index) {
    moment = index;
    slider.value = index;
    describe();
    looked(index);
    return hear();
  }
  slider.addEventListener("input", () => {
    pause();
    look(Number(slider.value));
  });
  async function start() {
    replay.textContent = "Pause";
    timer = -1;
    if (moment >= run.steps.length - 1) await look(0);
    if (player && !player.mixer?.sources.length) place.querySelector(".eq-compare-play")?.click();
    const output = place.querySelectorAll(".eq-compare-tracks input")[2];
    output?.click();
    const next = async () => {
      if (!timer) return;
      if (moment >= run.steps.length - 1) return pause();
      await look(moment + 1);
      if (timer) timer = setTimeout(next, STEP_MS);
    };
    if (timer) timer = setTimeout(next, STEP_MS);
  }
  function pause() {
    clearTimeout(timer);
    timer = 0;
    replay.textContent = "Play the learning";
  }

  // --- the player

  async function outputAt(name, input, step) {
    const key = `${name}|${step}`;
    if (!outputs.has(key)) {
      outputs.set(key, await process(input, step));
      if (outputs.size > KEPT) outputs.delete(outputs.keys().next().value);
    }
    return outputs.get(key);
  }
  async function hear() {
    const mine = ++turn;
    const [name, step, of] = [clip.value, stepOf(), run];
    try {
      const input = await samplesOf(name);
      const output = await outputAt(name, input, step);
      if (mine !== turn) return;
      if (!output.every(Number.isFinite)) throw new Error("the network's output is not made of numbers any more");
      const target = shown?.name === name ? shown.target : of.own?.name === name ? of.own.target : of.effect ? applyEq(of.effect, input) : null;
      await put(name, input, target, output);
      if (target) {
        const [reached, dry] = [snrDb(target, output), snrDb(target, input)];
        words.textContent = `${name}, network ${label.textContent}: SNR ${reached.toFixed(1).replace("-", "−")} dB (doing nothing: ${dry.toFixed(1).replace("-", "−")} dB).`;
      } else words.textContent = `${name}, network ${label.textContent}.`;
    } catch (error) {
      if (mine === turn) words.textContent = `This sound cannot be made (${error.message}).`;
    }
  }
  async function put(name, input, target, output) {
    const named = target ? { input, target, output } : { input, output };
    // An untrained network is soft: it is brought up, or all the others would have to come down.
    const level = Math.min(...Object.values(named).slice(0, -1).map((samples) => loudness(samples, rate)));
    const lift = Math.min(LIFT_DB, Math.max(0, Math.round(10 * (level - loudness(output, rate))) / 10));
    const lifted = (samples, db) => samples.map((x) => x * 10 ** (db / 20));
    const gains = matched(Object.values({ ...named, output: lifted(output, lift) }), rate);
    gains[gains.length - 1] += lift;
    const tracks = Object.entries(named).map(([track, samples], i) => ({
      name: track,
      gain_db: gains[i],
      change: `${track === "output" ? "of the network, " : ""}${gains[i] > 0 ? `turned up by ${gains[i].toFixed(1)} dB` : inWords(gains[i])}`,
      samples: lifted(samples, gains[i]),
    }));
    if (player && shown?.name === name && Boolean(shown.target) === Boolean(target)) player.replace(tracks);
    else {
      player?.close();
      const inside = make("div");
      place.replaceChildren(inside);
      player = await mountPlayer(inside, { tracks, sample_rate: rate });
    }
    shown = { name, input, target, output };
  }

  return {
    section,
    /** More sounds to choose from. */
    add(notes) {
      for (const { name, samples } of notes) signals.set(name, samples);
      offer();
      clip.value = notes.findLast(({ name }) => name.includes(BOOKS_NOTE))?.name ?? notes[0]?.name ?? "";
    },
    /** A run to be heard, at its best; null takes what was there away. */
    async open(next) {
      pause();
      turn++;
      outputs.clear();
      run = next;
      shown = null;
      empty.hidden = Boolean(run);
      body.hidden = !run;
      if (!run) {
        player?.close();
        player = null;
        place.replaceChildren();
        return;
      }
      if (run.own) {
        signals.set(run.own.name, run.own.samples);
        offer();
        clip.value = run.own.name;
      }
      moments.hidden = run.steps.length < 2;
      slider.max = run.steps.length - 1;
      moment = Math.max(0, run.steps.indexOf(run.best));
      slider.value = moment;
      offer();
      describe();
      await hear();
    },
    /** The step that is looked at, and the sound that is chosen. */
    get step() {
      return stepOf();
    },
    async sound() {
      return { name: clip.value, samples: await samplesOf(clip.value), rate };
    },
    /** What is in the player, for tests. */
    get last() {
      return shown;
    },
    close() {
      pause();
      player?.close();
    },
  };
}
