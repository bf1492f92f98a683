// A prediction: the choice that a reader opens first is kept, and stands beside the answer later.
// In a notebook, and in a page without scripts, the choices are plain <details>, and open all the same.
import { make } from "./dom.js";

const KEPT = "Kept in this browser. ";
const NOT_KEPT = "This browser keeps nothing, so it is noted until you leave. ";

/**
 * Brings a question to life.
 * @param {HTMLElement} element holds the choices: <details class="eq-choice">, each with its word
 * @param {{key: string, answer: ?HTMLElement}} ties `key` names it in the browser's storage; `answer` is
 *   the <details> at the end of the chapter
 */
export function mount(element, { key, answer }) {
  const choices = [...element.querySelectorAll(".eq-choice")];
  const summaryOf = (choice) => choice.querySelector("summary");
  const words = new Map(choices.map((choice) => [choice, summaryOf(choice).textContent]));
  const mark = make("span", { class: "eq-choice-mark" }, "your prediction");
  const again = make("button", { type: "button", class: "eq-choice-again", onclick: forget }, "Predict again");
  const said = make("span", { role: "status" });
  const note = make("p", { class: "eq-choice-note" }, said, again);
  const recalled = make("p", { class: "eq-choice-recalled" });
  // For whoever reads it apart from the page: the question's own text, without the choices.
  const asked = [...element.childNodes].filter((node) => !choices.includes(node)).map((node) => node.textContent).join(" ").replace(/\s+/g, " ").trim();
  let predicted = null;

  function show() {
    element.classList.toggle("eq-predicted", Boolean(predicted));
    if (predicted) summaryOf(predicted).append(" ", mark);
    else mark.remove();
    again.hidden = !predicted;
    recalled.hidden = !predicted;
    recalled.textContent = predicted ? `You predicted: “${words.get(predicted)}”` : "";
  }
  function keep() {
    try {
      if (predicted) localStorage.setItem(key, JSON.stringify({ choice: words.get(predicted), asked, at: new Date().toISOString().slice(0, 16) + "Z" }));
      else localStorage.removeItem(key);
      return true;
    } catch {
      return false;
    }
  }
  function kept() {
    try {
      const text = JSON.parse(localStorage.getItem(key))?.choice;
      return choices.find((choice) => words.get(choice) === text) ?? null; // the chapter may have changed
    } catch {
      return null;
    }
  }
  function predict(choice) {
    predicted = choice;
    said.textContent = keep() ? KEPT : NOT_KEPT;
    show();
  }
  function forget() {
    predicted = null;
    keep();
    choices.forEach((choice) => (choice.open = false));
    said.textContent = "";
    show();
    summaryOf(choices[0]).focus();
  }

  for (const choice of choices) summaryOf(choice).addEventListener("click", () => predicted ?? predict(choice));
  choices.at(-1).after(note);
  answer?.querySelector("summary").after(recalled);
  predicted = kept();
  show();
}
