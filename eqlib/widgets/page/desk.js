// The EQ desk: an equalizer as points on its response curve and as number fields, heard while they
// move. In Jupyter it is a live widget (eqlib.desk.EQDesk), in the rendered book it runs by itself.
import { curvePython, taps, tapsDb } from "./curve.js";
import { make } from "./dom.js";
import { KINDS, LIMITS, asPython, gainDb } from "./equalizer.js";
import { LOW_HZ, SIZE, axes, clamp, decibels, hertz } from "./plot.js";
import { LoopPlayer, decode, loudnessMeter, render } from "./sound.js";

const TEXT_HZ = [31.25, 62.5, 125, 250, 500, 1000, 2000, 4000, 7000];
const NEW_HZ = [1000, 250, 4000, 500, 2000, 120, 6000]; // of added bands, those that are free
const FIRST_CURVE = { frequencies_hz: [60, 250, 1000, 4000], gains_db: [0, 3, -3, 0] };
let desks = 0;

/**
 * Builds a desk.
 * @param {HTMLElement} element where
 * @param {object} state bands, or a curve (frequencies_hz, gains_db); sample_rate in Hz; sounds
 *   (name -> address); presets (name -> {bands, curve})
 * @param {(eq: {bands: object[], curve: ?object}) => void} changed after every change of a user
 * @returns {{eq: object, set: Function, render: Function, close: Function}}
 */
export function mount(element, state, changed = () => {}) {
  const rate = state.sample_rate ?? 16000;
  const highHz = rate / 2;
  const sounds = Object.entries(state.sounds ?? {});
  const first = structuredClone({ bands: state.bands ?? [], curve: state.curve ?? null });
  let { bands, curve } = structuredClone(first);
  let filter = null; // the curve's impulse response
  let player = null;
  let meter = () => 0;
  let frame = 0;
  const buffers = new Map();

  const { toX, toY, toHz, toDb, grid } = axes(highHz);
  const lineHz = Array.from({ length: 240 }, (_, i) => LOW_HZ * (highHz / LOW_HZ) ** ((i / 239) * 0.999));
  const line = make("path", { class: "eq-desk-curve", fill: "none" });
  const handles = make("g");
  const reaches = make("g"); // round about each point, for fingers
  const svg = make(
    "svg",
    { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, class: "eq-desk-plot", role: "group", "aria-label": "Response of the equalizer: gain over frequency" },
    ...grid,
    line,
    reaches,
    handles,
  );
  const list = make("div", { class: "eq-desk-bands" });
  const status = make("p", { class: "eq-desk-status", role: "status", "aria-live": "polite" });
  const level = make("p", { class: "eq-desk-level" });
  const text = make("p");
  const code = make("code", { class: "eq-desk-code" });

  // --- the equalizer

  const copyOf = () => structuredClone({ bands, curve });
  const response = (hz) => (curve ? tapsDb(filter, hz, rate) : gainDb(bands, hz, rate));
  const filters = () => (curve ? { taps: filter } : { bands });

  function limitBand(band) {
    band.cutoff_hz = clamp(band.cutoff_hz, LIMITS.lowest_hz, highHz * 0.98);
    band.gain_db = KINDS[band.kind].gain ? clamp(band.gain_db ?? 0, ...LIMITS.gain_db) : null;
    if (!band.kind.endsWith("shelf")) band.slope = null;
    if (band.slope != null) band.slope = clamp(band.slope, ...LIMITS.slope);
    band.q = band.slope != null ? null : clamp(band.q ?? Math.SQRT1_2, ...LIMITS.q);
  }
  function limitCurve() {
    const { frequencies_hz: hz, gains_db: db } = curve;
    for (let i = 0; i < hz.length; i++) {
      const low = i ? hz[i - 1] * 1.02 : LIMITS.lowest_hz;
      const high = i < hz.length - 1 ? hz[i + 1] / 1.02 : highHz * 0.98;
      hz[i] = clamp(hz[i], low, Math.max(low, high));
      db[i] = clamp(db[i], ...LIMITS.gain_db);
    }
  }
  function limit() {
    bands.forEach(limitBand);
    if (curve) limitCurve();
    filter = curve ? taps(curve, rate) : null;
  }
  function report() {
    limit();
    draw();
    presets.value = "";
    changed(copyOf());
  }
  function replace(eq, said, tell = true) {
    ({ bands, curve } = structuredClone({ bands: eq.bands ?? [], curve: eq.curve ?? null }));
    limit();
    build();
    presets.value = "";
    if (said) status.textContent = said;
    if (tell) changed(copyOf());
  }

  // --- its points: the bands, or the corners of the curve

  const count = () => (curve ? curve.frequencies_hz.length : bands.length);
  function place(index) {
    if (curve) return { hz: curve.frequencies_hz[index], db: curve.gains_db[index], gain: true };
    const band = bands[index];
    const { gain } = KINDS[band.kind];
    return { hz: band.cutoff_hz, db: gain ? band.gain_db : gainDb([band], [band.cutoff_hz], rate)[0], gain };
  }
  function move(index, hz, db) {
    if (curve) [curve.frequencies_hz[index], curve.gains_db[index]] = [hz, db];
    else {
      bands[index].cutoff_hz = hz;
      if (KINDS[bands[index].kind].gain) bands[index].gain_db = db;
    }
    report();
  }
  const noun = () => (curve ? "Point" : "Band");
  const named = (index) => (curve ? `Point ${index + 1}` : `Band ${index + 1}, ${KINDS[bands[index].kind].label}`);
  function remove(index) {
    if (curve && count() === 2) {
      status.textContent = "A curve needs two points.";
      return;
    }
    const said = `${noun()} ${index + 1} removed.`;
    if (curve) for (const values of Object.values(curve)) values.splice(index, 1);
    else bands.splice(index, 1);
    replace(copyOf(), said);
    (handles.children[Math.min(index, count() - 1)] ?? add).focus();
  }
  function append() {
    if (curve) {
      const hz = curve.frequencies_hz;
      const gaps = hz.slice(1).map((f, i) => f / hz[i]);
      const widest = gaps.indexOf(Math.max(...gaps));
      const at = Math.sqrt(hz[widest] * hz[widest + 1]);
      curve.gains_db.splice(widest + 1, 0, response([at])[0]);
      hz.splice(widest + 1, 0, at);
      replace(copyOf(), `Point ${widest + 2} added at ${hertz(at)}.`);
      handles.children[widest + 1].focus();
    } else {
      const taken = (hz) => bands.some((band) => Math.abs(Math.log2(band.cutoff_hz / hz)) < 0.3);
      const hz = NEW_HZ.find((at) => at < highHz && !taken(at)) ?? NEW_HZ[0];
      bands.push({ kind: "peaking", cutoff_hz: hz, gain_db: 6, q: 1, slope: null, bypass: false });
      replace(copyOf(), `Band ${count()} added: a peak at ${hertz(hz)}.`);
      handles.lastElementChild.focus();
    }
  }

  function handle(index) {
    const circle = make("circle", { r: 9, tabindex: 0, role: "slider", class: "eq-desk-point", "aria-label": named(index), "aria-valuemin": LIMITS.lowest_hz, "aria-valuemax": Math.round(highHz) });
    let held = [0, 0]; // from the finger to the point
    const under = (event) => {
      const box = svg.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top].map((at) => (at * SIZE.width) / box.width);
    };
    const grab = (event) => {
      const [x, y] = under(event);
      const { hz, db } = place(index);
      held = [toX(hz) - x, toY(db) - y];
      circle.setPointerCapture(event.pointerId);
      circle.focus();
      event.preventDefault();
    };
    circle.addEventListener("pointerdown", grab);
    const reach = make("circle", { class: "eq-desk-reach" });
    reach.addEventListener("pointerdown", grab);
    reaches.append(reach);
    circle.addEventListener("pointermove", (event) => {
      if (!circle.hasPointerCapture(event.pointerId)) return;
      const [x, y] = under(event);
      move(index, toHz(x + held[0]), toDb(y + held[1]));
    });
    circle.addEventListener("keydown", (event) => {
      const fine = event.shiftKey ? 0.2 : 1;
      const step = 2 ** (fine / 6);
      const { hz, db } = place(index);
      const moves = { ArrowRight: [hz * step, db], ArrowLeft: [hz / step, db], ArrowUp: [hz, db + fine], ArrowDown: [hz, db - fine] };
      if (event.key === "Delete") remove(index);
      else if (event.key in moves) move(index, ...moves[event.key]);
      else return;
      event.preventDefault();
    });
    return circle;
  }

  // --- the fields

  function field(label, owner, name, [low, high]) {
    const input = make("input", { type: "number", min: low, max: high, step: "any" });
    input.show = () => {
      if (document.activeElement !== input) input.value = Number(owner[name].toPrecision(5));
    };
    input.addEventListener("change", () => {
      const value = Number(input.value);
      if (input.value === "" || !Number.isFinite(value)) {
        status.textContent = `${label} needs a number; it stays at ${Number(owner[name].toPrecision(5))}.`;
      } else owner[name] = value;
      report();
      input.value = Number(owner[name].toPrecision(5)); // its limits may have changed it
    });
    return make("label", {}, `${label} `, input);
  }
  const removal = (index) => make("button", { type: "button", onclick: () => remove(index), "aria-label": `remove ${noun().toLowerCase()} ${index + 1}` }, "remove");

  function row(index) {
    const legend = make("legend", {}, `${noun()} ${index + 1}`);
    const rangeHz = [LIMITS.lowest_hz, highHz * 0.98];
    if (curve) {
      return make("fieldset", {}, legend, field("Hz", curve.frequencies_hz, index, rangeHz), field("dB", curve.gains_db, index, LIMITS.gain_db), removal(index));
    }
    const band = bands[index];
    const kinds = make("select", {}, ...Object.entries(KINDS).map(([kind, { label }]) => make("option", { value: kind, selected: kind === band.kind }, label)));
    kinds.addEventListener("change", () => {
      band.kind = kinds.value;
      report();
      build();
      list.querySelectorAll("select")[index].focus();
    });
    const bypass = make("input", { type: "checkbox" });
    bypass.checked = Boolean(band.bypass);
    bypass.addEventListener("change", () => {
      band.bypass = bypass.checked;
      report();
    });
    return make(
      "fieldset",
      {},
      legend,
      make("label", {}, "type ", kinds),
      field("Hz", band, "cutoff_hz", rangeHz),
      ...(KINDS[band.kind].gain ? [field("dB", band, "gain_db", LIMITS.gain_db)] : []),
      band.slope != null ? field("slope", band, "slope", LIMITS.slope) : field("Q", band, "q", LIMITS.q),
      make("label", {}, bypass, " bypass"),
      removal(index),
    );
  }

  // --- drawing

  function build() {
    const indices = [...Array(count()).keys()];
    reaches.replaceChildren();
    handles.replaceChildren(...indices.map(handle));
    list.replaceChildren(...indices.map(row));
    mode.value = curve ? "curve" : "bands";
    add.textContent = curve ? "add a point" : "add a band";
    draw();
  }
  function draw() {
    const gains = response(lineHz);
    line.setAttribute("d", `M${lineHz.map((hz, i) => `${toX(hz).toFixed(1)},${toY(gains[i]).toFixed(1)}`).join("L")}`);
    for (let index = 0; index < count(); index++) {
      const { hz, db, gain } = place(index);
      const bypassed = !curve && Boolean(bands[index].bypass);
      const circle = handles.children[index];
      for (const round of [circle, reaches.children[index]]) {
        round.setAttribute("cx", toX(hz));
        round.setAttribute("cy", toY(db));
      }
      circle.classList.toggle("eq-desk-bypassed", bypassed);
      circle.setAttribute("aria-valuenow", Math.round(hz));
      circle.setAttribute("aria-valuetext", `${hertz(hz)}${gain ? `, ${decibels(db)}` : ""}${bypassed ? ", bypassed" : ""}`);
      list.children[index].querySelectorAll('input[type="number"]').forEach((input) => input.show());
    }
    const audible = TEXT_HZ.filter((hz) => hz < highHz);
    const levels = response(audible);
    text.textContent = audible.map((hz, i) => `${hertz(hz)}: ${decibels(levels[i])}`).join("; ");
    code.textContent = curve ? curvePython(curve) : asPython(bands);
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(hear);
  }

  // --- sound

  const heard = () => (dry.checked ? { bands: [] } : filters());
  const matching = () => (dry.checked ? 0 : clamp(-meter(response), -60, 12));
  function hear() {
    if (!sounds.length) return;
    const gain = matching();
    const by = Math.abs(gain) < 0.05 ? "at the level of the dry sound" : `turned ${gain < 0 ? "down" : "up"} by ${Math.abs(gain).toFixed(1)} dB, to the loudness of the dry sound`;
    level.textContent = dry.checked ? "You hear the dry sound." : `The equalized sound is ${by}.`;
    if (player?.playing) player.change(heard(), gain);
  }
  async function buffer() {
    const name = clip.value;
    if (!buffers.has(name)) buffers.set(name, await decode(state.sounds[name], new OfflineAudioContext(1, 1, rate)));
    const found = buffers.get(name);
    meter = loudnessMeter(found.getChannelData(0), rate);
    return found;
  }
  async function toggle() {
    if (player?.playing) player.stop();
    else {
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

  const option = ([value, label]) => make("option", { value }, label);
  const mode = make("select", {}, ...[["bands", "bands"], ["curve", "a drawn curve"]].map(option));
  mode.addEventListener("change", () => {
    const next = mode.value === "curve" ? { bands, curve: FIRST_CURVE } : { bands, curve: null };
    replace(next, mode.value === "curve" ? "A curve through points: drag them." : "Bands.");
  });
  const presets = make("select", {}, option(["", "choose …"]), ...Object.keys(state.presets ?? {}).map((name) => option([name, name])));
  presets.addEventListener("change", () => {
    const { value } = presets;
    if (value) replace(state.presets[value], `Preset ${value}.`);
    presets.value = value;
  });
  const add = make("button", { type: "button", onclick: append }, "add a band");
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
      make("label", {}, "made of ", mode),
      ...(presets.length > 1 ? [make("label", {}, "preset ", presets)] : []),
      add,
      make("button", { type: "button", onclick: () => replace(first, "As at the start.") }, "reset"),
      make("button", { type: "button", onclick: copy }, "copy as Python"),
    ),
    status,
    svg,
    ...(sounds.length ? [make("div", { class: "eq-desk-bar" }, play, make("label", {}, "sound ", clip), make("label", {}, dry, " dry, without the equalizer")), level] : []),
    list,
    make("details", { id: `eq-desk-${desks++}` }, make("summary", {}, "The curve in words and as code"), text, make("p", {}, code)),
  );
  limit();
  build();
  if (sounds.length) buffer().then(hear, () => {});

  return {
    get eq() {
      return copyOf();
    },
    set: (eq) => replace(eq, "", false),
    render: async () => render(await buffer(), filters()),
    close: () => player?.close(),
  };
}

/** anywidget's entry: the same desk, tied to `eqlib.desk.EQDesk`. */
export default {
  render({ model, el }) {
    const names = ["bands", "curve", "sample_rate", "sounds", "presets"];
    const state = Object.fromEntries(names.map((name) => [name, model.get(name)]));
    const desk = mount(el, state, ({ bands, curve }) => {
      model.set("bands", bands);
      model.set("curve", curve);
      model.save_changes();
    });
    const follow = () => {
      const eq = { bands: model.get("bands"), curve: model.get("curve") };
      if (JSON.stringify(eq) !== JSON.stringify(desk.eq)) desk.set(eq);
    };
    model.on("change:bands change:curve", follow);
    return () => {
      model.off("change:bands change:curve", follow);
      desk.close();
    };
  },
};
