// Audio as frames, as eqlib.frames has it: cut, window, add up again.

/** The periodic Hann window. */
export const hann = (size) => Float64Array.from({ length: size }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / size));

/** How many frames a signal is cut into: every sample is in frame / hop of them. */
export const frameCount = (samples, frame, hop) => Math.ceil((samples + frame - hop) / hop);

/**
 * Frames of a signal under the window, one after the other in one array.
 * @param {Float32Array} signal
 * @param {number} first the first frame's number
 * @param {number} count how many
 */
export function cut(signal, { frame, hop, window }, first, count) {
  const frames = new Float32Array(count * frame);
  for (let index = 0; index < count; index++) {
    const start = (first + index) * hop - (frame - hop);
    for (let n = Math.max(0, -start); n < frame && start + n < signal.length; n++) {
      frames[index * frame + n] = signal[start + n] * window[n];
    }
  }
  return frames;
}

/** Adds frames to an output that is as long as the signal; outside of it they are dropped. */
export function overlapAdd(frames, output, { frame, hop, gain }, first) {
  for (let index = 0; index * frame < frames.length; index++) {
    const start = (first + index) * hop - (frame - hop);
    for (let n = Math.max(0, -start); n < frame && start + n < output.length; n++) {
      output[start + n] += frames[index * frame + n] / gain;
    }
  }
}
