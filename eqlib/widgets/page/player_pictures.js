// The player's two pictures: the shape of a sound, with its loop and where it is heard; and its spectrum.
import { make } from "./dom.js";
import { columns } from "./envelope.js";

const HEIGHT = 84;
const LOW_HZ = 50;

const ROLES = { input: /\b(input|dry|nothing)\b/, target: /\btarget\b/, network: /\b(output|network)\b/, fir: /\bfir\b/ };
const OTHERS = 5;

/**
 * What each sound is, by its name, whose first word that says so decides: for its color. As in the figures
 * (`styles` of eqlib.plots.style), a role is given once, and the other sounds have the other colors in turn.
 */
export function rolesOf(names) {
  const given = [];
  let others = 0;
  for (const name of names) {
    const places = Object.entries(ROLES).map(([role, word]) => [name.toLowerCase().search(word), role]);
    const [own] = places.filter(([place, role]) => place >= 0 && !given.includes(role)).sort(([a], [b]) => a - b);
    given.push(own?.[1] ?? `other-${1 + (others++ % OTHERS)}`);
  }
  return given;
}

/** A canvas as sharp as the screen, with a brush in a color; its width in CSS pixels. */
function surface(canvas, color) {
  const width = Math.max(1, canvas.clientWidth);
  const [wide, tall] = [width, HEIGHT].map((size) => Math.round(size * devicePixelRatio));
  if (canvas.width !== wide || canvas.height !== tall) [canvas.width, canvas.height] = [wide, tall];
  const brush = canvas.getContext("2d");
  brush.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  brush.clearRect(0, 0, width, HEIGHT);
  brush.fillStyle = brush.strokeStyle = color;
  return [brush, width];
}

/** The shapes of some sounds, one at a time, all on one scale. */
export class WavePicture {
  /** @param {AudioBuffer[]} buffers */
  constructor(buffers) {
    this.canvas = make("canvas", { class: "eq-compare-wave", role: "img", height: HEIGHT });
    this.buffers = buffers;
    this.renew();
  }

  /** After other samples were put into the buffers. */
  renew() {
    this.shapes = new Map(); // kept: a minute has a million samples
    this.peak = Math.max(...this.buffers.map((buffer) => buffer.getChannelData(0).reduce((top, x) => Math.max(top, Math.abs(x)), 0)));
  }

  shape(index, width) {
    if (this.shapes.get(index)?.length !== width) {
      const buffer = this.buffers[index];
      this.shapes.set(index, columns(buffer.getChannelData(0), width, buffer.sampleRate));
    }
    return this.shapes.get(index);
  }

  /**
   * @param {?number} index of the sound; null while it is to be guessed
   * @param {{at: number, loop: number[], color: string, ink: string}} moment shares of the whole, and colors
   */
  draw(index, { at, loop: [from, to], color, ink }) {
    const [brush, width] = surface(this.canvas, ink);
    brush.globalAlpha = 0.08;
    brush.fillRect(from * width, 0, (to - from) * width, HEIGHT);
    const scale = (0.47 * HEIGHT) / this.peak;
    if (index !== null) {
      brush.fillStyle = color;
      for (const [x, [low, high]] of this.shape(index, width).entries()) {
        brush.globalAlpha = x / width < at ? 1 : 0.6;
        brush.fillRect(x, HEIGHT / 2 - high * scale, 1, Math.max(1, (high - low) * scale));
      }
    }
    brush.globalAlpha = 1;
    brush.fillStyle = ink;
    brush.fillRect(at * width - 1, 0, 2, HEIGHT);
  }
}

/** The spectrum of what is heard now. */
export class SpectrumPicture {
  /** @param {number} highHz the upper end; half the sample rate, or what is heard of it */
  constructor(highHz) {
    this.highHz = highHz;
    this.canvas = make("canvas", { class: "eq-compare-spectrum", role: "img", height: HEIGHT, "aria-label": `Live spectrum of what you hear, 50 Hz to ${highHz / 1000} kHz` });
  }

  draw(analyser, color) {
    const [brush, width] = surface(this.canvas, color);
    const power = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(power);
    const binHz = analyser.context.sampleRate / analyser.fftSize;
    for (let x = 0; x < width; x += 3) {
      const [a, b] = [x, x + 3].map((column) => Math.round((LOW_HZ * (this.highHz / LOW_HZ) ** (column / width)) / binHz));
      const level = Math.max(...power.subarray(a, Math.max(a + 1, b)));
      const tall = Math.max(0, Math.min(1, (level + 100) / 90)) * HEIGHT;
      brush.fillRect(x, HEIGHT - tall, 2, tall);
    }
  }

  /** Says what would be here. */
  idle(words, color) {
    const [brush, width] = surface(this.canvas, color);
    brush.globalAlpha = 0.8;
    brush.font = "13px sans-serif";
    brush.textAlign = "center";
    brush.fillText(words, width / 2, HEIGHT / 2 + 4);
    brush.globalAlpha = 1;
  }
}
