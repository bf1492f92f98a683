// Another sample rate for a signal that comes piece by piece: a sinc under a Kaiser window.

const ZEROS = 32; // of the sinc on either side, at the lower one of the two rates
const BETA = 8; // of the window: what would fold back lies 80 dB down
const EDGE = 0.95; // of half the lower rate: where the lowpass is 6 dB down

/** The modified Bessel function of order zero, which the Kaiser window is made of. */
function bessel(x) {
  let [sum, term] = [1, 1];
  for (let k = 1; term > 1e-12 * sum; k++) sum += term *= (x / (2 * k)) ** 2;
  return sum;
}

const gcd = (a, b) => (b ? gcd(b, a % b) : a);

/** Input samples that come after an output sample's own instant before it can be computed. */
export const aheadOf = (from, to) => (from === to ? 0 : Math.ceil((ZEROS * from) / Math.min(from, to)));

/** Samples at one rate in, samples at another out, at the same instants: output n belongs to the time n / to. */
export class Resampler {
  /**
   * @param {number} from in Hz, an integer
   * @param {number} to in Hz, an integer
   */
  constructor(from, to) {
    const common = gcd(from, to);
    [this.up, this.down] = [to / common, from / common];
    this.ahead = aheadOf(from, to);
    this.first = 1 - this.ahead; // the first input sample that is still needed; before the signal there is silence
    this.heard = new Float32Array(Math.max(0, this.ahead - 1)); // the samples from there on
    this.next = 0; // output sample
    const width = 2 * this.ahead;
    const cutoff = (EDGE * Math.min(from, to)) / from;
    this.phases = Array.from({ length: this.ahead && this.up }, (_, phase) => {
      const taps = Float32Array.from({ length: width }, (_, k) => {
        const at = k + 1 - this.ahead - phase / this.up;
        const x = Math.PI * cutoff * at;
        const window = bessel(BETA * Math.sqrt(Math.max(0, 1 - (at / this.ahead) ** 2))) / bessel(BETA);
        return (x ? Math.sin(x) / x : 1) * window;
      });
      const sum = taps.reduce((total, tap) => total + tap, 0);
      return taps.map((tap) => tap / sum);
    });
  }

  /**
   * Takes the next samples.
   * @param {ArrayLike<number>} samples
   * @returns {Float32Array} all that can be computed now
   */
  push(samples) {
    if (!this.ahead) return Float32Array.from(samples);
    const heard = new Float32Array(this.heard.length + samples.length);
    heard.set(this.heard);
    heard.set(samples, this.heard.length);
    const end = this.first + heard.length; // the first input sample that has not come
    const known = Math.max(0, Math.ceil(((end - this.ahead) * this.up) / this.down));
    const output = new Float32Array(Math.max(0, known - this.next));
    for (let n = 0; n < output.length; n++) {
      const at = (this.next + n) * this.down;
      const taps = this.phases[at % this.up];
      const start = Math.floor(at / this.up) + 1 - this.ahead - this.first;
      let sum = 0;
      for (let k = 0; k < taps.length; k++) sum += taps[k] * heard[start + k];
      output[n] = sum;
    }
    this.next += output.length;
    const needed = Math.floor((this.next * this.down) / this.up) + 1 - this.ahead - this.first;
    this.heard = heard.slice(needed);
    this.first += needed;
    return output;
  }
}

/** A whole signal at another rate: as long as before, in seconds. */
export function resampled(samples, from, to) {
  const resampler = new Resampler(from, to);
  const length = Math.round((samples.length * to) / from);
  const [body, tail] = [resampler.push(samples), resampler.push(new Float32Array(resampler.ahead + 1))];
  const output = new Float32Array(length);
  output.set(body.subarray(0, length));
  output.set(tail.subarray(0, Math.max(0, length - body.length)), Math.min(length, body.length));
  return output;
}
