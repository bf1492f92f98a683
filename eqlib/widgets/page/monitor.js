// The training monitor: a run as it happens (eqlib.monitor.TrainingMonitor), or replayed from its log.
import { chart } from "./chart.js";
import { make } from "./dom.js";
import { interrupt } from "./kernel.js";

const STEP_MS = 700;
const NAMES = { pretrain: "step one", train: "step two" };

const time = (seconds) => (seconds < 90 ? `${Math.round(seconds)} s` : `${(seconds / 60).toFixed(1)} min`);

/** The ends of an axis for some values, a little apart. */
function ends(values, fallback) {
  const finite = values.filter((v) => Number.isFinite(v));
  if (!finite.length) return fallback;
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  return low === high ? [low - 1, high + 1] : [low, high];
}

/** The moments that a run can be looked at: its validations, and what was measured between them. */
function momentsOf({ checks = [], frames = [] }) {
  const validated = new Set(checks.map(({ step }) => step));
  return [...frames.filter(({ step }) => !validated.has(step)), ...checks].sort((a, b) => a.step - b.step);
}

/** The largest distance of the response from the target, in words. */
function distance(state, check) {
  if (!state.target_db || !check) return "";
  const off = check.gain_db.map((db, i) => Math.abs(db - state.target_db[i]));
  const within = off.filter((_, i) => state.frequencies_hz[i] >= 100 && state.target_db[i] > -30);
  return `its response is at most ${Math.max(0, ...within).toFixed(1)} dB off above 100 Hz`;
}

/**
 * Builds a monitor.
 * @param {HTMLElement} element where
 * @param {object} first the state: see eqlib.monitor.TrainingMonitor
 * @param {?Function} stop called by the stop button; without it, the run is over
 * @returns {{update: Function, close: Function, shown: number}}
 */
export function mount(element, first, stop = null) {
  let state = first;
  let moments = momentsOf(state);
  let shown = moments.length - 1; // the moment that is looked at
  let timer = 0;
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  const heading = make("p", { class: "eq-monitor-heading" });
  const pictures = make("div", { class: "eq-monitor-pictures" });
  const words = make("p", { role: "status", class: "eq-monitor-words" });
  const slider = make("input", { type: "range", min: 0, step: 1, "aria-label": "moment of the run" });
  const play = make("button", { type: "button", onclick: toggle }, "Replay");
  const replay = make("div", { class: "eq-monitor-bar" }, play, make("label", {}, "moment ", slider));
  const button = make("button", { type: "button", class: "eq-monitor-stop", onclick: ask }, "Stop and keep the best");
  const hint = make("p", { role: "alert", class: "eq-monitor-hint" });

  async function ask() {
    button.disabled = true;
    button.textContent = "Stopping …";
    try {
      await stop();
    } catch (error) {
      hint.textContent = `The button cannot reach the kernel here (${error.message}). Interrupt the cell (the square in the toolbar): it keeps the best weights too.`;
    }
  }
  function toggle() {
    if (timer) pause();
    else {
      if (shown >= moments.length - 1) look(0);
      play.textContent = "Pause";
      timer = setInterval(() => (shown < moments.length - 1 ? look(shown + 1) : pause()), still.matches ? 2 * STEP_MS : STEP_MS);
    }
  }
  function pause() {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Replay";
  }
  function look(index) {
    shown = index;
    draw();
  }
  slider.addEventListener("input", () => {
    pause(); // who takes the slider wants to stay there
    look(Number(slider.value));
  });

  function draw() {
    const { checks, losses } = state;
    const now = moments[shown];
    const until = state.running ? Infinity : (now?.step ?? Infinity);
    const past = losses.filter(([step]) => step <= until);
    const seen = checks.filter(({ step }) => step <= (now?.step ?? 0));
    const check = seen.at(-1)?.step === now?.step ? seen.at(-1) : null; // a moment with a validation
    const lastStep = Math.max(1, state.step);
    const name = NAMES[state.stage] ?? "a run";

    const maes = [...losses.map(([, mae]) => mae), ...checks.map(({ mae }) => mae)].filter((mae) => mae > 0);
    const range = maes.length ? [Math.min(...maes) / 1.2, Math.max(...maes) * 1.2] : [0.001, 1];
    const small = { width: 340, height: 150 };
    const narrow = element.clientWidth > 0 && element.clientWidth < 480; // as wide as one of the others
    const loss = chart({ ...small, x: [0, lastStep], y: range, logY: true, title: "mae over steps: training, validation dashed", label: `Loss over steps of ${name}: training frames as a line, validation clips as a dashed line` });
    loss.line("eq-monitor-train", past);
    loss.line("eq-monitor-check", seen.map(({ step, mae }) => [step, mae]));

    const reached = checks.map(({ snr_db }) => snr_db);
    const snr = chart({ ...small, x: [0, lastStep], y: [Math.min(0, ...reached), Math.max(10, ...reached) + 3], title: "SNR in dB over steps", label: `SNR over steps: ${seen.map((c) => c.snr_db).join(", ")} dB` });
    snr.line("eq-monitor-check", seen.map(({ step, snr_db }) => [step, snr_db]));
    if (check) snr.svg.append(make("circle", { cx: snr.toX(check.step), cy: snr.toY(check.snr_db), r: 5, class: "eq-monitor-now" }));

    const hz = state.frequencies_hz;
    const span = ends([...(state.target_db ?? []), ...(moments.at(-1)?.gain_db ?? [])], [0, 0]);
    const response = chart({ ...(narrow ? small : {}), x: hz.length ? [hz[0], hz.at(-1)] : [30, 8000], logX: true, y: [Math.max(-40, span[0]) - 6, Math.min(40, span[1]) + 6], title: state.target_db ? "response in dB over Hz: network, target dotted" : "response in dB over Hz", label: `Response of the network${state.target_db ? ", beside the target as a dotted line" : ""}` });
    if (state.target_db) response.line("eq-monitor-target", hz.map((f, i) => [f, state.target_db[i]]));
    if (now) response.line("eq-monitor-response", hz.map((f, i) => [f, now.gain_db[i]]));
    pictures.replaceChildren(loss.svg, snr.svg, response.svg);

    const left = state.running ? `, about ${time(state.left_s)} left` : state.interrupted ? ", stopped early" : "";
    heading.textContent = `Training, ${name}: ${state.step} steps in ${time(state.seconds)}${left}.`;
    const best = check && check === checks[state.best] ? " This is the best so far, the one that is kept." : "";
    const measured = check ? `mae ${check.mae}, SNR ${check.snr_db.toFixed(1)} dB` : "";
    const said = now ? `After ${now.step} step${now.step > 1 ? "s" : ""} (${time(now.step === state.step ? state.seconds : now.seconds)}): ${[measured, distance(state, now)].filter(Boolean).join("; ")}.${best}` : "No validation yet.";
    if (words.textContent !== said) words.textContent = said;
    replay.hidden = state.running || moments.length < 2;
    button.hidden = !stop || !state.running;
    slider.max = Math.max(0, moments.length - 1);
    slider.value = shown;
    slider.setAttribute("aria-valuetext", now ? `after ${now.step} steps${check ? `, SNR ${check.snr_db.toFixed(1)} dB` : ""}` : "none");
  }

  element.classList.add("eq-monitor");
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", "Training monitor");
  element.replaceChildren(heading, pictures, words, replay, button, hint);
  if (state.checks) draw();

  return {
    get shown() {
      return shown;
    },
    update(next) {
      if (!next.running || next.step < state.step) {
        button.disabled = false;
        button.textContent = "Stop and keep the best";
        hint.textContent = "";
      }
      state = next;
      moments = momentsOf(state);
      const best = state.running ? -1 : moments.indexOf(state.checks[state.best]);
      shown = best < 0 ? moments.length - 1 : best;
      draw();
    },
    close: pause,
  };
}

/** anywidget's entry: the run as it happens. */
export default {
  render({ model, el }) {
    const place = document.createElement("div");
    el.append(place);
    const ask = () => interrupt(model.get("kernel_id"));
    const monitor = mount(place, model.get("state"), ask);
    const follow = () => monitor.update(model.get("state"));
    model.on("change:state", follow);
    return () => {
      model.off("change:state", follow);
      monitor.close();
    };
  },
};
