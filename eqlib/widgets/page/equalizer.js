// The equalizers of eqlib in the page: the cookbook's coefficients, and what they do to a sound.
// Source: R. Bristow-Johnson, "Audio EQ Cookbook". The same equations as eqlib/biquad.py.

export const KINDS = {
  low_shelf: { label: "low shelf", gain: true },
  high_shelf: { label: "high shelf", gain: true },
  peaking: { label: "peak", gain: true },
  lowpass: { label: "lowpass", gain: false },
  highpass: { label: "highpass", gain: false },
  bandpass: { label: "bandpass", gain: false },
  notch: { label: "notch", gain: false },
};

export const LIMITS = { gain_db: [-24, 24], q: [0.1, 20], slope: [0.1, 1], lowest_hz: 20 };

/**
 * The coefficients of one band, H(z) = (b0 + b1/z + b2/z^2) / (1 + a1/z + a2/z^2).
 * @param {{kind: string, cutoff_hz: number, gain_db?: ?number, q?: ?number, slope?: ?number}} band
 * @param {number} sampleRate in Hz
 * @returns {{b: number[], a: number[]}} three each, a[0] is 1
 */
export function coefficients(band, sampleRate) {
  const A = 10 ** ((band.gain_db ?? 0) / 40);
  const w0 = (2 * Math.PI * band.cutoff_hz) / sampleRate;
  const c = Math.cos(w0);
  const alpha =
    band.slope == null
      ? Math.sin(w0) / (2 * band.q)
      : (Math.sin(w0) / 2) * Math.sqrt((A + 1 / A) * (1 / band.slope - 1) + 2);
  const plus = A + 1 + (A - 1) * c;
  const minus = A + 1 - (A - 1) * c;
  const r = 2 * Math.sqrt(A) * alpha;
  let a = [1 + alpha, -2 * c, 1 - alpha];
  let b;
  switch (band.kind) {
    case "lowpass":
      b = [(1 - c) / 2, 1 - c, (1 - c) / 2];
      break;
    case "highpass":
      b = [(1 + c) / 2, -(1 + c), (1 + c) / 2];
      break;
    case "bandpass":
      b = [alpha, 0, -alpha];
      break;
    case "notch":
      b = [1, -2 * c, 1];
      break;
    case "peaking":
      b = [1 + alpha * A, -2 * c, 1 - alpha * A];
      a = [1 + alpha / A, -2 * c, 1 - alpha / A];
      break;
    case "low_shelf":
      b = [A * (minus + r), 2 * A * (A - 1 - (A + 1) * c), A * (minus - r)];
      a = [plus + r, -2 * (A - 1 + (A + 1) * c), plus - r];
      break;
    case "high_shelf":
      b = [A * (plus + r), -2 * A * (A - 1 + (A + 1) * c), A * (plus - r)];
      a = [minus + r, 2 * (A - 1 - (A + 1) * c), minus - r];
      break;
    default:
      throw new Error(`unknown kind of band: ${band.kind}`);
  }
  return { b: b.map((x) => x / a[0]), a: a.map((x) => x / a[0]) };
}

/** The gain of a cascade of bands at each frequency, in dB; bypassed bands do nothing. */
export function gainDb(bands, frequenciesHz, sampleRate) {
  const sections = bands.filter((band) => !band.bypass).map((band) => coefficients(band, sampleRate));
  return frequenciesHz.map((hz) => {
    const w = (2 * Math.PI * hz) / sampleRate;
    const power = ([x0, x1, x2]) =>
      (x0 + x1 * Math.cos(w) + x2 * Math.cos(2 * w)) ** 2 +
      (x1 * Math.sin(w) + x2 * Math.sin(2 * w)) ** 2;
    const product = sections.reduce((all, { b, a }) => (all * power(b)) / power(a), 1);
    return 10 * Math.log10(Math.max(product, 1e-20));
  });
}

/** One line of Python that makes the same equalizer. */
export function asPython(bands) {
  const round = (x) => Number(x.toPrecision(4)).toString();
  const calls = bands
    .filter((band) => !band.bypass)
    .map((band) => {
      const settings = [`cutoff_hz=${round(band.cutoff_hz)}`];
      if (KINDS[band.kind].gain) settings.push(`gain_db=${round(band.gain_db)}`);
      settings.push(band.slope == null ? `q=${round(band.q)}` : `slope=${round(band.slope)}`);
      return `EQ.${band.kind}(${settings.join(", ")})`;
    });
  return calls.length ? calls.join(" + ") : "EQ.flat()";
}
