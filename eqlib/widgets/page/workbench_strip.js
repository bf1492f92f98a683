// The workbench's strip of controls: the buttons of a run, its settings, and what to expect of it.
import { make } from "./dom.js";
import { numberField } from "./fields.js";
import { RUN, SIZES, checkedSetting } from "./run_link.js";

export const BATCH = 4;
let counter = 0;
const STEPS = [100, 400, 1000, 3000];
const GPU_FILTERS = 64; // with fewer, a GPU mostly waits for its next instruction
const GPU_WORTH_S = 15; // a run that lasts less is over before a GPU helps

export const time = (seconds) => (seconds < 1.5 ? "a second" : seconds < 90 ? `${Math.round(seconds)} s` : `${(seconds / 60).toFixed(1)} min`);

/** Milliseconds for a frame in one training step, as measured on one machine (see the pages' bench). */
const frameMs = (filters) => 0.6 + 0.1 * filters;

/** How long a run may take, in seconds; `speed` is the measured over the expected time of the last. */
export const expected = ({ filters, steps, pretrainSteps }, speed = 1) => (speed * (steps + pretrainSteps) * BATCH * frameMs(filters)) / 1000;

/**
 * Builds it.
 * @param {typeof RUN} first
 * @param {{changed: Function, say: (words: string) => void, act: Record<string, Function>}} told `act`
 *   has train, stop, proceed, reseed
 */
export function strip(first, { changed, say, act }) {
  let run = { ...RUN, ...first };
  const press = (event, name) => event.currentTarget.getAttribute("aria-disabled") === "true" || act[name]();
  const button = (name, label, look = "") => make("button", { type: "button", class: `eq-button ${look}`, onclick: (event) => press(event, name) }, label);
  const train = button("train", "Train", "eq-button-main");
  const stop = button("stop", "Stop, keep the best", "eq-button-main");
  const proceed = button("proceed", "Continue");
  const reseed = button("reseed", "Another seed");
  const buttons = make("div", { class: "eq-workbench-buttons" }, train, stop, proceed, reseed);

  const choice = (name, legend, values, label = String) => {
    const radios = values.map((value) => {
      const radio = make("input", { type: "radio", name: `${name}-${count}`, value });
      radio.addEventListener("change", () => set({ [name]: value }, true));
      return make("label", {}, radio, make("span", {}, label(value)));
    });
    const group = make("fieldset", { class: "eq-segments" }, make("legend", {}, legend), ...radios);
    group.show = () => radios.forEach((each, i) => (each.firstChild.checked = run[name] === values[i]));
    return group;
  };
  const count = counter++;
  const sizes = choice("filters", "Filters", SIZES);
  const lengths = choice("steps", "Steps", STEPS);
  const tie = (label, name, spoken) => numberField(label, { name: spoken, refused: say, get: () => run[name], set: (value) => set({ [name]: checkedSetting(name, value) }, true) });
  const steps = tie("Steps", "steps", "Steps");
  const rate = tie("Learning rate", "learningRate", "Learning rate");
  const seed = tie("Seed", "seed", "Seed");
  const stage = make("input", { type: "checkbox" });
  stage.addEventListener("change", () => set({ pretrainSteps: stage.checked ? 300 : 0 }, true));
  const stageSteps = tie("steps", "pretrainSteps", "Steps of stage one");
  const stageLabel = make("label", { class: "eq-field" }, stage, "Stage one first");
  const settings = make(
    "div",
    { class: "eq-workbench-settings", id: `eq-workbench-settings-${count}` },
    steps,
    rate,
    seed,
    make("span", { class: "eq-workbench-pair" }, stageLabel, stageSteps),
    make("p", {}, "Stage one teaches the filters to return what they hear, as in the paper; in a short run the network learns more without it. The seed decides the first weights and the frames that are drawn: the same seed gives the same run, on a GPU to rounding."),
  );
  const { saveData = false, type = "" } = navigator.connection ?? {};
  const gpu = make("input", { type: "checkbox" });
  gpu.checked = !saveData && type !== "cellular";
  gpu.addEventListener("change", changed);
  const gpuLabel = make("label", { class: "eq-field" }, gpu, "Try the GPU in long runs");
  gpuLabel.hidden = true;
  settings.querySelector(".eq-workbench-pair").after(gpuLabel);
  settings.hidden = true;
  const more = make("button", { type: "button", class: "eq-button-plain eq-workbench-more", "aria-expanded": "false", "aria-controls": settings.id }, "More");
  more.addEventListener("click", () => {
    settings.hidden = !settings.hidden;
    more.setAttribute("aria-expanded", !settings.hidden);
  });
  const bar = make("progress", { max: 1, value: 0, "aria-label": "Progress of the training" });
  const now = make("span", { class: "eq-workbench-now" });
  const element = make("div", { class: "eq-workbench-strip" }, make("div", { class: "eq-workbench-row" }, buttons, now), make("div", { class: "eq-workbench-row" }, sizes, lengths, more), settings, bar);

  function set(values, tell = false) {
    run = { ...run, ...values };
    [sizes, lengths, steps, rate, seed, stageSteps].forEach((each) => each.show());
    stage.checked = run.pretrainSteps > 0;
    stageSteps.hidden = !stage.checked;
    if (tell) changed();
  }
  /**
   * Shows what can be done now.
   * @param {"idle"|"loading"|"training"|"stopping"|"done"} phase
   * @param {{can?: boolean, words?: string}} more whether the last run can be continued; what is said
   */
  function show(phase, { can = false, words = "" } = {}) {
    const busy = ["loading", "training", "stopping"].includes(phase);
    const held = document.activeElement;
    train.hidden = busy;
    stop.hidden = !busy;
    stop.setAttribute("aria-disabled", phase !== "training"); // but it keeps the focus
    stop.textContent = { loading: "Loading …", stopping: "Stopping …" }[phase] ?? "Stop, keep the best";
    proceed.hidden = reseed.hidden = phase !== "done";
    proceed.setAttribute("aria-disabled", !can);
    train.textContent = phase === "done" ? "Train anew" : "Train";
    for (const each of [sizes, lengths]) each.disabled = busy;
    settings.querySelectorAll("input").forEach((input) => (input.disabled = busy));
    now.textContent = words;
    bar.classList.toggle("eq-workbench-still", !busy);
    if (phase === "loading") bar.removeAttribute("value");
    if (phase === "idle" || phase === "done") bar.value = phase === "done" ? 1 : 0;
    // Whoever pressed a button that went goes on at the one that came.
    if (held?.hidden && buttons.contains(held)) (busy ? stop : train).focus();
  }
  set({});
  return {
    element,
    show,
    set,
    get run() {
      return { ...run };
    },
    /** Whether this run is to try the GPU that `offerGpu` has told of. */
    get gpu() {
      return !gpuLabel.hidden && gpu.checked && run.filters >= GPU_FILTERS && expected(run) >= GPU_WORTH_S;
    },
    offerGpu() {
      gpuLabel.hidden = false;
    },
    progress(share, words) {
      bar.value = share;
      now.textContent = words;
    },
  };
}
