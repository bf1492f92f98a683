// The blind test of a player (ABX): X is A or B, drawn anew for each answer.
import { make } from "./dom.js";

/**
 * The chance to be right at least this often by guessing: the upper tail of a binomial.
 * @param {number} correct
 * @param {number} trials
 */
export function guessing(correct, trials) {
  if (correct <= 0) return 1; // exactly, which a sum is not
  let term = 0.5 ** trials; // of exactly k right answers, starting at k = 0
  let tail = 0;
  for (let k = 1; k <= trials; k++) {
    term *= (trials - k + 1) / k;
    if (k >= correct) tail += term;
  }
  return Math.min(1, tail);
}

/** A chance in percent, in words that are true: what is not certain is not called 100 %. */
export function percent(chance) {
  if (chance < 0.001) return "less than 0.1 %";
  if (chance > 0.99 && chance < 1) return "more than 99 %";
  return `${100 * chance < 10 ? (100 * chance).toPrecision(2) : (100 * chance).toFixed(0)} %`;
}

/**
 * Builds the test.
 * @param {string[]} names of the sounds, two or more
 * @param {number[]} pair the indices that A and B begin with
 * @param {(index: number) => void} hear plays a sound
 * @param {() => void} toggled after the test was opened or closed
 * @returns {{element: HTMLElement, state: ?object, hear: Function}} the state is null while it is closed
 */
export function blindTest(names, pair, hear, toggled) {
  let state = null; // {pair: [A, B], x: 0 or 1, right, trials}
  const score = make("p", { role: "status", class: "eq-compare-score" });
  const hears = ["A", "B", "X"].map((name, which) => make("button", { type: "button", "aria-pressed": false, onclick: () => hearOne(which) }, `hear ${name}`));
  const selects = pair.map((index, end) => {
    const select = make("select", { onchange: () => choose(end) }, ...names.map((name, value) => make("option", { value }, name)));
    select.value = index;
    return select;
  });

  const toss = () => (Math.random() < 0.5 ? 0 : 1);
  function begin() {
    pair = selects.map((select) => Number(select.value));
    state = { pair, x: toss(), right: 0, trials: 0 };
    score.textContent = "";
    hears.forEach((button) => button.setAttribute("aria-pressed", false));
  }
  function choose(end) {
    // No sound is compared with itself: the other one takes what this one had.
    if (selects[0].value === selects[1].value) selects[1 - end].value = pair[end];
    begin();
  }
  function hearOne(which) {
    hear(state.pair[which === 2 ? state.x : which]);
    hears.forEach((button, index) => button.setAttribute("aria-pressed", index === which));
  }
  function answer(guess) {
    const was = state.x;
    state.trials += 1;
    state.right += guess === was ? 1 : 0;
    state.x = toss();
    const chance = percent(guessing(state.right, state.trials));
    score.textContent = `${guess === was ? "Right" : "Wrong"}, X was ${"AB"[was]}. ${state.right} of ${state.trials} right. By guessing alone, ${chance} would do as well or better.`;
    hearOne(2);
  }

  const bar = (...children) => make("p", { class: "eq-compare-bar" }, ...children);
  const element = make(
    "details",
    { class: "eq-compare-abx" },
    make("summary", {}, "Blind test (ABX)"),
    make("p", {}, "X is A or B, drawn anew for each answer. Can you tell which? Decide before how many answers you will give, ten or more: whoever stops at the best moment is only lucky."),
    bar(...selects.map((select, end) => make("label", {}, `${"AB"[end]}: `, select))),
    bar(...hears),
    bar(...["X is A", "X is B"].map((name, guess) => make("button", { type: "button", onclick: () => answer(guess) }, name))),
    score,
  );
  element.addEventListener("toggle", () => {
    if (element.open) begin();
    else state = null;
    toggled();
  });
  return {
    element,
    hear: hearOne,
    get state() {
      return state;
    },
  };
}
