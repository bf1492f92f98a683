// What a reader takes along from the workbench: the link, the lines of Python, the trained weights.
import { make } from "./dom.js";

/**
 * Builds it.
 * @param {{link: ?() => string|false, python: () => string|false, save: () => Promise<{name: string, content: BlobPart}>,
 *   open: (file: File) => Promise<string>, say: (words: string) => void}} told `open` returns what to say
 */
export function takeAlong({ link, python, save, open, say }) {
  const code = make("pre", { class: "eq-workbench-code", tabindex: 0, "aria-label": "What was to be copied" });
  code.hidden = true;
  async function copy(text, words) {
    code.hidden = true;
    if (!text) return say("Two recordings fit into no link and no line; draw a target for that. The weights can be saved.");
    try {
      await navigator.clipboard.writeText(text);
      say(words);
    } catch {
      code.textContent = text;
      code.hidden = false;
      say("The browser does not let the page copy; here it is, to be copied by hand.");
    }
  }
  async function download() {
    try {
      const { name, content } = await save();
      const address = URL.createObjectURL(new Blob([content], { type: "application/octet-stream" }));
      make("a", { href: address, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
      say(`Saved as ${name}: eqlib.load("${name}") opens it in Python, and “Open weights” here.`);
    } catch (error) {
      say(`The weights cannot be saved (${error.message}).`);
    }
  }
  async function take(file) {
    try {
      say(await open(file));
    } catch (error) {
      say(`“${file.name}” cannot be opened: ${error.message}`);
    }
  }
  const input = make("input", { type: "file", class: "eq-workbench-file", accept: ".safetensors", "aria-label": "Open weights: a file that eqlib.save wrote" });
  input.addEventListener("change", () => input.files[0] && take(input.files[0]));
  input.addEventListener("click", () => (input.value = ""));
  const weights = make("button", { type: "button", class: "eq-button", onclick: download }, "Save weights");
  const opener = make("label", { class: "eq-button eq-workbench-own" }, "Open weights", input);
  const links = link ? [make("button", { type: "button", class: "eq-button", onclick: () => copy(link(), "Copied: the link opens this page with this target and these settings.") }, "Copy link")] : [];
  const section = make(
    "div",
    { role: "group", class: "eq-workbench-take", "aria-label": "Take it along" },
    make("div", { class: "eq-workbench-row" }, ...links, make("button", { type: "button", class: "eq-button", onclick: () => copy(python(), "Copied: these lines repeat the run with eqlib.") }, "Copy as Python"), weights, opener),
    code,
  );
  return {
    section,
    /** Whether there are weights to be saved, and whether a file can be opened now. */
    show({ trained, busy }) {
      weights.disabled = !trained || busy;
      input.disabled = busy;
      opener.classList.toggle("eq-workbench-faint", busy);
    },
  };
}
