// Brings the page's components to life: each is a module of its own, loaded where a page has one.
// Where one fails, what the page had before stays.

const load = (name) => import(`./${name}.js`);
const SERVED = ["network", "workbench"]; // they load a runtime, which no browser lets a file do

/** Says what a page that was opened from a file cannot do, and how it can. */
function fromFile() {
  const note = document.createElement("p");
  note.className = "eq-from-file";
  const command = document.createElement("code");
  command.textContent = "python -m http.server";
  note.append("You opened this page from a file. There a browser lets no page load the runtime that networks need, so nothing can be trained or run here. Serve the folder instead: run ", command, " in it, and open http://127.0.0.1:8000/. All the rest works as it is.");
  return note;
}

async function bringToLife(element) {
  const { eqComponent: name, eqState: state } = element.dataset;
  try {
    if (location.protocol === "file:" && SERVED.includes(name)) element.before(fromFile());
    const { mount } = await load(name);
    element.eqComponent = await mount(element, JSON.parse(state));
  } catch (error) {
    console.warn(`the ${name} stays as it is:`, error.message);
  }
}
for (const element of document.querySelectorAll("[data-eq-component]")) {
  // What is folded away is loaded when it is opened; a link to a run opens it.
  const folded = element.closest("details.eq-folded");
  if (folded) folded.open = /^#(.*&)?(eq|curve)=/.test(location.hash);
  if (folded && !folded.open) folded.addEventListener("toggle", () => bringToLife(element), { once: true });
  else await bringToLife(element);
}

/** What the plain players of an output say about themselves. */
function tracksOf(figures) {
  return figures.map((figure) => {
    const caption = figure.querySelector("figcaption").textContent;
    const name = figure.querySelector("strong").textContent;
    const change = caption.slice(name.length).replace(/^, /, "");
    const down = change.match(/turned down by ([\d.]+) dB/);
    const address = figure.querySelector("audio").src;
    return { name, change, gain_db: down ? -Number(down[1]) : 0, address };
  });
}

for (const output of new Set([...document.querySelectorAll("figure.eq-player")].map((figure) => figure.parentElement))) {
  const figures = [...output.querySelectorAll(":scope > figure.eq-player")];
  const element = document.createElement("div");
  try {
    const { mount } = await load("player");
    element.eqPlayer = await mount(element, { tracks: tracksOf(figures), sample_rate: Number(figures[0].dataset.sampleRate) });
    figures[0].before(element);
    figures.forEach((figure) => figure.remove());
  } catch (error) {
    console.warn("the plain players stay:", error.message);
  }
}
// The questions of a chapter, in order, and their answers.
const questions = new Set([...document.querySelectorAll(".eq-choice")].map((choice) => choice.parentElement));
const answers = document.querySelectorAll(".eq-answer");
const chapter = location.pathname.split("/").pop().replace(/\.html$/, "");
for (const [i, question] of [...questions].entries()) {
  try {
    const { mount } = await load("predict");
    mount(question, { key: `eq-prediction ${chapter} ${i + 1}`, answer: answers[i] });
  } catch (error) {
    console.warn("the choices open, and are not kept:", error.message);
  }
}
if (answers.length) {
  const takeAlong = document.createElement("p");
  takeAlong.className = "eq-take-along-bar";
  try {
    const { mount } = await load("take_along");
    mount(takeAlong);
    [...answers].at(-1).after(takeAlong);
  } catch (error) {
    console.warn("predictions stay in the browser:", error.message);
  }
}
document.documentElement.dataset.eqReady = "";

/** From the next page on, training may use several threads (isolation.js at the book's root). Without it, one. */
async function prepareThreads() {
  const root = document.documentElement.dataset.content_root;
  if (root === undefined || !location.protocol.startsWith("http")) return;
  try {
    await navigator.serviceWorker?.register(new URL(`${root}isolation.js`, location.href));
  } catch {
    // A browser, or a setting, that wants none; or a host that lacks the script.
  }
}
prepareThreads();
