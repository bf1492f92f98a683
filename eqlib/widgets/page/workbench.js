// The workbench: a target is drawn, a network learns it in the page, and every moment of it is heard.
// In the rendered book the page's own trainer does the work, in Jupyter the kernel (eqlib.widgets.workbench).
import { make } from "./dom.js";
import { fromDict } from "./drawing.js";
import { kernelTrainer } from "./kernel_trainer.js";
import { reach, reachInWords } from "./reach.js";
import { fromFragment, toFragment } from "./run_link.js";
import { runPython } from "./run_python.js";
import { curvesSide } from "./workbench_curves.js";
import { listening } from "./workbench_listen.js";
import { BATCH, expected, strip, time } from "./workbench_strip.js";
import { takeAlong } from "./workbench_take.js";
import { targetSide } from "./workbench_target.js";

const STAGES = { pretrain: "stage one", train: "stage two" };
const DOWNLOAD = "The first run loads 15 MB. ";
const weightsOf = (filters) => (64 + 1 + 128 + 1 + 64 * 64 + 64) * filters + 64 * 64 + 64 + 1;

/** The page's own trainer, which is loaded when it is first needed; and how it meets eqlib's files. */
async function pageTrainer() {
  const [{ openTrainer }, { read, write }] = await Promise.all([import("./trainer.js"), import("./safetensors.js")]);
  const trainer = await openTrainer({});
  return Object.assign(trainer, {
    async toFile() {
      const found = await trainer.checkpoint();
      return { step: found.step, content: await write(found) };
    },
    async fromFile(content) {
      const found = await read(content);
      await trainer.load(found);
      return found.header;
    },
  });
}

/**
 * Builds the workbench.
 * @param {HTMLElement} element where
 * @param {object} state bands, curve, run (see run_link.js), presets, sounds (name -> address), sample_rate
 * @param {{open?: Function, changed?: Function, linked?: boolean}} ties what opens a trainer; what hears
 *   of a new target or new settings; whether the page's address holds both
 */
export function mount(element, state, { open = pageTrainer, changed = () => {}, linked = true } = {}) {
  const rate = state.sample_rate;
  const given = linked ? fromFragment(location.hash) : null;
  let opening = null; // a promise of the trainer
  let trainer = null;
  let phase = "idle";
  let log = null; // of the run that is shown
  let past = []; // the logs of those before it, with the same target
  let speed = 1; // of this machine, over what was expected
  let saving = 0;

  const message = make("p", { class: "eq-workbench-message", role: "status" });
  const say = (words) => (message.textContent = words);
  const forecast = make("p", { class: "eq-workbench-forecast" });
  const controls = strip(given?.run ?? state.run ?? {}, { changed: altered, say, act: { train, stop, proceed, reseed } });
  const target = targetSide({ ...state, ...(given?.eq ?? {}) }, { changed: altered, say });
  const curves = curvesSide();
  const ears = listening(state, { process: (signal, step) => trainer.process(signal, step === log.best?.step ? undefined : step), looked: look, say });
  const take = takeAlong({ link: linked ? () => `${location.href.split("#")[0]}#${fragment()}` : null, python: () => runPython(target.drawing.python, controls.run, BATCH), save, open: openFile, say });

  // --- what is expected, and the address

  const fragment = () => toFragment(target.drawing.eq, controls.run);
  const signature = () => JSON.stringify([target.drawing.dict, controls.run.filters]);
  function expect() {
    const { grade, text } = reachInWords(reach(target.drawing.filters, rate));
    const { run } = controls;
    const size = `${run.filters} filters, ${weightsOf(run.filters).toLocaleString("en")} weights: `;
    const lasts = `about ${time(expected(run, speed))} of training. `;
    forecast.className = `eq-workbench-forecast eq-workbench-${grade}`;
    forecast.replaceChildren(make("span", {}, text), ` ${size}${lasts}${trainer || !linked ? "" : DOWNLOAD}`);
  }
  function altered() {
    expect();
    if (phase === "done") show();
    changed(target.drawing.eq, controls.run);
    if (!linked) return;
    clearTimeout(saving);
    saving = setTimeout(() => history.replaceState(history.state, "", `#${fragment()}`), 300);
  }
  function restore({ eq, run, faults }) {
    if (eq) target.set(eq);
    controls.set(run);
    expect();
    if (phase === "done") show();
    say(faults.length ? `The link is not quite right: ${faults.join("; ")}. The rest is as it says.` : "Target and settings are those of the link.");
  }
  const followed = () => {
    const found = fromFragment(location.hash);
    if (found && !busy()) restore(found);
  };

  // --- a run

  const busy = () => ["loading", "training", "stopping"].includes(phase);
  function show(words = controls.words) {
    const same = log?.signature === signature();
    controls.words = words;
    controls.show(phase, { can: same, words });
    take.show({ trained: phase === "done", busy: busy() });
    target.side.inert = element.classList.toggle("eq-workbench-busy", busy());
  }
  function enter(next, words) {
    phase = next;
    show(words);
  }
  async function ready() {
    if (trainer) return trainer;
    enter("loading", "loading …");
    opening ??= open();
    try {
      trainer = await opening;
    } catch (error) {
      opening = null;
      enter(log ? "done" : "idle", "");
      say(`The page cannot train here: ${error.message}`);
      return null;
    }
    for (const [name, listen] of Object.entries(heard)) trainer.addEventListener(name, ({ detail }) => listen(detail));
    ears.add(trainer.notes.filter(({ split }) => split === "test"));
    return trainer;
  }
  async function train() {
    if (!(await ready())) return;
    const { run } = controls;
    if (log && log.signature === signature()) past.push(log);
    else past = [];
    log = { of: run.steps + run.pretrainSteps, losses: [], checks: [], snapshots: [], dryDb: NaN, best: null, tested: NaN, signature: signature(), effect: structuredClone(target.drawing.filters), ...run };
    begin(() => trainer.start({ filters: run.filters, target: target.drawing.dict, pairs: null, pretrainSteps: run.pretrainSteps, steps: run.steps, batch: BATCH, learningRate: run.learningRate, seed: run.seed }));
  }
  async function proceed() {
    const { steps, learningRate, seed } = controls.run;
    log.of = (log.checks.at(-1)?.step ?? 0) + steps;
    log.tested = NaN;
    begin(() => trainer.continue({ steps, target: log.dict ?? target.drawing.dict, batch: BATCH, learningRate, seed }));
  }
  function reseed() {
    controls.set({ seed: controls.run.seed + 1 });
    altered();
    return train();
  }
  function begin(how) {
    say("");
    ears.open(null);
    target.show([], null);
    curves.show(log, past);
    enter("training", "starting …");
    log.expected = expected(controls.run, 1);
    try {
      how();
    } catch (error) {
      heard.failed({ message: error.message });
    }
  }
  function stop() {
    enter("stopping", "");
    trainer.stop();
  }
  const heard = {
    started({ of, snrDryDb }) {
      Object.assign(log, { of, dryDb: snrDryDb ?? NaN });
      curves.show(log, past);
    },
    progress({ step, of, stage, loss, losses, secondsLeft }) {
      log.losses.push(...(losses ?? [[step, loss]]));
      const left = Number.isFinite(secondsLeft) ? `, ${time(secondsLeft)} left` : "";
      controls.progress(step / of, `${log.pretrainSteps ? `${STAGES[stage]}, ` : ""}step ${step} of ${of}${left}`);
      curves.show(log, past);
    },
    validated({ step, stage, snrDb, best }) {
      log.checks.push({ step, stage, snrDb });
      if (best && stage === "train") log.best = { step, snrDb };
      curves.show(log, past);
    },
    snapshot(found) {
      log.snapshots.push(found);
      draw(log.snapshots.length - 1);
    },
    ended({ reason, step, seconds, best }) {
      log.best = best ?? log.best;
      log.tested = best?.testSnrDb ?? NaN;
      log.of = step;
      if (reason === "done" && seconds > 0) speed = seconds / log.expected;
      expect();
      enter("done", `${step} steps in ${time(seconds)}`);
      say(outcome(reason));
      curves.show(log, past);
      hearRun();
    },
    note({ message: words }) {
      say(words);
    },
    failed({ message: words }) {
      enter(log?.snapshots.length ? "done" : "idle", "");
      say(words);
      if (phase === "done") hearRun();
    },
  };
  function outcome(reason) {
    const reached = Number.isFinite(log.tested) ? log.tested : log.best?.snrDb;
    const early = reason === "stopped" ? "Stopped; the best weights so far are kept. " : "";
    if (!Number.isFinite(reached)) return `${early}Stage two has not begun.`;
    const where = Number.isFinite(log.tested) ? "notes that it never met" : "the validation notes";
    const worse = reached < log.dryDb ? " That is worse than doing nothing." : "";
    return `${early}On ${where} the network comes within ${reached.toFixed(1).replace("-", "−")} dB SNR of the target.${worse} Now listen below.`;
  }
  function hearRun() {
    const steps = [...new Set([...log.snapshots.map(({ step }) => step), ...(log.best ? [log.best.step] : [])])].sort((a, b) => a - b);
    if (steps.length) ears.open({ steps, best: log.best?.step ?? steps.at(-1), filters: log.effect });
    log.moments = steps;
  }

  // --- moments

  function draw(index) {
    const found = log.snapshots[index];
    const before = log.snapshots.slice(0, index).map(({ response_db }) => response_db);
    target.show(trainer.frequencies_hz, found?.response_db, before);
    if (found) curves.showBank(found.bank_db, trainer.bank_hz.length, found.step);
  }
  function look(index) {
    const step = log.moments[index];
    const nearest = log.snapshots.findLastIndex((snapshot) => snapshot.step <= step);
    draw(nearest);
    curves.show(log, past, step);
  }

  // --- files

  async function save() {
    const { step, content } = await trainer.toFile();
    return { name: `network-${step}.safetensors`, content };
  }
  async function openFile(file) {
    const before = phase;
    if (!(await ready())) throw new Error("the trainer could not be loaded.");
    let header;
    try {
      header = await trainer.fromFile(await file.arrayBuffer());
    } finally {
      enter(before, "");
    }
    const eq = fromDict(header.info?.target);
    if (eq) target.set(eq);
    controls.set({ filters: header.config.filters });
    past = [];
    log = { of: 1, losses: [], checks: [], snapshots: [], dryDb: NaN, best: { step: 0, snrDb: NaN }, tested: NaN, signature: signature(), effect: structuredClone(target.drawing.filters), moments: [0], ...controls.run, pretrainSteps: 0 };
    target.show([], null);
    curves.show(log, past);
    enter("done", "from a file");
    altered();
    await ears.open({ steps: [0], best: 0, filters: log.effect, from: file.name });
    return `“${file.name}”: a network with ${header.config.filters} filters${eq ? ", and its target" : "; its target cannot be drawn here, so it is compared with the one above"}. Listen below, or continue its training.`;
  }

  target.side.append(curves.bank);
  element.classList.add("eq-workbench");
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", "Workbench: train a network");
  element.replaceChildren(controls.element, forecast, message, make("div", { class: "eq-workbench-body" }, target.side, curves.side), ears.section, take.section);
  curves.show({ of: controls.run.steps, losses: [], checks: [], dryDb: NaN, best: null, pretrainSteps: 0 });
  expect();
  show("");
  if (given) restore(given);
  if (linked) addEventListener("hashchange", followed);

  return {
    get eq() {
      return target.drawing.eq;
    },
    get run() {
      return controls.run;
    },
    /** The run that is shown, and what is heard, for tests. */
    get log() {
      return log;
    },
    get last() {
      return ears.last;
    },
    get phase() {
      return phase;
    },
    set(eq, run) {
      if (eq) target.set(eq);
      if (run) controls.set(run);
      expect();
    },
    close() {
      removeEventListener("hashchange", followed);
      clearTimeout(saving);
      curves.close();
      ears.close();
      trainer?.close();
    },
  };
}

/** anywidget's entry: the same workbench, whose networks learn in the kernel. */
export default {
  render({ model, el }) {
    const place = document.createElement("div");
    el.append(place);
    const names = ["bands", "curve", "run", "sounds", "presets", "sample_rate"];
    const state = Object.fromEntries(names.map((name) => [name, model.get(name)]));
    const bench = mount(place, state, {
      linked: false,
      open: () => kernelTrainer(model),
      changed({ bands, curve }, run) {
        model.set({ bands, curve, run });
        model.save_changes();
      },
    });
    const follow = () => bench.set({ bands: model.get("bands"), curve: model.get("curve") }, model.get("run"));
    const differs = () => JSON.stringify([model.get("bands"), model.get("curve"), model.get("run")]) !== JSON.stringify([bench.eq.bands, bench.eq.curve, bench.run]) && follow();
    model.on("change:bands change:curve change:run", differs);
    return () => {
      model.off("change:bands change:curve change:run", differs);
      bench.close();
    };
  },
};
