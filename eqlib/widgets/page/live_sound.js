// What the live figures sound like: a loop that can be changed while it plays, and what to play.
import { holds, output as ears, take } from "./bus.js";
import { bufferOf } from "./decoding.js";
import { FADE_S as SHORT_S } from "./mixer.js";
import { generator } from "./random.js";

export const RATE = 16000; // of all of them, in Hz, as in the book
export const PEAK = 0.2; // of full scale: soft enough for headphones
const FADE_S = 3 * SHORT_S;

/** One loop of samples; another one takes its place within a short fade, at the same time in it. */
export class LiveSound {
  /** @param {() => void} stopped is told when it ends, whoever ended it */
  constructor(stopped) {
    this.stopped = stopped;
    this.context = null;
    this.now = null; // what sounds: {source, gain, samples}
    this.wanted = false;
    this.giveWay = () => this.stop();
  }

  async start(samples) {
    take(this.giveWay);
    this.wanted = true;
    this.context ??= new AudioContext();
    this.ears ??= ears(this.context);
    await this.context.resume();
    if (!holds(this.giveWay) || !this.wanted) return;
    this.began = this.context.currentTime;
    this.put(samples);
  }

  /** @param {() => Float32Array} samplesOf is asked only if something sounds */
  change(samplesOf) {
    if (this.now) this.put(samplesOf());
  }

  put(samples) {
    const { context, now: old } = this;
    const at = context.currentTime;
    const source = new AudioBufferSourceNode(context, { buffer: bufferOf(samples, RATE), loop: true });
    const gain = new GainNode(context, { gain: 0 });
    source.connect(gain).connect(this.ears);
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(1, at + FADE_S);
    source.start(at, (at - this.began) % source.buffer.duration);
    this.fade(old);
    this.now = { source, gain, samples };
  }

  fade(old) {
    if (!old) return;
    const at = this.context.currentTime;
    old.gain.gain.cancelScheduledValues(at);
    old.gain.gain.setValueAtTime(old.gain.gain.value, at);
    old.gain.gain.linearRampToValueAtTime(0, at + FADE_S);
    old.source.stop(at + FADE_S);
  }

  stop() {
    this.fade(this.now);
    this.now = null;
    if (this.wanted) this.stopped();
    this.wanted = false;
  }

  close() {
    this.stop();
    return this.context?.close();
  }
}

/** Brings samples to the level at which all of them are played. */
function level(samples) {
  const top = samples.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-9);
  return Float32Array.from(samples, (x) => (PEAK * x) / top);
}

/** Adds a sine to samples, each a little smaller than the one before; by its recurrence, which is quick. */
function addSine(samples, w, size, decay = 1) {
  const [turn, shrink] = [2 * decay * Math.cos(w), decay * decay];
  let [before, now] = [(-size * Math.sin(w)) / decay, 0];
  for (let n = 0; n < samples.length; n++) {
    samples[n] += now;
    [before, now] = [now, turn * now - shrink * before];
  }
}

/** A steady tone with some partials, the k-th of 1/k; whole periods, so that it is a loop. */
export function tone(hz, samples, partials = 6) {
  const sum = new Float64Array(samples);
  const periods = Math.round((hz * samples) / RATE);
  for (let k = 1; k <= partials; k++) addSine(sum, (2 * Math.PI * k * periods) / samples, 1 / k);
  return level(sum);
}

/** A plucked note, computed: partials that decay, the higher the sooner, to nothing at its end. */
export function pluck(hz, samples) {
  const note = new Float64Array(samples);
  for (let k = 1; k <= 12; k++) addSine(note, (2 * Math.PI * k * hz) / RATE, 1 / k, Math.exp(-(1.6 + 0.5 * k) / RATE));
  for (let n = 0; n < samples; n++) note[n] *= Math.min(1, n / 40, (samples - 1 - n) / 1600);
  return level(note);
}

/** White noise, the same each time. */
export function noise(samples) {
  const random = generator(0);
  return level(new Float64Array(samples).map(() => random() + random() + random() - 1.5));
}
