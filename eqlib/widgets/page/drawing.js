// An equalizer while it is drawn: bands, or a curve through points, kept within their limits. What it
// looks like is its users' matter: the desk and the workbench.
import { TAPS, curvePython, taps, tapsDb } from "./curve.js";
import { KINDS, LIMITS, asPython, gainDb } from "./equalizer.js";
import { curveOf, sketched } from "./freehand.js";
import { LOW_HZ, clamp, hertz } from "./plot.js";

const NEW_HZ = [1000, 250, 4000, 500, 2000, 120, 6000]; // of added bands, those that are free
export const FIRST_CURVE = { frequencies_hz: [60, 250, 1000, 4000], gains_db: [0, 3, -3, 0] };

/** What EQ.to_dict wrote, as bands or a curve; null for what has nothing to draw. */
export function fromDict(settings) {
  const stages = settings?.stages ?? [];
  const [{ target: [curve] = [], taps: length, phase } = {}] = stages;
  if (stages.length === 1 && curve?.gains_db && length === TAPS && phase === "minimum") {
    return { bands: [], curve: { frequencies_hz: curve.frequencies_hz, gains_db: curve.gains_db } };
  }
  if (!stages.every(({ kind }) => Object.hasOwn(KINDS, kind))) return null;
  return { bands: stages.map(({ type: _, ...band }) => ({ ...band, bypass: false })), curve: null };
}

export class Drawing {
  /**
   * @param {{bands?: object[], curve?: ?object}} eq bands, or a curve (frequencies_hz, gains_db)
   * @param {number} rate the sample rate in Hz
   */
  constructor(eq, rate) {
    this.rate = rate;
    this.highHz = rate / 2;
    this.set(eq);
  }

  /** A copy of its settings. */
  get eq() {
    return structuredClone({ bands: this.bands, curve: this.curve });
  }

  /** Its settings as eqlib's EQ.to_dict has them. */
  get dict() {
    const stages = this.curve
      ? [{ type: "fir", target: [{ type: "curve", ...structuredClone(this.curve) }], taps: TAPS, phase: "minimum", compensate_delay: false }]
      : this.bands.filter(({ bypass }) => !bypass).map(({ bypass: _, ...band }) => ({ type: "biquad", ...band }));
    return { stages, sample_rate: this.rate };
  }

  set({ bands, curve }) {
    ({ bands: this.bands, curve: this.curve } = structuredClone({ bands: bands ?? [], curve: curve ?? null }));
    this.limit();
  }

  /** Brings all values into their ranges, and designs the curve's filter. */
  limit() {
    this.bands.forEach((band) => this.limitBand(band));
    if (this.curve) this.limitCurve();
    this.taps = this.curve ? taps(this.curve, this.rate) : null;
  }

  limitBand(band) {
    band.cutoff_hz = clamp(band.cutoff_hz, LIMITS.lowest_hz, this.highHz * 0.98);
    band.gain_db = KINDS[band.kind].gain ? clamp(band.gain_db ?? 0, ...LIMITS.gain_db) : null;
    if (!band.kind.endsWith("shelf")) band.slope = null;
    if (band.slope != null) band.slope = clamp(band.slope, ...LIMITS.slope);
    band.q = band.slope != null ? null : clamp(band.q ?? Math.SQRT1_2, ...LIMITS.q);
  }

  limitCurve() {
    const { frequencies_hz: hz, gains_db: db } = this.curve;
    for (let i = 0; i < hz.length; i++) {
      const low = i ? hz[i - 1] * 1.02 : LIMITS.lowest_hz;
      const high = i < hz.length - 1 ? hz[i + 1] / 1.02 : this.highHz * 0.98;
      hz[i] = clamp(hz[i], low, Math.max(low, high));
      db[i] = clamp(db[i], ...LIMITS.gain_db);
    }
  }

  /** The gain at each frequency, in dB. */
  response(hz) {
    return this.curve ? tapsDb(this.taps, hz, this.rate) : gainDb(this.bands, hz, this.rate);
  }

  /** What the page's sound filters with. */
  get filters() {
    return this.curve ? { taps: this.taps } : { bands: this.bands };
  }

  /** The line of Python that makes the same equalizer. */
  get python() {
    return this.curve ? curvePython(this.curve) : asPython(this.bands);
  }

  // --- its points: the bands, or the corners of the curve

  get count() {
    return this.curve ? this.curve.frequencies_hz.length : this.bands.length;
  }

  get noun() {
    return this.curve ? "Point" : "Band";
  }

  /** What a point is called. */
  name(index) {
    return this.curve ? `Point ${index + 1}` : `Band ${index + 1}, ${KINDS[this.bands[index].kind].label}`;
  }

  bypassed(index) {
    return !this.curve && Boolean(this.bands[index].bypass);
  }

  /** Where a point lies, and whether its gain can be set. */
  place(index) {
    if (this.curve) return { hz: this.curve.frequencies_hz[index], db: this.curve.gains_db[index], gain: true };
    const band = this.bands[index];
    const { gain } = KINDS[band.kind];
    return { hz: band.cutoff_hz, db: gain ? band.gain_db : gainDb([band], [band.cutoff_hz], this.rate)[0], gain };
  }

  move(index, hz, db) {
    if (this.curve) [this.curve.frequencies_hz[index], this.curve.gains_db[index]] = [hz, db];
    else {
      this.bands[index].cutoff_hz = hz;
      if (KINDS[this.bands[index].kind].gain) this.bands[index].gain_db = db;
    }
    this.limit();
  }

  /** What a point's width is called, if it has one: "q" or "slope". */
  width(index) {
    if (this.curve) return null;
    return this.bands[index].slope != null ? "slope" : "q";
  }

  /** Makes a band so many times as narrow. */
  narrow(index, times) {
    const name = this.width(index);
    if (!name) return;
    this.bands[index][name] *= times;
    this.limit();
  }

  /** Takes a point away; returns what to say, and whether it went. */
  remove(index) {
    if (this.curve && this.count === 2) return { gone: false, said: "A curve needs two points." };
    const said = `${this.noun} ${index + 1} removed.`;
    if (this.curve) for (const values of Object.values(this.curve)) values.splice(index, 1);
    else this.bands.splice(index, 1);
    this.limit();
    return { gone: true, said };
  }

  /** Adds a point in the widest gap, or a band where none is; returns which, and what to say. */
  append() {
    if (this.curve) {
      const hz = this.curve.frequencies_hz;
      const gaps = hz.slice(1).map((f, i) => f / hz[i]);
      const widest = gaps.indexOf(Math.max(...gaps));
      const at = Math.sqrt(hz[widest] * hz[widest + 1]);
      return this.add(at, this.response([at])[0]);
    }
    const distance = (hz) => Math.min(Infinity, ...this.bands.map((band) => Math.abs(Math.log2(band.cutoff_hz / hz))));
    const free = NEW_HZ.filter((hz) => hz < this.highHz * 0.9);
    const hz = free.find((at) => distance(at) > 0.3) ?? this.widestGap();
    return this.add(hz, 6);
  }

  /** The middle of the widest gap between bands, in Hz. */
  widestGap() {
    const hz = [LOW_HZ, ...this.bands.map((band) => band.cutoff_hz), this.highHz * 0.9].sort((a, b) => a - b);
    const gaps = hz.slice(1).map((f, i) => f / hz[i]);
    const widest = gaps.indexOf(Math.max(...gaps));
    return Math.sqrt(hz[widest] * hz[widest + 1]);
  }

  /** Adds a point of the curve, or a peak, at a place; returns which, and what to say. */
  add(hz, db) {
    if (this.curve) {
      const { frequencies_hz: all, gains_db: gains } = this.curve;
      const after = all.findIndex((f) => f > hz);
      const index = after < 0 ? all.length : after;
      all.splice(index, 0, hz);
      gains.splice(index, 0, db);
      this.limit();
      return { index, said: `Point ${index + 1} added at ${hertz(all[index])}.` };
    }
    this.bands.push({ kind: "peaking", cutoff_hz: hz, gain_db: db, q: 1, slope: null, bypass: false });
    this.limit();
    return { index: this.count - 1, said: `Band ${this.count} added: a peak at ${hertz(this.bands.at(-1).cutoff_hz)}.` };
  }

  /** Makes one curve of the bands, through as few points as show their response. */
  toCurve() {
    if (!this.bands.some((band) => !band.bypass)) this.curve = structuredClone(FIRST_CURVE);
    else this.curve = curveOf((hz) => this.response(hz), [LOW_HZ, this.highHz * 0.95]);
    this.limit();
  }

  /** Puts what a hand has drawn into the curve; returns what to say. */
  sketch(stroke) {
    this.curve = sketched(this.curve, stroke, [LOW_HZ, this.highHz]);
    this.limit();
    return `Drawn, as a curve through ${this.count} points.`;
  }
}
