// What a picture of a waveform shows: how far a sound reaches up and down, from column to column.

const SHORTEST_S = 0.002; // of sound behind a column: so few samples do not miss the tops of a tone
const LONGEST_S = 0.02; // a period of 50 Hz
const PARTS = 8; // of a sound, in which periods are looked for
const PERIODIC = 0.5; // correlation from one period to the next
const AS_GOOD = 0.95; // of the best: of a period and its multiples, the period is meant

/**
 * The longest period of a sound, in samples, or 0 where it has none (noise, most drums).
 *
 * By the autocorrelation of its parts, but for those that have died away.
 */
export function period(samples, sampleRate) {
  const [shortest, longest] = [SHORTEST_S / 2, LONGEST_S].map((s) => Math.round(s * sampleRate));
  const size = Math.min(4 * longest, samples.length);
  const starts = Array.from({ length: PARTS }, (_, k) => Math.floor(((samples.length - size) * k) / (PARTS - 1)));
  const parts = starts.map((start) => samples.subarray(start, start + size));
  const powers = parts.map((part) => part.reduce((sum, x) => sum + x * x, 0));
  const loudest = Math.max(...powers);
  const heard = parts.filter((_, k) => powers[k] > loudest / 1000);
  return Math.max(0, ...heard.map((part) => periodOf(part, shortest, longest)));
}

function periodOf(part, shortest, longest) {
  const found = [];
  for (let lag = 0; lag <= Math.min(longest + 1, part.length / 2); lag++) {
    let [both, early, late] = [0, 0, 0];
    for (let n = lag; n < part.length; n++) {
      both += part[n] * part[n - lag];
      early += part[n - lag] ** 2;
      late += part[n] ** 2;
    }
    found.push(both / (Math.sqrt(early * late) || 1));
  }
  const peaks = found.flatMap((r, lag) => (lag >= shortest && lag < found.length - 1 && r >= found[lag - 1] && r >= found[lag + 1] ? [lag] : []));
  const best = Math.max(...peaks.map((lag) => found[lag]));
  return best > PERIODIC ? peaks.find((lag) => found[lag] >= AS_GOOD * best) : 0;
}

/**
 * The lowest and highest sample behind each column of a picture.
 *
 * A column that is shorter than a period takes as much of its neighbors as a period has: by itself
 * it would show where in the period it happens to lie, and the columns would beat with the sound.
 * @param {Float32Array} samples
 * @returns {number[][]} [low, high] of each column
 */
export function columns(samples, width, sampleRate) {
  const whole = Math.max(period(samples, sampleRate), SHORTEST_S * sampleRate, samples.length / width);
  const size = Math.min(samples.length, Math.ceil(whole) + 1);
  return Array.from({ length: width }, (_, x) => {
    const middle = ((x + 0.5) / width) * samples.length;
    const from = Math.max(0, Math.min(samples.length - size, Math.floor(middle - whole / 2)));
    let [low, high] = [0, 0];
    for (let n = from; n < from + size; n++) [low, high] = [Math.min(low, samples[n]), Math.max(high, samples[n])];
    return [low, high];
  });
}
