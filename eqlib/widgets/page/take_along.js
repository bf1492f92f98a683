// A page to hand in: the predictions that this browser keeps, of all chapters, and the best results of
// its challenges. It is made here, and goes nowhere but into the reader's own downloads.
import { make } from "./dom.js";

const PREDICTION = "eq-prediction ";
const CHALLENGE = "eq-challenge ";
const STYLE = ":root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #8886}";

/** What is kept, of one kind: [its name, what was kept], in the order of names. */
export function keptUnder(prefix, storage) {
  const keys = Array.from({ length: storage.length }, (_, i) => storage.key(i)).filter((key) => key.startsWith(prefix));
  return keys.sort().map((key) => [key.slice(prefix.length), parsed(storage.getItem(key))]);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // kept by another version of these pages
  }
}

const safe = (text) => String(text).replace(/[&<>"']/g, (sign) => `&#${sign.codePointAt(0)};`);
const table = (heads, rows) => `<table><thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join("")}</tr></thead>\n<tbody>${rows.map((row) => `<tr>${row.map((cell) => `<td>${safe(cell)}</td>`).join("")}</tr>\n`).join("")}</tbody></table>\n`;

/** The page, as HTML, or "" if nothing is kept. */
export function handIn(storage) {
  const predictions = keptUnder(PREDICTION, storage).filter(([, kept]) => kept?.choice);
  const results = keptUnder(CHALLENGE, storage).filter(([, kept]) => Number.isFinite(kept));
  if (!predictions.length && !results.length) return "";
  const guesses = predictions.map(([name, { asked = "", choice, at = "" }]) => [name.replace(" ", "."), asked, choice, at]);
  return `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Predictions</title><style>${STYLE}</style></head>
<body><h1>Predictions</h1>\n<p>End-to-End Equalization: what was chosen first, before the answer was read.</p>
${guesses.length ? table(["Question", "Asked", "Choice", "When"], guesses) : ""}${results.length ? `<h2>Best results</h2>\n${table(["Challenge", "Best"], results)}` : ""}<p>Written by the reader's own browser, and not signed.</p></body></html>\n`;
}

/** Builds the button. @param {HTMLElement} element where */
export function mount(element) {
  const said = make("span", { role: "status" });
  const take = make("button", { type: "button", class: "eq-take-along" }, "Take my predictions along");
  take.addEventListener("click", () => {
    const page = handIn(storage());
    said.textContent = page ? " Saved as eqlib_predictions.html, all chapters' in one." : " This browser has kept no prediction yet.";
    if (!page) return;
    const address = URL.createObjectURL(new Blob([page], { type: "text/html" }));
    make("a", { href: address, download: "eqlib_predictions.html" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000); // some browsers read it only after the click
  });
  element.append(take, said);
}

function storage() {
  try {
    return localStorage;
  } catch {
    return { length: 0 };
  }
}
