// The network for every peak (eqlib.networks.knobs), opened for a sound: with the knobs at any place, its
// output is the sound and a weighted sum of what its channels make of it.
import { Opened } from "./opened.js";

export const KNOBS = {
  cutoff_hz: { label: "Cutoff", ends: [200, 4000], log: true, start: 1000 },
  gain_db: { label: "Gain", ends: [-12, 12], log: false, start: 6 },
  q: { label: "Width (q)", ends: [0.5, 2], log: true, start: 1 },
};
const WAVES = 4;

/** A setting as the network's controller hears it: eqlib.networks.knobs.peak_numbers. */
export function peakNumbers({ cutoff_hz: hz, gain_db: db, q }) {
  const [low, high] = KNOBS.cutoff_hz.ends;
  const place = Math.log(hz / low) / Math.log(high / low);
  const turns = Array.from({ length: WAVES }, (_, k) => Math.PI * (k + 1) * place);
  return [db / KNOBS.gain_db.ends[1], 2 * place - 1, Math.log2(q), ...turns.flatMap((turn) => [Math.sin(turn), Math.cos(turn)])];
}

export class PeakNetwork {
  /** @param {{header: object, weights: object}} network as safetensors.js reads it */
  constructor({ header, weights }) {
    const { controller, change, settings } = header.config;
    if (header.network !== "ConditionedEQNet" || controller !== "setting" || !change || settings !== 3 + 2 * WAVES) throw new Error("only a network for every peak can be opened here");
    // Without its controller it is the plain network, channel by channel.
    this.opened = new Opened({ header: { ...header, network: "EQNet" }, weights });
    this.layers = [0, 2, 4].map((index) => ["weight", "bias"].map((part) => weights[`controller.${index}.${part}`].data));
  }

  get rate() {
    return this.opened.config.sample_rate;
  }

  /** By how much each channel is added, in the order of `opened.channels`: negative ones are taken away. */
  factors(setting) {
    const numbers = peakNumbers(setting);
    const last = this.layers.length - 1;
    const logarithms = this.layers.reduce((heard, [weight, bias], index) => {
      const said = Array.from(bias, (sum, row) => heard.reduce((total, x, k) => total + weight[row * heard.length + k] * x, sum));
      return index < last ? said.map((x) => Math.max(0, x)) : said;
    }, numbers);
    return this.opened.channels.map(({ channel }) => Math.expm1(numbers[0] * logarithms[channel]));
  }

  /** Takes a sound through all channels, once; then `output` and `responseDb` are quick. */
  async hear(signal) {
    const { parts, maps } = await this.opened.hear(signal);
    const { X1, Z_hat } = maps;
    const loud = X1[0].map((_, column) => X1.reduce((sum, row) => sum + row[column] ** 2, 0));
    const all = loud.reduce((sum, x) => sum + x, 0) || 1;
    const means = Z_hat.map((row) => row.reduce((sum, gain, column) => sum + gain * loud[column], 0) / all);
    Object.assign(this, { signal, parts, means });
  }

  /** What the network makes of the sound. */
  output(setting) {
    const out = this.signal.slice();
    const factors = this.factors(setting);
    this.parts.forEach((part, index) => {
      const factor = factors[index];
      for (let n = 0; n < out.length; n++) out[n] += factor * part[n];
    });
    return out;
  }

  /** Each channel's path, in time with the sound that it is added to: both its filters begin before the sample. */
  inTime(frequenciesHz) {
    const { kernel, orientation } = this.opened.config;
    const early = orientation === "adjoint" ? 0 : 2 * ((kernel - 1) >> 1);
    return this.opened.paths(frequenciesHz).map((path) =>
      path.map(([a, b], i) => {
        const turn = (2 * Math.PI * frequenciesHz[i] * early) / this.rate;
        const [c, s] = [Math.cos(turn), Math.sin(turn)];
        return [a * c + b * s, b * c - a * s];
      }),
    );
  }

  /** Its response in dB, with the faders where they are in the mean over this sound. */
  responseDb(setting, frequenciesHz) {
    if (this.frequenciesHz !== frequenciesHz) [this.frequenciesHz, this.paths] = [frequenciesHz, this.inTime(frequenciesHz)];
    const factors = this.factors(setting);
    return frequenciesHz.map((_, i) => {
      let [a, b] = [1, 0];
      this.paths.forEach((path, index) => {
        const gain = factors[index] * this.means[index];
        [a, b] = [a + gain * path[i][0], b + gain * path[i][1]];
      });
      return 10 * Math.log10(Math.max(1e-10, a * a + b * b));
    });
  }
}
