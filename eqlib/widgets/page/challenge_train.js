// A challenge of the kind "train": on a workbench, to a given SNR on unseen notes, with the fewest steps.
import { SCORED_HZ } from "./challenge_score.js";
import { hiddenOf } from "./challenge_spec.js";
import { make } from "./dom.js";
import { Drawing, fromDict } from "./drawing.js";

const SAME_DB = 0.1; // the target that was asked for, but for rounding

/** Whether two equalizers are one, in level too. */
export function sameTarget(eq, asked, rate) {
  if (!eq) return false;
  const [a, b] = [new Drawing(eq, rate), asked].map((each) => each.response(SCORED_HZ));
  return a.every((db, n) => Math.abs(db - b[n]) < SAME_DB);
}

/**
 * What a run is worth.
 * @param {object} log of a run, see workbench_run.js
 * @param {{snr: number, asked: Drawing, rate: number}} goal
 * @returns {{steps: ?number, words: string}} the steps if it counts
 */
export function verdict(log, { snr, asked, rate }) {
  const said = (words) => ({ steps: null, words });
  if (log.opened) return said("This network began as a file, and how many steps it had before stands nowhere: train one anew.");
  if (log.own) return said("Its teacher were recordings, and not the equalizer that is asked for.");
  if (!sameTarget(fromDict(log.effect), asked, rate)) return said("This was another target than the one that is asked for: “Set the target again” brings it back.");
  if (!Number.isFinite(log.tested)) return said("It was not tested on unseen notes, because stage two has not begun.");
  const reached = `${log.tested.toFixed(1).replace("-", "−")} dB on notes that it never met, after ${log.of} steps`;
  if (log.tested < snr) return said(`${reached}: ${(snr - log.tested).toFixed(1)} dB short of ${snr}. More steps, another learning rate, or more filters? “Continue” counts all steps together.`);
  return { steps: log.of, words: `${reached}: done.` };
}

export function train(spec, { rate, say, offer, button, trains }) {
  const asked = hiddenOf(spec, rate);
  const place = make("div");
  let bench = null;
  const task = `Reach ${spec.snr} dB SNR on notes that the network never met, with as few steps as you can. All steps count, those of stage one too; filters, learning rate and seed are yours. (Trying seeds until one is lucky is allowed here. In an experiment it would not be.)`;
  const rest = { task, best: (value) => `${value} steps`, better: (a, b) => a < b, hidden: asked };
  if (!trains) {
    place.append(make("p", { class: "eq-challenge-away" }, "Nothing can be trained here: open this page from a server. In the folder of the pages, `python -m http.server` is one; in a notebook, eqlib.widgets.workbench.Workbench trains in the kernel."));
    return { ...rest, element: place, buttons: [], close() {} };
  }
  const state = { ...asked.eq, run: {}, presets: {}, sounds: {}, sample_rate: rate };
  const opening = import("./workbench.js").then(({ mount }) => {
    bench = mount(place, state, { linked: false, finished });
  });
  opening.catch((error) => say(`The workbench cannot be opened (${error.message}).`));
  function finished(log) {
    const { steps, words } = verdict(log, { snr: spec.snr, asked, rate });
    say(`${words}${steps === null ? "" : offer(steps)}`, steps !== null);
  }
  const again = button("Set the target again", () => {
    if (!bench || place.classList.contains("eq-workbench-busy")) return say("Not while it trains.");
    bench.set(asked.eq);
    say("The target is the one that is asked for.");
  });
  return {
    ...rest,
    element: place,
    buttons: [again],
    get bench() {
      return bench;
    },
    close: () => opening.then(
      () => bench.close(),
      () => {},
    ),
  };
}
