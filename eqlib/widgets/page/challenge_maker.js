// Where a teacher makes a challenge: a form, whose whole content becomes a link.
import { pinkNoise } from "./challenge_noise.js";
import { NUMBERS } from "./challenge_score.js";
import { QUESTIONS, SPEC, TASKS, encoded, faultOf } from "./challenge_spec.js";
import { mount as mountDesk } from "./desk.js";
import { make } from "./dom.js";
import { numberField } from "./fields.js";

const FIRST = {
  shelf: { kind: "low_shelf", cutoff_hz: 400, gain_db: 9, q: 0.71 },
  peak: { kind: "peaking", cutoff_hz: 900, gain_db: 12, q: 3 },
};
const WITH_EQ = ["match", "number", "train"];

/**
 * Builds the form.
 * @param {HTMLElement} element where
 * @param {object} state sample_rate; page, the address of the page whose challenge opens the link
 */
export function mount(element, state) {
  const rate = state.sample_rate ?? 16000;
  const values = { ...SPEC };
  const base = new URL(state.page ?? "", location.href.split("#")[0]).href;

  const said = make("p", { class: "eq-desk-status", role: "status", "aria-live": "polite" });
  const say = (words) => (said.textContent = words);
  const pick = (name, label, options) => {
    const select = make("select", { "aria-label": label }, ...Object.entries(options).map(([value, words]) => make("option", { value, selected: String(values[name]) === value }, words)));
    select.addEventListener("change", () => {
      values[name] = typeof SPEC[name] === "number" ? Number(select.value) : select.value;
      changed(name);
    });
    return make("label", { class: "eq-field" }, make("span", {}, label), select);
  };
  const whole = (name, label, [low, high]) => {
    const set = (value) => {
      if (!Number.isInteger(value) || value < low || value > high) throw new Error(`a whole number from ${low} to ${high} is expected, not ${value}`);
      values[name] = value;
      changed(name);
    };
    return numberField(label, { name: label, refused: say, get: () => values[name], set });
  };
  const asked = Object.fromEntries(Object.entries(QUESTIONS).map(([name, { ask }]) => [name, ask]));
  const numbers = Object.fromEntries(Object.entries(NUMBERS).map(([name, { name: words }]) => [name, words.toLowerCase()]));
  const fields = {
    number: pick("number", "Ask for the", numbers),
    question: pick("question", "Question", asked),
    level: pick("level", "Level", { 1: "easy", 2: "medium", 3: "hard" }),
    rounds: whole("rounds", "Rounds", [4, 20]),
    seed: whole("seed", "Seed", [0, 2 ** 31 - 1]),
    snr: whole("snr", "SNR to reach, in dB", [5, 60]),
  };
  const shown = { match: [], number: ["number"], which: ["question", "level", "rounds", "seed"], train: ["snr"] };
  const note = make("textarea", { rows: 2, maxlength: 300, "aria-label": "A note to whoever opens it", placeholder: "A note to whoever opens it" });
  note.addEventListener("input", () => {
    values.note = note.value.trim();
    changed();
  });
  const place = make("div");
  const desk = mountDesk(place, { bands: [FIRST.shelf], curve: null, sample_rate: rate, sounds: { "pink noise": pinkNoise(rate) } }, { linked: false, changed: () => changed() });
  const link = make("input", { type: "text", readonly: true, class: "eq-challenge-link", "aria-label": "The link", onfocus: () => link.select() });
  const button = (words, onclick) => make("button", { type: "button", class: "eq-button", onclick }, words);
  const copy = button("Copy link", async () => {
    if (!link.value) return say(fault());
    try {
      await navigator.clipboard.writeText(link.value);
      say("Copied: the link opens this challenge.");
    } catch {
      link.focus();
      say("The browser does not let the page copy. The link is selected: copy it by hand.");
    }
  });
  const open = make("a", { class: "eq-button eq-challenge-open" }, "Open it");

  const spec = () => ({ ...values, eq: WITH_EQ.includes(values.kind) ? desk.eq : null });
  function fault() {
    const { eq } = spec();
    if (eq && !eq.curve && !eq.bands.some(({ bypass }) => !bypass)) return "The desk has no band yet: add one.";
    const words = faultOf(spec(), rate);
    return words && `Not yet a challenge: ${words}.`;
  }
  function changed(name) {
    if (name === "kind") {
      for (const [key, field] of Object.entries(fields)) field.hidden = !shown[values.kind].includes(key);
      place.hidden = !WITH_EQ.includes(values.kind);
      const one = desk.eq.bands.length === 1 && !desk.eq.curve ? desk.eq.bands[0].kind : "";
      if (values.kind === "number" && one !== "peaking") desk.set({ bands: [FIRST.peak], curve: null });
    }
    const words = fault();
    link.value = words ? "" : `${base}#challenge=${encoded(spec())}`;
    if (words) open.removeAttribute("href");
    else open.href = link.value;
    say(words);
  }

  element.classList.add("eq-challenge", "eq-desk");
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", "Make a challenge");
  element.replaceChildren(
    make("p", { class: "eq-challenge-title" }, "Make a challenge"),
    make("div", { class: "eq-desk-bar" }, pick("kind", "Kind", TASKS), ...Object.values(fields)),
    place,
    make("p", {}, note),
    make("div", { class: "eq-desk-bar eq-challenge-bar" }, link, copy, open),
    said,
  );
  changed("kind");
  return { close: () => desk.close() };
}
