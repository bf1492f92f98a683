// The workbench's other teacher: two recordings of the reader's own, before and after a box.
import { Unfit, decodeFile } from "./audio_file.js";
import { make } from "./dom.js";
import { measuredDb, paired, statedRate } from "./pair_check.js";

const NAMES = { dry: "Before", wet: "After" };

/**
 * Builds its panel.
 * @param {number} rate the network's sample rate in Hz
 * @param {{changed: Function, hz: number[]}} told `changed` when there is a pair, or no longer one; `hz`
 *   where the box's response is measured
 */
export function pairPanel(rate, { changed, hz }) {
  const files = { dry: null, wet: null };
  let found = null;
  const report = make("ul", { class: "eq-workbench-report" });
  const status = make("p", { role: "status" });
  const zones = Object.keys(NAMES).map((side) => {
    const input = make("input", { type: "file", class: "eq-workbench-file", accept: "audio/*,.wav,.flac,.mp3,.ogg,.m4a", "aria-label": `${NAMES[side]}: a recording ${side === "dry" ? "that went into the box" : "of what came out"}` });
    const words = make("span");
    const zone = make("label", { class: "eq-workbench-zone" }, make("strong", {}, NAMES[side]), words, input);
    zone.show = () => (words.textContent = files[side]?.name ?? (side === "dry" ? "what went into the box" : "what came out of it"));
    input.addEventListener("change", () => input.files[0] && take(side, input.files[0]));
    input.addEventListener("click", () => (input.value = ""));
    for (const type of ["dragover", "dragleave", "drop"]) {
      zone.addEventListener(type, (event) => {
        event.preventDefault();
        zone.classList.toggle("eq-drop-over", type === "dragover");
        // Both at once, where two are dropped: by their order.
        if (type === "drop") [...event.dataTransfer.files].slice(0, 2).forEach((file, i, all) => take(all.length === 2 ? ["dry", "wet"][i] : side, file));
      });
    }
    zone.show();
    return zone;
  });
  const panel = make(
    "div",
    { class: "eq-workbench-pairs" },
    make("p", {}, "The same sound before and after a pedal, a preamplifier, a plug-in: 4 to 60 s, best with all pitches in it. Nothing leaves your computer."),
    make("div", { class: "eq-workbench-zones" }, ...zones),
    status,
    report,
  );

  async function take(side, file) {
    const before = files[side];
    try {
      const content = await file.arrayBuffer();
      files[side] = { name: file.name, stated: statedRate(content), ...(await decodeFile(file, rate)) };
      status.textContent = `“${file.name}”: ${files[side].said}.`;
    } catch (error) {
      files[side] = before;
      status.textContent = error instanceof Unfit ? `${error.message} Nothing has changed.` : `This file cannot be used (${error.message}).`;
    }
    zones.forEach((zone) => zone.show());
    if (files[side] !== before) check();
  }
  function check() {
    found = null;
    report.replaceChildren();
    if (files.dry && files.wet) {
      try {
        found = paired(files.dry, files.wet, rate);
        const [a, b] = [files.dry.stated, files.wet.stated];
        if (a && b && a !== b) found.said.push(`They were recorded at ${a / 1000} and ${b / 1000} kHz.`);
        const { pairs, seconds, said, warned } = found;
        found.response_db = measuredDb(pairs.dry[0], pairs.wet[0], hz, rate);
        const split = `${(0.8 * seconds).toFixed(1)} s to learn from, the last ${(0.2 * seconds).toFixed(1)} s to choose the best weights by. The network hears up to ${rate / 2000} kHz.`;
        report.replaceChildren(...warned.map((words) => make("li", { class: "eq-workbench-warned" }, words)), ...[...said, split].map((words) => make("li", {}, words)));
        status.textContent = "A pair. Press Train.";
      } catch (error) {
        status.textContent = error instanceof Unfit ? error.message : `These two cannot be used (${error.message}).`;
      }
    }
    changed();
  }
  return {
    panel,
    /** What `paired` found, with the box's response; null without a pair. */
    get found() {
      return found;
    },
  };
}
