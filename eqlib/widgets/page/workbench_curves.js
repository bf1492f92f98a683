// The workbench's right side: how far the run has come, as a number, as curves, and as its filters.
import { chart } from "./chart.js";
import { make } from "./dom.js";

const RUNS = 3; // earlier runs that stay in sight
const RANGE_DB = 32; // of the filters' picture
const HEIGHT = 150;

/** Builds it. */
export function curvesSide() {
  const number = make("strong", { class: "eq-workbench-number" }, "–");
  const unit = make("span");
  const about = make("span", { class: "eq-workbench-about" });
  const pictures = make("div", { class: "eq-workbench-pictures" });
  const canvas = make("canvas", { class: "eq-workbench-bank", role: "img", height: HEIGHT });
  const caption = make("p", { class: "eq-workbench-caption" }, "The network’s filters, a row each: their spectra from 0 to 8 kHz, the highest on top");
  const side = make(
    "div",
    { role: "group", class: "eq-workbench-card eq-workbench-curves", "aria-label": "Learning" },
    make("div", { class: "eq-workbench-head" }, make("p", { class: "eq-workbench-title" }, "Learning")),
    make("p", { class: "eq-workbench-score" }, number, make("span", {}, unit, about)),
    pictures,
  );
  const bank = make("div", { class: "eq-workbench-filters" }, canvas, caption);
  const cells = make("canvas"); // one pixel for each value of the filters' picture
  let drawn = null; // {log, moment} that wait for the next frame of the screen
  let frame = 0;

  function measured(is) {
    number.classList.toggle("eq-workbench-none", !is);
    unit.textContent = is ? "dB SNR, unseen notes" : "SNR on unseen notes: none yet";
  }
  measured(false);

  /**
   * Shows a run.
   * @param {object} log {of, losses: [[step, loss]], checks: [{step, stage, snrDb}], dryDb, best,
   *   seed, pretrainSteps, tested: ?number}
   * @param {object[]} before the runs before it, of the same kind
   * @param {?number} moment the step that is looked at; null for the end
   */
  function show(log, before = [], moment = null) {
    drawn = { log, before, moment };
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      draw(drawn);
    });
  }
  function draw({ log, before, moment }) {
    const past = before.slice(-RUNS);
    const second = (run) => run.checks.filter(({ stage }) => stage === "train");
    const checks = second(log);
    const until = moment ?? Infinity;
    const at = checks.filter(({ step }) => step <= until).at(-1) ?? (moment === null ? null : { step: moment, snrDb: NaN });
    const reached = moment === null ? (log.best ?? at) : at;
    number.textContent = Number.isFinite(reached?.snrDb) ? reached.snrDb.toFixed(1).replace("-", "−") : "–";
    measured(Number.isFinite(reached?.snrDb));
    about.textContent = [Number.isFinite(log.dryDb) ? `doing nothing: ${log.dryDb.toFixed(1).replace("-", "−")}` : "", Number.isFinite(log.tested) && moment === null ? `test notes: ${log.tested.toFixed(1).replace("-", "−")}` : ""].filter(Boolean).join(" · ");

    const last = Math.max(1, log.of, ...past.map((run) => run.of));
    const size = { width: 340, height: 215, x: [0, last] };
    const snrs = [log, ...past].flatMap((run) => second(run).map(({ snrDb }) => snrDb)).filter(Number.isFinite);
    const snr = chart({ ...size, y: [Math.min(0, ...snrs, ...[log.dryDb].filter(Number.isFinite)), Math.max(20, ...snrs) + 3], title: "SNR in dB over steps", label: `SNR on unseen notes over steps: ${checks.map(({ snrDb }) => snrDb.toFixed(1)).join(", ") || "nothing yet"}` });
    if (Number.isFinite(log.dryDb)) snr.line("eq-workbench-nothing", [[0, log.dryDb], [last, log.dryDb]]);
    for (const run of past) snr.line("eq-workbench-past", second(run).map(({ step, snrDb }) => [step, snrDb]));
    snr.line("eq-workbench-snr", checks.map(({ step, snrDb }) => [step, snrDb]));
    if (Number.isFinite(reached?.snrDb)) snr.svg.append(make("circle", { cx: snr.toX(reached.step), cy: snr.toY(reached.snrDb), r: 5, class: "eq-workbench-dot" }));

    const losses = log.losses.filter(([, loss]) => loss > 0);
    const all = [...losses, ...past.flatMap((run) => run.losses)].map(([, loss]) => loss);
    const loss = chart({ ...size, height: 200, y: all.length ? [Math.min(...all) / 1.2, Math.max(...all) * 1.2] : [0.001, 0.1], logY: true, title: "loss (mean absolute error) over steps", label: "Loss over steps, on the training notes" });
    for (const run of past) loss.line("eq-workbench-past", smooth(run.losses));
    loss.line("eq-workbench-raw", losses);
    loss.line("eq-workbench-loss", smooth(losses));
    for (const each of [snr, loss]) {
      if (log.pretrainSteps > 0) each.line("eq-workbench-stage", [[log.pretrainSteps, each === snr ? -99 : 1e-9], [log.pretrainSteps, 1e9]]);
      if (moment !== null) each.line("eq-workbench-moment", [[moment, each === snr ? -99 : 1e-9], [moment, 1e9]]);
    }
    pictures.replaceChildren(snr.svg, loss.svg);
  }

  /**
   * Draws the filters' spectra.
   * @param {?Float32Array} bankDb (filters * bins), in dB
   * @param {number} bins
   * @param {number} step
   */
  function showBank(bankDb, bins, step) {
    const wide = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
    const tall = Math.round(HEIGHT * devicePixelRatio);
    [canvas.width, canvas.height] = [wide, tall];
    const brush = canvas.getContext("2d");
    canvas.setAttribute("aria-label", bankDb ? `Spectra of the ${bankDb.length / bins} filters after step ${step}` : "Spectra of the filters: nothing yet");
    bank.classList.toggle("eq-workbench-unseen", !bankDb);
    if (!bankDb) return;
    // A pixel for each value, enlarged at once: a rectangle for each would keep the page busy.
    const rows = bankDb.length / bins;
    [cells.width, cells.height] = [bins, rows];
    const image = new ImageData(bins, rows);
    strengths(bankDb, bins).forEach((strength, cell) => (image.data[4 * cell + 3] = Math.round(255 * strength)));
    cells.getContext("2d").putImageData(image, 0, 0);
    brush.imageSmoothingEnabled = false;
    brush.drawImage(cells, 0, 0, wide, tall);
    brush.globalCompositeOperation = "source-in"; // the text's own color, whatever its notation
    brush.fillStyle = getComputedStyle(canvas).color;
    brush.fillRect(0, 0, wide, tall);
  }
  showBank(null);

  return { side, bank, show, showBank, close: () => cancelAnimationFrame(frame) };
}

/**
 * How strongly each value of a bank is drawn, from 0 to 1.
 * @param {Float32Array} bankDb (filters * bins), in dB
 * @param {number} bins
 * @returns {Float32Array} as many; the filter with the highest center comes first
 */
export function strengths(bankDb, bins) {
  const rows = Array.from({ length: bankDb.length / bins }, (_, row) => bankDb.subarray(row * bins, (row + 1) * bins));
  const sorted = rows.map((spectrum) => ({ spectrum, at: center(spectrum) })).sort((a, b) => b.at - a.at);
  const top = bankDb.reduce((high, db) => Math.max(high, db), -Infinity);
  const found = new Float32Array(bankDb.length);
  for (const [row, { spectrum }] of sorted.entries()) {
    spectrum.forEach((db, bin) => (found[row * bins + bin] = Math.min(1, Math.max(0, 1 + (db - top) / RANGE_DB)) ** 1.6));
  }
  return found;
}

/** Where a spectrum's energy lies. */
function center(spectrum) {
  let [sum, all] = [0, 0];
  spectrum.forEach((db, bin) => {
    const energy = 10 ** (db / 5); // squared power, so that the peak decides
    [sum, all] = [sum + bin * energy, all + energy];
  });
  return sum / all;
}

/** Losses with the noise of single batches taken out: the mean of each fortieth of the run. */
function smooth(losses) {
  const many = Math.max(1, Math.floor(losses.length / 40));
  const found = [];
  for (let i = 0; i + many <= losses.length; i += many) {
    const some = losses.slice(i, i + many);
    found.push([some.at(-1)[0], some.reduce((sum, [, loss]) => sum + loss, 0) / many]);
  }
  return found;
}
