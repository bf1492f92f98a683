// Sounds at the sample rate that they are wanted at, also where the browser's audio engine refuses it.

const HIGHEST_HZ = 192000;
const ZEROS = 16; // of the interpolating sinc, on either side

/** The lowest multiple of a sample rate that this browser's audio engine takes; some begin at 22,050 Hz. */
export function engineRate(rate) {
  for (let engine = rate; engine <= HIGHEST_HZ; engine += rate) {
    try {
      return new OfflineAudioContext(1, 1, engine).sampleRate;
    } catch {
      // A higher one, then.
    }
  }
  throw new Error(`this browser plays no multiple of ${rate} Hz`);
}

/** A lowpass at half the lower one of two rates, as the taps of the higher one; their sum is 1. */
function lowpass(times) {
  const half = ZEROS * times;
  const taps = Float64Array.from({ length: 2 * half + 1 }, (_, n) => {
    const at = (Math.PI * (n - half)) / times;
    return (at ? Math.sin(at) / at : 1) * (0.5 + 0.5 * Math.cos((Math.PI * (n - half)) / half));
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => tap / sum);
}

/** Every so many-th sample, after a lowpass. */
export function decimate(samples, times) {
  if (times === 1) return samples;
  const taps = lowpass(times);
  const half = (taps.length - 1) / 2;
  return Float32Array.from({ length: Math.round(samples.length / times) }, (_, m) => {
    let sum = 0;
    for (let k = 0; k < taps.length; k++) sum += taps[k] * (samples[m * times + k - half] ?? 0);
    return sum;
  });
}

/** So many times as many samples, the new ones between the old. */
export function interpolate(samples, times) {
  if (times === 1) return samples;
  const taps = lowpass(times);
  const half = (taps.length - 1) / 2;
  const output = new Float32Array(samples.length * times);
  for (let n = 0; n < output.length; n++) {
    let sum = 0;
    for (let m = Math.max(0, Math.ceil((n - half) / times)); m <= Math.min(samples.length - 1, (n + half) / times); m++) sum += samples[m] * taps[n - m * times + half];
    output[n] = sum * times;
  }
  return output;
}

/**
 * The channels of an encoded sound, at a sample rate.
 * @param {ArrayBuffer} bytes
 * @returns {Promise<Float32Array[]>}
 */
export async function decoded(bytes, rate) {
  const engine = engineRate(rate);
  // The browser converts the sample rate while it decodes.
  const buffer = await new OfflineAudioContext(1, 1, engine).decodeAudioData(bytes);
  return Array.from({ length: buffer.numberOfChannels }, (_, channel) => decimate(buffer.getChannelData(channel), engine / rate));
}

/** The samples of an address, which has one channel, at a sample rate. */
export async function fetched(address, rate) {
  const reply = await fetch(address);
  const [samples] = await decoded(await reply.arrayBuffer(), rate);
  return samples.slice();
}

/** What the engine plays: samples at a rate, as a buffer of a rate that it takes. */
export function bufferOf(samples, rate) {
  const engine = engineRate(rate);
  const ours = interpolate(samples, engine / rate);
  const buffer = new AudioBuffer({ length: ours.length, numberOfChannels: 1, sampleRate: engine });
  buffer.copyToChannel(ours, 0);
  return buffer;
}
