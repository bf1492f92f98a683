// A clip through the equalizer, in the browser's own audio engine, without clicks.
import { holds, output as ears, take } from "./bus.js";
import { bufferOf, decimate, engineRate } from "./decoding.js";
import { coefficients, gainDb } from "./equalizer.js";
import { fft } from "./fft.js";

const FADE_S = 0.03;
const HEADROOM_DB = -12; // of the dry clip, so that a boost need not be turned down to be compared
const BLOCK = 2048;

/** A filter's coefficients at a multiple of its sample rate: the same filter, below half of its rate. */
function spread(coefficients, times) {
  return coefficients.flatMap((x, n) => (n ? [...Array(times - 1).fill(0), x] : [x]));
}

/**
 * Filter nodes with exactly this equalizer's coefficients, their ends as {input, output}.
 * @param {{bands?: object[], taps?: number[]}} eq biquads, or the impulse response of a FIR filter
 * @param {number} rate the equalizer's sample rate in Hz, of which the context's is a multiple
 */
function chain(context, eq, levelDb, rate) {
  const times = Math.round(context.sampleRate / rate);
  const input = context.createGain();
  const filters = (eq.bands ?? [])
    .filter((band) => !band.bypass)
    .map((band) => {
      const { b, a } = coefficients(band, rate);
      return context.createIIRFilter(spread(b, times), spread(a, times));
    });
  if (eq.taps) {
    const taps = Float32Array.from(spread(Array.from(eq.taps), times));
    const buffer = context.createBuffer(1, taps.length, context.sampleRate);
    buffer.copyToChannel(taps, 0);
    filters.push(new ConvolverNode(context, { buffer, disableNormalization: true }));
  }
  const output = context.createGain();
  output.gain.value = 10 ** (levelDb / 20);
  [input, ...filters].reduce((from, to) => (from.connect(to), to)).connect(output);
  return { input, output };
}

/** What an equalizer makes of a clip, all at once: for tests, and for whoever wants the samples. */
export async function render(samples, eq, rate) {
  const buffer = bufferOf(samples, rate);
  const offline = new OfflineAudioContext(1, buffer.length, buffer.sampleRate);
  const source = new AudioBufferSourceNode(offline, { buffer });
  const path = chain(offline, eq, 0, rate);
  source.connect(path.input);
  path.output.connect(offline.destination);
  source.start();
  const made = (await offline.startRendering()).getChannelData(0);
  return decimate(made, Math.round(buffer.sampleRate / rate));
}

/**
 * By how much an equalizer changes the loudness of a clip, in dB: after ITU-R BS.1770 without its
 * gate, from the clip's mean power spectrum, so that it is there before a sound is.
 * @returns {Function} (frequencies in Hz -> dB of each) -> dB
 */
export function loudnessMeter(samples, sampleRate) {
  const power = new Float64Array(BLOCK / 2);
  for (let start = 0; start + BLOCK <= Math.max(samples.length, BLOCK); start += BLOCK / 2) {
    addPower(samples.subarray(start, start + BLOCK), power);
  }
  const hz = Array.from(power, (_, bin) => ((bin + 0.5) * sampleRate) / BLOCK);
  const q = Math.SQRT1_2;
  const ear = gainDb(
    [
      { kind: "high_shelf", cutoff_hz: 1500, gain_db: 4, q },
      { kind: "highpass", cutoff_hz: 38, q: 0.5 },
    ],
    hz,
    sampleRate,
  );
  const heard = power.map((p, bin) => p * 10 ** (ear[bin] / 10));
  const dry = heard.reduce((sum, p) => sum + p, 0);
  return (response) => {
    const gains = response(hz);
    const wet = heard.reduce((sum, p, bin) => sum + p * 10 ** (gains[bin] / 10), 0);
    return dry > 0 && wet > 0 ? 10 * Math.log10(wet / dry) : 0;
  };
}

/** Adds the power spectrum of a block under a Hann window, two neighboring bins in each. */
function addPower(block, power) {
  const re = new Float64Array(BLOCK);
  const im = new Float64Array(BLOCK);
  block.forEach((x, n) => (re[n] = x * (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / BLOCK))));
  fft(re, im);
  for (let bin = 0; bin < power.length; bin++) power[bin] += re[bin] ** 2 + im[bin] ** 2;
}

/** Plays a clip in a loop through an equalizer that may change at any moment. */
export class LoopPlayer {
  constructor(sampleRate) {
    this.rate = sampleRate;
    // Filters with our coefficients mean the same frequencies at our sample rate, and at its multiples.
    this.context = new AudioContext({ sampleRate: engineRate(sampleRate) });
    /** What is heard, for whoever wants to see its spectrum. */
    this.analyser = new AnalyserNode(this.context, { fftSize: 4096, smoothingTimeConstant: 0.75 });
    this.analyser.connect(ears(this.context));
    this.path = null;
    this.source = null;
    /** Called when something else on the page is played instead. */
    this.onstopped = () => {};
    this.giveWay = () => {
      this.stop();
      this.onstopped();
    };
  }

  get playing() {
    return this.source !== null;
  }

  async start(buffer, eq, levelDb) {
    take(this.giveWay);
    await this.context.resume();
    if (!holds(this.giveWay)) return;
    this.stop();
    this.source = new AudioBufferSourceNode(this.context, { buffer, loop: true });
    this.source.start();
    this.path = null;
    this.change(eq, levelDb);
  }

  /** Fades from the old chain to a new one, so that no filter's state jumps. */
  change(eq, levelDb) {
    if (!this.source) return;
    const { context, path: old } = this;
    const now = context.currentTime;
    const fresh = chain(context, eq, levelDb + HEADROOM_DB, this.rate);
    const level = fresh.output.gain.value;
    fresh.output.gain.setValueAtTime(0, now);
    fresh.output.gain.linearRampToValueAtTime(level, now + FADE_S);
    this.source.connect(fresh.input);
    fresh.output.connect(this.analyser);
    if (old) this.retire(old, now);
    this.path = fresh;
  }

  retire(path, now) {
    path.output.gain.cancelScheduledValues(now);
    path.output.gain.setValueAtTime(path.output.gain.value, now);
    path.output.gain.linearRampToValueAtTime(0, now + FADE_S);
    const source = this.source;
    setTimeout(() => {
      path.output.disconnect();
      try {
        source.disconnect(path.input);
      } catch {
        // The source was stopped in the meantime, and its connections are gone.
      }
    }, 1000 * FADE_S + 100);
  }

  stop() {
    if (!this.source) return;
    const now = this.context.currentTime;
    this.retire(this.path, now);
    this.source.stop(now + FADE_S);
    this.source = this.path = null;
  }

  async close() {
    this.stop();
    await this.context.close();
  }
}
