// A challenge of the kind "which": X and Y, drawn anew in each round; which is the one that is asked for?
import { guessing, percent } from "./abx.js";
import { inNumbers } from "./challenge_score.js";
import { QUESTIONS, roundOf } from "./challenge_spec.js";
import { deskSound } from "./desk_sound.js";
import { make } from "./dom.js";
import { Drawing } from "./drawing.js";

const NAMES = ["X", "Y"];

export function which(spec, { rate, sounds, say, offer, button, again }) {
  const { ask, tip } = QUESTIONS[spec.question];
  let [round, right] = [0, 0];
  let current;
  let pair; // X and Y
  const flat = new Drawing({ bands: [] }, rate);
  const voices = [
    { label: "dry", filters: () => ({ bands: [] }), response: (hz) => hz.map(() => 0) },
    ...NAMES.map((label, n) => ({ label, filters: () => pair[n].filters, response: (hz) => pair[n].response(hz), unseen: true })),
  ];
  function draw() {
    current = roundOf(spec, round);
    pair = current.bands.map((bands) => new Drawing({ bands }, rate));
    count.textContent = `Round ${round + 1} of ${spec.rounds}`;
  }
  const count = make("p", { class: "eq-challenge-round" });
  draw();
  const sound = deskSound(flat, { sounds, sample_rate: rate }, { say, started: () => {} }, voices, 0); // neither of the two looks like an answer
  const answers = NAMES.map((name, n) => button(`It is ${name}`, () => answer(n)));

  function answer(guess) {
    if (round === spec.rounds) return say("This set is over: take another one.");
    const was = current.right;
    const hit = guess === was;
    right += hit ? 1 : 0;
    round += 1;
    const chance = percent(guessing(right, round));
    const told = `${hit ? "Right" : "Wrong"}: it was ${NAMES[was]} (X: ${inNumbers(pair[0])}; Y: ${inNumbers(pair[1])}). ${right} of ${round} right. By guessing alone, ${chance} would do as well or better.`;
    const more = hit ? "" : ` ${tip}`;
    if (round < spec.rounds) {
      draw();
      sound.follow();
      return say(told + more, hit);
    }
    count.textContent = `All ${spec.rounds} rounds`;
    answers.forEach((each) => each.setAttribute("aria-disabled", "true"));
    say(`${told}${more} The set is over.${offer(right)}`, hit);
    if (!spec.fixed) again();
  }
  return {
    element: make("div", { class: "eq-desk-card" }, count, make("p", { class: "eq-challenge-ask" }, ask), sound.bar, sound.level),
    buttons: [...answers, button("Hint", () => say(tip))],
    task: `In each of ${spec.rounds} rounds X and Y are drawn anew, and both are equally loud. Half of all answers are right by chance, so that a few rounds prove nothing: ${spec.rounds - 1} or ${spec.rounds} of ${spec.rounds} happen by guessing in one set of ${Math.round(2 ** spec.rounds / (spec.rounds + 1))}.`,
    best: (value) => `${value} of ${spec.rounds} right`,
    better: (a, b) => a > b,
    get current() {
      return current;
    },
    sound,
    close: () => sound.close(),
  };
}
