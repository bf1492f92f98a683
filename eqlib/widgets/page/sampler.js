// Frames to learn from, drawn at random from pairs of recordings, as eqlib.training.sampler draws them:
// every clip equally often, and in a clip the places as often as their input is loud (RMS).

const PLACE = 16; // samples; loudness is looked up on this grid

/**
 * Draws windowed frames. A frame may begin before its clip, where both sides are silent; it ends within
 * the clip. Only a clip shorter than a frame has zeros after it.
 */
export class FrameSampler {
  /**
   * @param {{dry: Float32Array, wet: Float32Array}[]} pairs each wet as long as its dry
   * @param {Float64Array} window as long as a frame
   */
  constructor(pairs, window) {
    [this.pairs, this.window] = [pairs, window];
    const shares = pairs.map(({ dry }) => loudness(dry, window.length));
    this.places = shares.flatMap((share, clip) => Array.from(share, (_, step) => ({ clip, step })));
    this.chances = new Float64Array(this.places.length); // each place's, and that of all before it
    let [total, place] = [0, 0];
    for (const share of shares) for (const one of share) this.chances[place++] = total += one / pairs.length;
  }

  /**
   * Input frames and target frames.
   * @param {Function} random uniform numbers, at least 0 and below 1
   * @returns {{dry: Float32Array, wet: Float32Array}} (batch * frame,) each
   */
  draw(batch, random) {
    const { length: frame } = this.window;
    const [dry, wet] = [new Float32Array(batch * frame), new Float32Array(batch * frame)];
    for (let index = 0; index < batch; index++) {
      const { clip, step } = this.places[this.find(random())];
      const pair = this.pairs[clip];
      const last = Math.max(pair.dry.length, frame);
      const start = Math.min(step * PLACE + Math.floor(random() * PLACE) + 1, last) - frame;
      for (let n = Math.max(0, -start); n < frame && start + n < pair.dry.length; n++) {
        dry[index * frame + n] = pair.dry[start + n] * this.window[n];
        wet[index * frame + n] = pair.wet[start + n] * this.window[n];
      }
    }
    return { dry, wet };
  }

  /** The first place whose cumulated chance is above a number. */
  find(chance) {
    let [low, high] = [0, this.chances.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.chances[middle] > chance) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** How loud a clip is where a frame ends at each step of the grid: shares of 1. */
function loudness(clip, frame) {
  const energy = new Float64Array(clip.length + 1);
  for (let n = 0; n < clip.length; n++) energy[n + 1] = energy[n] + clip[n] ** 2;
  const until = (n) => energy[Math.min(Math.max(n, 0), clip.length)];
  const level = Float64Array.from({ length: Math.ceil(Math.max(clip.length, frame) / PLACE) }, (_, step) => {
    const end = (step + 1) * PLACE;
    return Math.sqrt(Math.max(0, until(end) - until(end - frame)));
  });
  const total = level.reduce((sum, x) => sum + x, 0);
  return level.map((x) => x / total);
}
