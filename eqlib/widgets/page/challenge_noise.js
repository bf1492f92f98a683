// Pink noise that goes round and round without a seam: each octave is equally loud, so that every band is heard.
import { fft } from "./fft.js";
import { generator } from "./random.js";

const SAMPLES = 32768; // two seconds at 16 kHz
const LOWEST_HZ = 30;
export const PEAK = 0.5;

/** @param {number} rate in Hz */
export function pinkNoise(rate) {
  const random = generator(1);
  const [re, im] = [new Float64Array(SAMPLES), new Float64Array(SAMPLES)];
  for (let bin = Math.ceil((LOWEST_HZ * SAMPLES) / rate); bin < SAMPLES / 2; bin++) {
    const [size, phase] = [1 / Math.sqrt(bin), 2 * Math.PI * random()];
    [re[bin], im[bin]] = [size * Math.cos(phase), size * Math.sin(phase)];
  }
  fft(re, im); // its real part is a noise whose spectrum is this one
  const top = re.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return Float32Array.from(re, (x) => (PEAK * x) / top);
}
