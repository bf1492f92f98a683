// A listening challenge: something hidden is to be found by ear, and the page itself says how near one is.
// In Jupyter it is a live widget (eqlib.widgets.challenge.Challenge), in the book it runs by itself.
import { match } from "./challenge_match.js";
import { pinkNoise } from "./challenge_noise.js";
import { number } from "./challenge_number.js";
import { LEVELS, QUESTIONS, SPEC, TASKS, codeIn, decoded, toText } from "./challenge_spec.js";
import { train } from "./challenge_train.js";
import { which } from "./challenge_which.js";
import { make } from "./dom.js";

const PLAY = { match, number, which, train };
const LEVEL_WORDS = { 1: "easy", 2: "medium", 3: "hard" };
const DETAIL = {
  match: ({ level, eq }) => (eq ? "" : ["", "one shelf", "one peak", "a shelf and a peak"][level]),
  number: ({ number: asked }) => ({ q: "the Q of a peak", cutoff_hz: "the frequency of a peak", gain_db: "the gain of a peak" })[asked],
  which: ({ question }) => QUESTIONS[question].ask,
  train: ({ snr }) => `to ${snr} dB`,
};

/** The best result of a challenge, kept in this browser. */
function bestOf(key) {
  let here = null; // where the browser keeps nothing
  return {
    get value() {
      try {
        const kept = JSON.parse(localStorage.getItem(key));
        return Number.isFinite(kept) ? kept : here;
      } catch {
        return here;
      }
    },
    keep(value) {
      here = value;
      try {
        localStorage.setItem(key, JSON.stringify(value));
        return true;
      } catch {
        return false;
      }
    },
  };
}

/**
 * Builds a challenge.
 * @param {HTMLElement} element where
 * @param {object} state a challenge (see SPEC in challenge_spec.js); sounds (name -> address); sample_rate
 * @param {{linked?: boolean, trains?: boolean, changed?: (result: object) => void}} ties whether it opens
 *   the page's links; whether a workbench can train here; told after each answer
 */
export function mount(element, state, { linked = true, trains = location.protocol !== "file:", changed = () => {} } = {}) {
  const rate = state.sample_rate ?? 16000;
  const here = (address) => (address.startsWith("./") ? new URL(address, import.meta.url).href : address);
  const given = Object.entries(state.sounds ?? {}).map(([name, address]) => [name, here(address)]);
  const sounds = { "pink noise": pinkNoise(rate), ...Object.fromEntries(given) };
  const own = Object.fromEntries(Object.entries(SPEC).map(([name, value]) => [name, state[name] ?? value]));
  // Of several challenges of a page, the first one opens its links.
  const opens = linked && document.querySelector('[data-eq-component="challenge"]') === element;
  let [spec, code, game] = [own, null, null];

  const title = make("p", { class: "eq-challenge-title" });
  const note = make("p", { class: "eq-challenge-note" });
  const task = make("p", { class: "eq-challenge-task" });
  const body = make("div", { class: "eq-challenge-body" });
  const bar = make("div", { class: "eq-desk-bar eq-challenge-bar" });
  const best = make("span", { class: "eq-challenge-best" });
  const said = make("p", { class: "eq-desk-status eq-challenge-said", role: "status", "aria-live": "polite" });
  const say = (words, right = false) => {
    said.textContent = words;
    said.classList.toggle("eq-challenge-right", right);
  };
  const button = (words, onclick) => make("button", { type: "button", class: "eq-button", onclick: ({ currentTarget }) => currentTarget.getAttribute("aria-disabled") === "true" || onclick() }, words);
  const another = button("Another one", () => show({ ...spec, seed: spec.seed + 1 }, null, "A new one."));
  const back = button("Back to this page’s own", () => {
    history.replaceState(history.state, "", location.href.split("#")[0]);
    show(own, null, "This page’s own challenge.");
  });
  const levels = make("select", { "aria-label": "level" }, ...LEVELS.map((level) => make("option", { value: level }, LEVEL_WORDS[level])));
  levels.addEventListener("change", () => show({ ...spec, level: Number(levels.value), seed: own.seed }, null, `Level ${LEVEL_WORDS[levels.value]}.`));

  /** What a best result is kept under: seeds of a level are tries at the same thing. */
  const keyOf = () => `eq-challenge ${code ?? toText({ ...spec, seed: 0, note: "" })}`;
  function showBest(kept) {
    best.textContent = kept.value === null ? "No result so far" : `Best so far: ${game.best(kept.value)}`;
  }

  function show(next, link, words = "") {
    const hadFocus = bar.contains(document.activeElement);
    game?.close();
    [spec, code] = [next, link];
    const kept = bestOf(keyOf());
    /** Keeps a result if it is the best; returns what to say of that. */
    const offer = (value) => {
      const first = kept.value === null;
      const better = first || game.better(value, kept.value);
      const stored = better ? kept.keep(value) : true;
      showBest(kept);
      changed({ kind: spec.kind, level: spec.level, seed: spec.seed, value, best: kept.value });
      if (!better) return "";
      return `${first ? " Kept as your first result" : " Your best so far"}${stored ? "." : ", until you leave: this browser keeps nothing."}`;
    };
    game = PLAY[spec.kind](spec, { rate, sounds, say, offer, button, trains, again: () => another.focus() });
    const detail = DETAIL[spec.kind](spec);
    title.textContent = `${code ? "A challenge from a link: " : ""}${[TASKS[spec.kind], detail].filter(Boolean).join(": ")}`;
    note.textContent = spec.note;
    note.hidden = !spec.note;
    task.textContent = game.task;
    body.replaceChildren(game.element);
    levels.value = spec.level;
    const fixed = Boolean(spec.eq || code || spec.kind === "train");
    bar.replaceChildren(...game.buttons, ...(fixed ? [] : [another, make("label", { class: "eq-field" }, make("span", {}, "Level"), levels)]), ...(code ? [back] : []), make("span", { class: "eq-desk-gap" }), best);
    showBest(kept);
    say(words);
    if (hadFocus) (another.isConnected ? another : bar.querySelector("button"))?.focus();
  }
  function follow() {
    const found = codeIn(location.hash);
    if (found === null) return false;
    try {
      show(decoded(found), found, "The challenge of the link.");
    } catch (error) {
      show(own, null, `The link is not quite right: ${error.message}. Here is this page’s own challenge.`);
    }
    element.scrollIntoView({ block: "start" });
    return true;
  }

  element.classList.add("eq-challenge", "eq-desk");
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", "Listening challenge");
  element.replaceChildren(title, note, task, body, bar, said);
  if (!opens || !follow()) show(own, null);
  if (opens) addEventListener("hashchange", follow);

  return {
    get spec() {
      return spec;
    },
    get game() {
      return game;
    },
    close() {
      removeEventListener("hashchange", follow);
      game.close();
    },
  };
}

/** anywidget's entry: the same challenge, tied to `eqlib.widgets.challenge.Challenge`. */
export default {
  render({ model, el }) {
    const place = document.createElement("div");
    el.append(place);
    const challenge = mount(place, model.get("state"), {
      linked: false,
      trains: false,
      changed(result) {
        model.set("result", result);
        model.save_changes();
      },
    });
    return () => challenge.close();
  },
};
