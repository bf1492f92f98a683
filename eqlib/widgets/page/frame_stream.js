// Frames of a signal that comes piece by piece: what frames.js does with a whole one.
import { hann } from "./frames.js";

/** Cuts frames as soon as their last sample has come, and adds them up again. */
export class FrameStream {
  /** @param {{frame: number, hop: number}} shape hop divides frame */
  constructor({ frame, hop }) {
    Object.assign(this, { frame, hop, window: hann(frame), gain: frame / (2 * hop) });
    this.heard = new Float32Array(frame - hop); // silence before the signal; from the next frame's first sample on
    this.sum = new Float32Array(frame); // of the frames so far, from the latest one's first sample on
    this.early = (frame - hop) / hop; // frames after which the signal's own first sample is whole
  }

  /** Takes the next samples. */
  push(samples) {
    const heard = new Float32Array(this.heard.length + samples.length);
    heard.set(this.heard);
    heard.set(samples, this.heard.length);
    this.heard = heard;
  }

  /** How many frames can be taken. */
  get ready() {
    return Math.max(0, Math.floor((this.heard.length - this.frame) / this.hop) + 1);
  }

  /** The next frame under the window, and the samples that are whole once it is added. */
  take() {
    const samples = this.heard.subarray(0, this.frame);
    const taken = { windowed: samples.map((x, n) => x * this.window[n]), dry: samples.slice(0, this.hop) };
    this.heard = this.heard.slice(this.hop);
    return taken;
  }

  /**
   * Adds a frame of output, in the order they were taken.
   * @returns {?Float32Array} the hop of samples that no later frame reaches; null before the signal
   */
  add(output) {
    for (let n = 0; n < this.frame; n++) this.sum[n] += output[n] / this.gain;
    const whole = this.sum.slice(0, this.hop);
    this.sum.copyWithin(0, this.hop);
    this.sum.fill(0, this.frame - this.hop);
    return this.early-- > 0 ? null : whole;
  }
}
