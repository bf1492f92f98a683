// The workbench: a target is drawn, a network learns it in the page, and every moment of it is heard.
// In the rendered book the page's own trainer does the work, in Jupyter the kernel (eqlib.widgets.workbench).
import { make } from "./dom.js";
import { fromDict } from "./drawing.js";
import { kernelTrainer } from "./kernel_trainer.js";
import { elsewhere, live } from "./live.js";
import { reach, reachInWords } from "./reach.js";
import { fromFragment, toFragment } from "./run_link.js";
import { runPython } from "./run_python.js";
import { curvesSide } from "./workbench_curves.js";
import { listening } from "./workbench_listen.js";
import { Runs, pageTrainer } from "./workbench_run.js";
import { BATCH, expected, strip, time } from "./workbench_strip.js";
import { takeAlong } from "./workbench_take.js";
import { targetSide } from "./workbench_target.js";

const STAGES = { pretrain: "stage one", train: "stage two" };
const RUNTIME_MB = 15;
const weightsOf = (filters) => (64 + 1 + 128 + 1 + 64 * 64 + 64) * filters + 64 * 64 + 64 + 1;

/** How a run went, in words. */
function outcome({ tested, best, dryDb }, reason) {
  const reached = Number.isFinite(tested) ? tested : best?.snrDb;
  const early = reason === "stopped" ? "Stopped; the best weights so far are kept. " : "";
  if (!Number.isFinite(reached)) return `${early}Stage two has not begun.`;
  const where = Number.isFinite(tested) ? "notes that it never met" : "the validation notes";
  const worse = reached < dryDb ? " That is worse than doing nothing." : "";
  return `${early}On ${where} the network comes within ${reached.toFixed(1).replace("-", "−")} dB SNR of the target.${worse} Now listen below.`;
}

/**
 * Builds the workbench.
 * @param {HTMLElement} element where
 * @param {object} state bands, curve, run (see run_link.js), presets, sounds (name -> address), sample_rate
 * @param {{open?: Function, changed?: Function, finished?: (log: object) => void, linked?: boolean}} ties
 *   what opens a trainer; what hears of a new target or new settings, and of a run that has ended; whether
 *   the page's address holds target and settings
 */
export function mount(element, state, { open = pageTrainer, changed = () => {}, finished = () => {}, linked = true } = {}) {
  const rate = state.sample_rate;
  const given = linked ? fromFragment(location.hash) : null;
  const inPage = open === pageTrainer; // not in the kernel
  let speed = 1; // of this machine, over what was expected
  let said = ""; // at the end of the strip
  let saving = 0;
  let gpuMb = 0; // of what trying the GPU loads

  const message = make("p", { class: "eq-workbench-message", role: "status" });
  const say = (words) => (message.textContent = words);
  const forecast = make("p", { class: "eq-workbench-forecast" });
  const runs = new Runs(open, { phase: show, said: say, opened: (notes) => ears.add(notes), noted, progress, snapshot: draw, ended });
  const controls = strip(given?.run ?? state.run ?? {}, { changed: altered, say, act: { train, stop: () => runs.stop(), proceed, reseed } });
  const target = targetSide({ ...state, ...(given?.eq ?? {}) }, { changed: altered, say, pairs: linked });
  const curves = curvesSide();
  const ears = listening(state, { process: (signal, step) => runs.process(signal, step), looked: look, say });
  const room = linked ? live({ network: () => runs.live(ears.step), sound: ears.sound }) : null;
  const take = takeAlong({ link: linked ? () => !target.paired && `${location.href.split("#")[0]}#${fragment()}` : null, python: () => !target.paired && runPython(target.drawing.python, controls.run, BATCH), save, open: openFile, say });

  // --- what is expected, and the address

  const fragment = () => toFragment(target.drawing.eq, controls.run);
  const teacher = () => (target.paired ? (target.pair?.response_db ?? "none") : target.drawing.dict);
  const signature = () => JSON.stringify([teacher(), controls.run.filters]);
  function expect() {
    const { grade, text } = target.paired ? { grade: target.pair ? "fine" : "flat", text: target.pair ? "The network learns what happened between the two recordings." : "Two recordings are to be the teacher." } : reachInWords(reach(target.drawing.filters, rate));
    const { run } = controls;
    const size = `${run.filters} filters, ${weightsOf(run.filters).toLocaleString("en")} weights: `;
    const lasts = `about ${time(expected(run, speed))} of training. `;
    forecast.className = `eq-workbench-forecast eq-workbench-${grade}`;
    const [head, ...rest] = text.split(/(?<=[.:]) /); // its first sentence says how it stands
    forecast.replaceChildren(make("span", {}, head), ` ${rest.join(" ")} ${size}${lasts}${downloads()}`);
  }
  function downloads() {
    const more = controls.gpu && !runs.triedGpu ? `${gpuMb} MB ${runs.trainer ? "" : "more "}to try this device’s GPU` : "";
    if (runs.trainer || !inPage) return more && `This run loads ${more}. `;
    return `The first run loads ${[`${RUNTIME_MB} MB`, more].filter(Boolean).join(", and ")}. `;
  }
  function altered() {
    expect();
    if (runs.phase === "done") show("done");
    changed(target.drawing.eq, controls.run);
    if (!linked) return;
    clearTimeout(saving);
    saving = setTimeout(() => history.replaceState(history.state, "", `#${fragment()}`), 300);
  }
  function restore({ eq, run, faults }) {
    if (eq) target.set(eq);
    controls.set(run);
    expect();
    if (runs.phase === "done") show("done");
    say(faults.length ? `The link is not quite right: ${faults.join("; ")}. The rest is as it says.` : "Target and settings are those of the link.");
  }
  const followed = () => {
    const found = fromFragment(location.hash);
    if (found && !runs.busy) restore(found);
  };

  // --- a run

  function show(phase) {
    said = { loading: "loading …", training: "starting …", stopping: "stopping …", idle: "" }[phase] ?? said;
    controls.show(phase, { can: runs.log?.signature === signature(), words: said });
    take.show({ trained: phase === "done", busy: runs.busy });
    if (room) room.element.hidden = phase !== "done";
    if (phase !== "done") room?.stop();
    else room?.hasExact(Boolean(runs.log.effect));
    target.side.inert = element.classList.toggle("eq-workbench-busy", runs.busy);
    if (phase !== "training") return;
    say("");
    ears.open(null);
    target.show([], null);
  }
  function about() {
    const known = { ...controls.run, signature: signature() };
    if (!target.paired) return { ...known, effect: target.drawing.dict };
    const { validationDry, validationWet } = target.pair.pairs;
    return { ...known, own: { name: "your recording, its end", samples: validationDry[0], target: validationWet[0] } };
  }
  function settings() {
    const { paired, drawing, pair } = target;
    return { ...controls.run, target: paired ? null : drawing.dict, pairs: paired ? pair.pairs : null, batch: BATCH, ...(linked && { gpu: controls.gpu ? {} : null }) };
  }
  function train() {
    if (target.paired && !target.pair) return say("Two recordings are missing: one before, one after the box.");
    return runs.start(settings(), about());
  }
  function proceed() {
    return runs.proceed(settings());
  }
  function reseed() {
    controls.set({ seed: controls.run.seed + 1 });
    altered();
    return train();
  }
  function noted() {
    curves.show(runs.log, runs.past);
  }
  const onGpu = () => (runs.log.gpu ? " on the GPU" : "");
  function progress({ step, of, stage, secondsLeft }) {
    const left = Number.isFinite(secondsLeft) ? `, ${time(secondsLeft)} left` : "";
    controls.progress(step / of, `${runs.log.pretrainSteps ? `${STAGES[stage]}, ` : ""}step ${step} of ${of}${onGpu()}${left}`);
  }
  function ended(reason) {
    const { log } = runs;
    if (reason === "done" && !log.gpu && log.seconds > 0 && log.of === log.steps + log.pretrainSteps) speed = log.seconds / expected(log);
    expect();
    said = reason ? `${log.of} steps in ${time(log.seconds)}${onGpu()}` : "";
    show("done");
    if (reason) say(outcome(log, reason));
    if (reason) finished(log);
    const steps = runs.moments;
    if (steps.length) ears.open({ steps, best: log.best?.step ?? steps.at(-1), effect: log.effect, own: log.own });
  }

  async function offerGpu() {
    if (location.protocol === "file:") return; // nothing trains there, and no module is loaded
    const { hasGpu, GPU_MB } = await import("./gpu.js");
    if (!(await hasGpu())) return;
    gpuMb = GPU_MB;
    controls.offerGpu();
    expect();
  }

  // --- moments

  function draw(index) {
    const { snapshots } = runs.log;
    const before = snapshots.slice(0, index).map(({ response_db }) => response_db);
    target.show(runs.trainer.frequencies_hz, snapshots[index]?.response_db, before);
    if (snapshots[index]) curves.showBank(snapshots[index].bank_db, runs.trainer.bank_hz.length, snapshots[index].step);
  }
  function look(index) {
    const step = runs.moments[index];
    draw(runs.log.snapshots.findLastIndex((snapshot) => snapshot.step <= step));
    curves.show(runs.log, runs.past, step);
    room?.follow();
  }

  // --- files

  async function save() {
    const { step, content } = await runs.trainer.toFile();
    return { name: `network-${step}.safetensors`, content };
  }
  async function openFile(file) {
    let eq = null;
    const { config } = await runs.fromFile(await file.arrayBuffer(), (header) => {
      eq = fromDict(header.info?.target);
      if (target.paired) target.teach(false);
      if (eq) target.set(eq);
      controls.set({ filters: header.config.filters });
      return { ...about(), pretrainSteps: 0 };
    });
    target.show([], null);
    curves.showBank(null);
    noted();
    said = "from a file";
    runs.enter("done");
    altered();
    await ears.open({ steps: [0], best: 0, effect: runs.log.effect });
    return `“${file.name}”: a network with ${config.filters} filters${eq ? ", and its target" : "; its target cannot be drawn here, so it is compared with the one above"}. Listen below, or continue its training.`;
  }

  target.side.append(curves.bank);
  element.classList.add("eq-workbench");
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", "Workbench: train a network");
  element.replaceChildren(controls.element, forecast, message, make("div", { class: "eq-workbench-body" }, target.side, curves.side), ears.section, room?.element ?? (inPage ? "" : elsewhere()), take.section);
  curves.show({ of: controls.run.steps, losses: [], checks: [], dryDb: NaN, best: null, pretrainSteps: 0 });
  expect();
  show("idle");
  if (given) restore(given);
  if (linked) addEventListener("hashchange", followed);
  if (linked) offerGpu();

  return {
    get eq() {
      return target.drawing.eq;
    },
    get run() {
      return controls.run;
    },
    /** The run that is shown, what is heard, and what goes on, for tests. */
    get log() {
      return runs.log;
    },
    get last() {
      return ears.last;
    },
    get phase() {
      return runs.phase;
    },
    get live() {
      return room;
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
      room?.close();
      runs.trainer?.close();
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
