// The EQ desk: bands as points on the response curve and as number fields, heard while they move.
// In Jupyter it is a live widget (eqlib.desk.EQDesk), in the rendered book it runs by itself.
import { KINDS, LIMITS, asPython, gainDb } from "./equalizer.js";
import { LoopPlayer, decode, loudnessMeter, render } from "./sound.js";

const WIDTH = 640;
const HEIGHT = 300;
const MARGIN = { left: 44, right: 14, top: 14, bottom: 54 };
const LOW_HZ = 30;
const RANGE_DB = 24;
const TICKS_HZ = [50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000];
const TEXT_HZ = [31.25, 62.5, 125, 250, 500, 1000, 2000, 4000, 7000];
const SVG = "http://www.w3.org/2000/svg";
let desks = 0;

const hertz = (hz) => (hz >= 1000 ? `${Number((hz / 1000).toPrecision(3))} kHz` : `${Number(hz.toPrecision(3))} Hz`);
const decibels = (db) => `${db < -0.05 ? "−" : "+"}${Math.abs(db).toFixed(1)} dB`;
const clamp = (x, low, high) => Math.min(high, Math.max(low, x));

/** A DOM element with attributes and children; `on...` attributes are listeners. */
function make(tag, attributes = {}, ...children) {
  const svg = ["svg", "g", "path", "line", "text", "circle"].includes(tag);
  const element = svg ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/**
 * Builds a desk.
 * @param {HTMLElement} element where
 * @param {object} state bands, sample_rate (Hz), sounds (name -> address), presets (name -> bands)
 * @param {(bands: object[]) => void} changed called after every change that a user made
 * @returns {{bands: object[], set: Function, render: Function, close: Function}}
 */
export function mount(element, state, changed = () => {}) {
  const rate = state.sample_rate ?? 16000;
  const sounds = Object.entries(state.sounds ?? {});
  const id = `eq-desk-${desks++}`;
  const first = structuredClone(state.bands);
  let bands = structuredClone(state.bands);
  let player = null;
  const buffers = new Map();
  let meter = () => 0;
  let frame = 0;

  const highHz = rate / 2;
  const span = Math.log(highHz / LOW_HZ);
  const inner = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
  const toX = (hz) => MARGIN.left + (Math.log(hz / LOW_HZ) / span) * inner.width;
  const toY = (db) => MARGIN.top + (0.5 - db / (2 * RANGE_DB)) * inner.height;
  const toHz = (x) => LOW_HZ * Math.exp(((x - MARGIN.left) / inner.width) * span);
  const toDb = (y) => (0.5 - (y - MARGIN.top) / inner.height) * 2 * RANGE_DB;
  const curveHz = Array.from({ length: 240 }, (_, i) => LOW_HZ * Math.exp((i / 239) * span * 0.999));

  const curve = make("path", { class: "eq-desk-curve", fill: "none" });
  const handles = make("g");
  const svg = make(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "eq-desk-plot", role: "group", "aria-label": "Response of the equalizer: gain over frequency" },
    ...grid(),
    curve,
    handles,
  );
  const list = make("div", { class: "eq-desk-bands" });
  const status = make("p", { class: "eq-desk-status", role: "status", "aria-live": "polite" });
  const level = make("p", { class: "eq-desk-level" });
  const text = make("p");
  const code = make("code", { class: "eq-desk-code" });

  function grid() {
    const items = [];
    for (const hz of TICKS_HZ.filter((tick) => tick < highHz)) {
      items.push(make("line", { x1: toX(hz), x2: toX(hz), y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom, class: "eq-desk-grid" }));
      const label = hz >= 1000 ? `${hz / 1000}k` : hz;
      items.push(make("text", { x: toX(hz), y: HEIGHT - MARGIN.bottom + 21, "text-anchor": "middle" }, `${label}`));
    }
    for (let db = -RANGE_DB; db <= RANGE_DB; db += 12) {
      items.push(make("line", { x1: MARGIN.left, x2: WIDTH - MARGIN.right, y1: toY(db), y2: toY(db), class: db ? "eq-desk-grid" : "eq-desk-zero" }));
      items.push(make("text", { x: MARGIN.left - 6, y: toY(db) + 4, "text-anchor": "end" }, `${db > 0 ? "+" : ""}${db}`.replace("-", "−")));
    }
    items.push(make("text", { x: WIDTH - MARGIN.right, y: HEIGHT - 8, "text-anchor": "end" }, "gain in dB over frequency in Hz"));
    return items;
  }

  // --- what changes

  function limit(band) {
    band.cutoff_hz = clamp(band.cutoff_hz, LIMITS.lowest_hz, highHz * 0.98);
    if (KINDS[band.kind].gain) band.gain_db = clamp(band.gain_db ?? 0, ...LIMITS.gain_db);
    else band.gain_db = null;
    if (!band.kind.endsWith("shelf")) band.slope = null;
    if (band.slope != null) {
      band.slope = clamp(band.slope, ...LIMITS.slope);
      band.q = null;
    } else band.q = clamp(band.q ?? Math.SQRT1_2, ...LIMITS.q);
  }

  /** A user's change of one band: checked, drawn, heard and reported. */
  function edit(band, changes) {
    Object.assign(band, changes);
    limit(band);
    draw();
    changed(structuredClone(bands));
  }

  function replace(next, said, tell = true) {
    bands = structuredClone(next);
    bands.forEach(limit);
    build();
    if (said) status.textContent = said;
    if (tell) changed(structuredClone(bands));
  }

  // --- the points on the curve

  const height = (band) => (KINDS[band.kind].gain ? band.gain_db : gainDb([band], [band.cutoff_hz], rate)[0]);
  const named = (band, index) => `Band ${index + 1}, ${KINDS[band.kind].label}`;

  function handle(band, index) {
    const circle = make("circle", { r: 9, tabindex: 0, role: "slider", class: "eq-desk-point", "aria-label": named(band, index), "aria-valuemin": LIMITS.lowest_hz, "aria-valuemax": Math.round(highHz) });
    circle.addEventListener("pointerdown", (event) => {
      circle.setPointerCapture(event.pointerId);
      circle.focus();
      event.preventDefault();
    });
    circle.addEventListener("pointermove", (event) => {
      if (!circle.hasPointerCapture(event.pointerId)) return;
      const box = svg.getBoundingClientRect();
      const scale = WIDTH / box.width;
      const changes = { cutoff_hz: toHz((event.clientX - box.left) * scale) };
      if (KINDS[band.kind].gain) changes.gain_db = toDb((event.clientY - box.top) * scale);
      edit(band, changes);
    });
    circle.addEventListener("keydown", (event) => {
      const fine = event.shiftKey ? 0.2 : 1;
      const step = 2 ** ((fine * 1) / 6);
      const moves = {
        ArrowRight: () => ({ cutoff_hz: band.cutoff_hz * step }),
        ArrowLeft: () => ({ cutoff_hz: band.cutoff_hz / step }),
        ArrowUp: () => ({ gain_db: (band.gain_db ?? 0) + fine }),
        ArrowDown: () => ({ gain_db: (band.gain_db ?? 0) - fine }),
        Delete: () => null,
      };
      if (!(event.key in moves)) return;
      event.preventDefault();
      const changes = moves[event.key]();
      if (changes) edit(band, changes);
      else remove(band);
    });
    return circle;
  }

  // --- the fields

  function field(label, band, name, limits, step) {
    const input = make("input", { type: "number", min: limits[0], max: limits[1], step, "data-field": name });
    input.addEventListener("change", () => {
      const value = Number(input.value);
      if (input.value === "" || !Number.isFinite(value)) {
        status.textContent = `${label} needs a number; it stays at ${band[name]}.`;
        draw();
      } else edit(band, { [name]: value });
    });
    return make("label", {}, `${label} `, input);
  }

  function row(band, index) {
    const kinds = make("select", {}, ...Object.entries(KINDS).map(([kind, { label }]) => make("option", { value: kind, selected: kind === band.kind }, label)));
    kinds.addEventListener("change", () => {
      edit(band, { kind: kinds.value });
      build(index);
    });
    const bypass = make("input", { type: "checkbox" });
    bypass.checked = Boolean(band.bypass);
    bypass.addEventListener("change", () => edit(band, { bypass: bypass.checked }));
    const width = band.slope != null ? field("slope", band, "slope", LIMITS.slope, "any") : field("Q", band, "q", LIMITS.q, "any");
    return make(
      "fieldset",
      {},
      make("legend", {}, `Band ${index + 1}`),
      make("label", {}, "type ", kinds),
      field("Hz", band, "cutoff_hz", [LIMITS.lowest_hz, highHz * 0.98], "any"),
      ...(KINDS[band.kind].gain ? [field("dB", band, "gain_db", LIMITS.gain_db, "any")] : []),
      width,
      make("label", {}, bypass, " bypass"),
      make("button", { type: "button", onclick: () => remove(band), "aria-label": `Remove band ${index + 1}` }, "remove"),
    );
  }

  function remove(band) {
    const index = bands.indexOf(band);
    replace(bands.filter((other) => other !== band), `Band ${index + 1} removed.`);
    (list.querySelectorAll("select")[Math.min(index, bands.length - 1)] ?? add).focus();
  }

  // --- drawing

  function build(focus = null) {
    handles.replaceChildren(...bands.map(handle));
    list.replaceChildren(...bands.map(row));
    draw();
    if (focus !== null) list.querySelectorAll("select")[focus]?.focus();
  }

  function draw() {
    const gains = gainDb(bands, curveHz, rate);
    const points = curveHz.map((hz, i) => `${toX(hz).toFixed(1)},${toY(clamp(gains[i], -RANGE_DB, RANGE_DB)).toFixed(1)}`);
    curve.setAttribute("d", `M${points.join("L")}`);
    bands.forEach((band, index) => {
      const circle = handles.children[index];
      circle.setAttribute("cx", toX(band.cutoff_hz));
      circle.setAttribute("cy", toY(clamp(height(band), -RANGE_DB, RANGE_DB)));
      circle.classList.toggle("eq-desk-bypassed", Boolean(band.bypass));
      circle.setAttribute("aria-valuenow", Math.round(band.cutoff_hz));
      const gain = KINDS[band.kind].gain ? `, ${decibels(band.gain_db)}` : "";
      circle.setAttribute("aria-valuetext", `${hertz(band.cutoff_hz)}${gain}${band.bypass ? ", bypassed" : ""}`);
      for (const input of list.children[index].querySelectorAll("[data-field]")) {
        const value = band[input.dataset.field];
        if (value != null && document.activeElement !== input) input.value = Number(value.toPrecision(5));
      }
    });
    const audible = TEXT_HZ.filter((hz) => hz < highHz);
    const levels = gainDb(bands, audible, rate);
    text.textContent = audible.map((hz, i) => `${hertz(hz)}: ${decibels(levels[i])}`).join("; ");
    code.textContent = asPython(bands);
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(hear);
  }

  // --- sound

  const heard = () => (dry.checked ? [] : bands);
  function matching() {
    const change = meter(heard());
    return clamp(-change, -60, 12);
  }
  function hear() {
    if (!sounds.length) return;
    const gain = matching();
    const by = Math.abs(gain) < 0.05 ? "at the level of the dry sound" : `turned ${gain < 0 ? "down" : "up"} by ${Math.abs(gain).toFixed(1)} dB, to the loudness of the dry sound`;
    level.textContent = dry.checked ? "You hear the dry sound." : `The equalized sound is ${by}.`;
    if (player?.playing) player.change(heard(), gain);
  }
  async function buffer() {
    const name = clip.value;
    if (!buffers.has(name)) {
      const offline = new OfflineAudioContext(1, 1, rate);
      buffers.set(name, await decode(state.sounds[name], offline));
    }
    const found = buffers.get(name);
    meter = loudnessMeter(found.getChannelData(0), rate, gainDb);
    return found;
  }
  async function toggle() {
    if (player?.playing) {
      player.stop();
    } else {
      try {
        const found = await buffer();
        player ??= new LoopPlayer(rate);
        await player.start(found, heard(), matching());
      } catch (error) {
        status.textContent = `This sound cannot be played here (${error.message}).`;
      }
    }
    play.textContent = player?.playing ? "Stop" : "Play";
    hear();
  }

  const play = make("button", { type: "button", onclick: toggle, class: "eq-desk-play" }, "Play");
  const dry = make("input", { type: "checkbox", onchange: hear });
  const clip = make("select", {}, ...sounds.map(([name]) => make("option", { value: name }, name)));
  clip.addEventListener("change", async () => {
    if (player?.playing) await toggle().then(toggle);
    else await buffer().then(hear);
  });

  // --- the buttons

  const presets = make("select", {}, make("option", { value: "" }, "choose …"), ...Object.keys(state.presets ?? {}).map((name) => make("option", { value: name }, name)));
  presets.addEventListener("change", () => {
    if (presets.value) replace(state.presets[presets.value], `Preset ${presets.value}.`);
  });
  const add = make("button", { type: "button" }, "add a band");
  add.addEventListener("click", () => {
    bands.push({ kind: "peaking", cutoff_hz: 1000, gain_db: 6, q: 1, slope: null, bypass: false });
    replace(bands, `Band ${bands.length} added: a peak at 1 kHz.`);
    handles.lastElementChild.focus();
  });
  async function copy() {
    try {
      await navigator.clipboard.writeText(code.textContent);
      status.textContent = "Copied.";
    } catch {
      status.textContent = "The browser does not let the page copy; select the line below by hand.";
    }
  }

  element.classList.add("eq-desk");
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", "Equalizer desk");
  element.replaceChildren(
    make(
      "div",
      { class: "eq-desk-bar" },
      ...(presets.length > 1 ? [make("label", {}, "preset ", presets)] : []),
      add,
      make("button", { type: "button", onclick: () => replace(first, "As at the start.") }, "reset"),
      make("button", { type: "button", onclick: copy }, "copy as Python"),
    ),
    svg,
    ...(sounds.length ? [make("div", { class: "eq-desk-bar" }, play, make("label", {}, "sound ", clip), make("label", {}, dry, " dry, without the equalizer")), level] : []),
    list,
    status,
    make("details", { id }, make("summary", {}, "The curve in words and as code"), text, make("p", {}, code)),
  );
  build();
  const ready = sounds.length ? buffer().then(hear, () => {}) : Promise.resolve();

  return {
    ready,
    get bands() {
      return structuredClone(bands);
    },
    set: (next) => replace(next, "", false),
    render: async () => render(await buffer(), bands),
    close: () => player?.close(),
  };
}

/** anywidget's entry: the same desk, tied to `eqlib.desk.EQDesk`. */
export default {
  render({ model, el }) {
    const state = { sample_rate: model.get("sample_rate"), sounds: model.get("sounds"), presets: model.get("presets") };
    const desk = mount(el, { ...state, bands: model.get("bands") }, (bands) => {
      model.set("bands", bands);
      model.save_changes();
    });
    const follow = () => {
      if (JSON.stringify(model.get("bands")) !== JSON.stringify(desk.bands)) desk.set(model.get("bands"));
    };
    model.on("change:bands", follow);
    return () => {
      model.off("change:bands", follow);
      desk.close();
    };
  },
};
