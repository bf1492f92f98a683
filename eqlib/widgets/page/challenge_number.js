// A challenge of the kind "number": one peak, of which one number is to be found by ear.
import { NUMBERS, judged } from "./challenge_score.js";
import { hiddenOf, startOf } from "./challenge_spec.js";
import { deskSound, voicesOf } from "./desk_sound.js";
import { make } from "./dom.js";
import { Drawing } from "./drawing.js";
import { drawingPlot } from "./drawing_plot.js";
import { numberField } from "./fields.js";
import { clamp, decibels, hertz } from "./plot.js";
import { spectrum } from "./spectrum.js";

const STEPS = 240; // of the slider
const WINDOW = 4; // times what is near enough, to either side: what the second hint tells

/** A peak of which only one number can be moved. */
class OneNumber extends Drawing {
  constructor(band, which, rate) {
    super({ bands: [{ ...band, [which]: startOf(which) }] }, rate);
    const { kind, cutoff_hz, gain_db, q } = band;
    this.fixed = { kind, cutoff_hz, gain_db, q };
    delete this.fixed[which];
    this.which = which;
  }

  limitBand(band) {
    super.limitBand(band);
    if (this.fixed) Object.assign(band, this.fixed, { [this.which]: clamp(band[this.which], ...NUMBERS[this.which].range) });
  }

  get value() {
    return this.bands[0][this.which];
  }

  set value(value) {
    this.bands[0][this.which] = value;
    this.limit();
  }
}

const text = { q: (x) => `${Number(x.toPrecision(2))}`, cutoff_hz: hertz, gain_db: decibels };

/** The slider's place for a value, and the value at a place; over the logarithm but for a gain. */
function scaleOf(which) {
  const [into, out] = which === "gain_db" ? [(x) => x, (x) => x] : [Math.log, Math.exp];
  const [low, high] = NUMBERS[which].range.map(into);
  return { place: (value) => Math.round((STEPS * (into(value) - low)) / (high - low)), value: (place) => out(low + ((high - low) * place) / STEPS) };
}

export function number(spec, { rate, sounds, say, offer, button }) {
  const which = spec.number;
  const hidden = hiddenOf(spec, rate);
  const [band] = hidden.bands;
  const answer = band[which];
  const { name, unit, within, near } = NUMBERS[which];
  const own = new OneNumber(band, which, rate);
  const scale = scaleOf(which);
  let [tries, given, over] = [0, 0, false];

  const sound = deskSound(own, { sounds, sample_rate: rate }, { say, started: () => moving.follow() }, voicesOf(own, hidden));
  const moving = spectrum(
    () => sound.analyser,
    () => plot.view,
  );
  const plot = drawingPlot(own, { moved: show, removed: () => say("The peak stays: only one of its numbers is asked for."), under: [moving.path] });
  const slider = make("input", { type: "range", class: "eq-slider", min: 0, max: STEPS, step: 1, "aria-label": `${name} of your peak` });
  slider.addEventListener("input", () => {
    own.value = scale.value(Number(slider.value));
    show();
  });
  const field = numberField(name, { unit, name: `${name}, typed`, refused: say, get: () => own.value, set: (value) => ((own.value = value), show()) });
  function show() {
    plot.draw();
    slider.value = scale.place(own.value);
    slider.style.setProperty("--eq-share", slider.value / STEPS);
    slider.setAttribute("aria-valuetext", text[which](own.value));
    field.show();
    sound.follow();
  }

  function check() {
    const { right, words } = judged(which, own.value, answer);
    tries += over ? 0 : 1;
    if (!right) return say(`Not yet: ${words}.${over ? "" : ` Checks so far: ${tries}.`}`);
    const kept = over ? " After the answer was shown or found, it is not kept." : offer(tries);
    over = true;
    say(`Right: it is ${text[which](answer)}, and yours ${text[which](own.value)}. ${tries === 1 ? "One check." : `${tries} checks.`}${kept}`, true);
  }
  function help() {
    given += 1;
    if (given === 1) return say({ q: "Move the slider to an end, then to the other one: which end sounds more like the hidden one? A narrow peak rings on one tone.", cutoff_hz: "Sweep the slider slowly through its range while you switch to “hidden” and back: hum where the hidden one stands out.", gain_db: "Switch between “dry” and “hidden” first: does the peak add something or take it away?" }[which]);
    if (given === 2) {
      hint.textContent = "Show the answer";
      // Not in the middle, or the hint would be the answer.
      const shift = (spec.seed % 2 ? 0.5 : -0.5) * WINDOW * near;
      const at = (off) => (which === "gain_db" ? answer + off : answer * 2 ** off);
      return say(`It is between ${text[which](at(shift - WINDOW * near))} and ${text[which](at(shift + WINDOW * near))}.`);
    }
    over = true;
    own.value = answer;
    show();
    say(`It is ${text[which](answer)}, and yours now, too.`);
  }
  const hint = button("Hint", help);
  plot.build();
  show();
  const known = { q: `The hidden one is a peak at ${hertz(band.cutoff_hz)} of ${decibels(band.gain_db)}.`, cutoff_hz: `The hidden one is a peak of ${decibels(band.gain_db)} with a Q of ${text.q(band.q)}.`, gain_db: `The hidden one is a peak at ${hertz(band.cutoff_hz)} with a Q of ${text.q(band.q)}.` }[which];
  return {
    element: make("div", { class: "eq-desk-card" }, plot.svg, make("div", { class: "eq-desk-bar eq-challenge-number" }, slider, field), sound.bar, sound.level),
    buttons: [button("Check", check), hint],
    task: `${known} Find its ${{ q: "Q", cutoff_hz: "frequency", gain_db: "gain" }[which]}: move the slider until “yours” sounds like “hidden”. Right is within ${within}; the fewer checks, the better.`,
    best: (value) => (value === 1 ? "right at the first check" : `right after ${value} checks`),
    better: (a, b) => a < b,
    hidden,
    own,
    sound,
    close: () => sound.close(),
  };
}
