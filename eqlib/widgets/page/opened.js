// A trained network opened up: the same layers as eqlib/model.py, one channel after the other, so that
// each can be heard, and moved, by itself. What the network returns is the sum of its channels.
import { fft } from "./fft.js";
import { cut, frameCount, hann } from "./frames.js";

const SPECTRUM = 2048;
const BLOCK_MS = 12; // of computing, until the page may do something else
const softplus = (x) => (x > 20 ? x : Math.log1p(Math.exp(x)));
const rest = () => new Promise((go) => setTimeout(go));

/** y[n] = bias + sum_k taps[k] x[n + k], for an x that is padded already. */
function correlate(x, taps, bias, y) {
  for (let n = 0; n < y.length; n++) {
    let sum = bias;
    for (let k = 0; k < taps.length; k++) sum += taps[k] * x[n + k];
    y[n] = sum;
  }
}

/** A filter's power spectrum, from 0 to half the sample rate. */
function powerOf(taps) {
  const [re, im] = [new Float64Array(SPECTRUM), new Float64Array(SPECTRUM)];
  re.set(taps);
  fft(re, im);
  return Float64Array.from({ length: SPECTRUM / 2 + 1 }, (_, bin) => re[bin] ** 2 + im[bin] ** 2);
}

export class Opened {
  /** @param {{header: object, weights: object}} network as safetensors.js reads it */
  constructor({ header, weights }) {
    const { config } = header;
    if ((header.network ?? "EQNet") !== "EQNet" || config.unpooling !== "repeat") throw new Error("only an EQNet that unpools by repetition can be opened here");
    Object.assign(this, { config, weights, target: header.info?.target ?? null });
    const { filters, kernel, sample_rate: rate } = config;
    const bank = weights["conv.weight"].data;
    const about = Array.from({ length: filters }, (_, channel) => {
      const taps = bank.subarray(channel * kernel, (channel + 1) * kernel);
      const power = powerOf(taps);
      const [all, weighted] = power.reduce(([sum, moment], p, bin) => [sum + p, moment + p * bin], [0, 0]);
      return { channel, taps, center_hz: ((weighted / all) * rate) / SPECTRUM, peak: Math.max(...power) };
    });
    /** Its channels, by the center frequency of their filters; a path's gain is its fader times its peak. */
    this.channels = about.sort((a, b) => a.center_hz - b.center_hz);
  }

  /** A layer's numbers for one channel. */
  part(name, channel) {
    const { shape, data } = this.weights[name];
    const size = data.length / shape[0];
    return data.subarray(channel * size, (channel + 1) * size);
  }

  /**
   * A whole sound on its way through every channel.
   * @param {Float32Array} signal
   * @param {(share: number) => boolean} progress is told how far it is; false gives up
   * @returns {Promise<?{base: Float32Array, parts: Float32Array[], maps: Object<string, Float32Array[]>}>}
   *   of each channel: what it adds to the output, and the sizes of its signals, a value for each
   *   latent one, where the frames' windows are open. `base` is what is there without any channel.
   */
  async hear(signal, progress = () => true) {
    const { frame, hop, pool } = this.config;
    const window = this.config.window === "hann" ? hann(frame) : new Float64Array(frame).fill(1);
    const gain = window.reduce((sum, x) => sum + x, 0) / hop;
    const count = frameCount(signal.length, frame, hop);
    const heard = cut(signal, { frame, hop, window }, 0, count);
    const columns = Math.floor(signal.length / pool);
    const base = new Float32Array(signal.length);
    const bias = this.weights["deconv.bias"].data[0] / gain;
    const open = [(frame - hop) / 2, (frame + hop) / 2]; // of a frame, what the maps show
    const startOf = (index) => index * hop - (frame - hop);
    for (let index = 0; index < count; index++) {
      const start = startOf(index);
      for (let n = Math.max(0, -start); n < frame && start + n < base.length; n++) base[start + n] += bias;
    }
    const parts = [];
    const maps = { X1: [], Z: [], Z_hat: [], X1_hat: [] };
    let since = performance.now();
    for (const [place, { channel }] of this.channels.entries()) {
      const run = this.runner(channel);
      const part = new Float32Array(signal.length);
      const rows = Object.fromEntries(Object.keys(maps).map((name) => [name, new Float32Array(columns)]));
      for (let index = 0; index < count; index++) {
        const { X1, Z, Z_hat, y } = run(heard.subarray(index * frame, (index + 1) * frame));
        const start = startOf(index);
        for (let n = Math.max(0, -start); n < frame && start + n < part.length; n++) part[start + n] += y[n] / gain;
        for (let unit = 0; unit < Z.length; unit++) {
          const column = Math.floor((start + unit * pool) / pool);
          if (unit * pool < open[0] || unit * pool >= open[1] || column < 0 || column >= columns) continue;
          let top = 0;
          for (let n = unit * pool; n < (unit + 1) * pool; n++) top = Math.max(top, Math.abs(X1[n]));
          [rows.X1[column], rows.Z[column], rows.Z_hat[column], rows.X1_hat[column]] = [top, Z[unit], Z_hat[unit], top * Z_hat[unit]];
        }
        if (performance.now() - since > BLOCK_MS) {
          await rest();
          if (!progress((place + index / count) / this.channels.length)) return null;
          since = performance.now();
        }
      }
      parts.push(part);
      for (const [name, row] of Object.entries(rows)) maps[name].push(row);
    }
    return { base, parts, maps };
  }

  /** What turns a frame into one channel's signals; they are overwritten by the next frame's. */
  runner(channel) {
    const { frame, kernel, local_kernel: local, pool, rectifier, orientation } = this.config;
    const units = frame / pool;
    const analysis = this.part("conv.weight", channel);
    const adjoint = orientation === "adjoint";
    const synthesis = adjoint ? analysis.slice().reverse() : analysis;
    const [left, localLeft] = [(kernel - 1) >> 1, (local - 1) >> 1];
    const backLeft = adjoint ? kernel - 1 - left : left;
    const [smoothing, own, ownBias] = ["conv_local.weight", "dense_local.weight", "dense_local.bias"].map((name) => this.part(name, channel));
    const [shared, sharedBias] = ["dense.weight", "dense.bias"].map((name) => this.weights[name].data);
    const [bias, localBias] = ["conv.bias", "conv_local.bias"].map((name) => this.weights[name].data[channel]);
    const [x, product] = [0, 0].map(() => new Float32Array(frame + kernel - 1));
    const envelope = new Float32Array(frame + local - 1);
    const [X1, smooth, y] = [0, 0, 0].map(() => new Float32Array(frame));
    const [Z, between, Z_hat] = [0, 0, 0].map(() => new Float32Array(units));
    const size = rectifier === "abs" ? Math.abs : (value) => value * value;
    return (heard) => {
      x.set(heard, left);
      correlate(x, analysis, bias, X1);
      for (let n = 0; n < frame; n++) envelope[localLeft + n] = size(X1[n]);
      correlate(envelope, smoothing, localBias, smooth);
      for (let unit = 0; unit < units; unit++) {
        let top = -Infinity;
        for (let n = unit * pool; n < (unit + 1) * pool; n++) top = Math.max(top, smooth[n]);
        Z[unit] = softplus(top);
      }
      for (let to = 0; to < units; to++) {
        let sum = ownBias[to];
        for (let from = 0; from < units; from++) sum += Z[from] * own[from * units + to];
        between[to] = softplus(sum);
      }
      for (let to = 0; to < units; to++) {
        let sum = sharedBias[to];
        for (let from = 0; from < units; from++) sum += between[from] * shared[to * units + from];
        Z_hat[to] = softplus(sum);
      }
      for (let n = 0; n < frame; n++) product[backLeft + n] = X1[n] * Z_hat[Math.floor(n / pool)];
      correlate(product, synthesis, 0, y);
      return { X1, Z, Z_hat, y };
    };
  }

  /** Each channel's path with its fader at one: W(f)^2, or |W(f)|^2, as [real, imaginary] at each frequency. */
  paths(frequenciesHz) {
    return this.channels.map(({ taps }) =>
      frequenciesHz.map((hz) => {
        const w = (2 * Math.PI * hz) / this.config.sample_rate;
        let [a, b] = [0, 0];
        taps.forEach((tap, k) => ([a, b] = [a + tap * Math.cos(w * k), b + tap * Math.sin(w * k)]));
        return this.config.orientation === "adjoint" ? [a * a + b * b, 0] : [a * a - b * b, 2 * a * b];
      }),
    );
  }
}
