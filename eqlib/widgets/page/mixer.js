// Several sounds on one clock: all of them run all the time, and one is let through.

export const FADE_S = 0.01;

/** Starts every buffer at the same instant, each through a gain of its own. */
export class Mixer {
  /**
   * @param {BaseAudioContext} context
   * @param {AudioBuffer[]} buffers
   * @param {AudioNode} destination
   */
  constructor(context, buffers, destination = context.destination) {
    this.context = context;
    this.buffers = buffers;
    this.destination = destination;
    this.gains = [];
    this.sources = [];
    this.selected = 0;
  }

  /**
   * Plays from `offset` on, round and round between `from` and `to`, all in seconds.
   * @returns {number} the time of the context at which it began
   */
  start(offset, from, to, at = this.context.currentTime) {
    this.stop();
    this.sources = this.buffers.map((buffer, index) => {
      const settings = { buffer, loop: true, loopStart: from, loopEnd: to };
      const source = new AudioBufferSourceNode(this.context, settings);
      // Gains of its own, so that the old sources can fade out through theirs.
      this.gains[index] = new GainNode(this.context, { gain: 0 });
      this.gains[index].connect(this.destination);
      source.connect(this.gains[index]);
      source.start(at, offset);
      return source;
    });
    this.gains.forEach((gain, index) => {
      gain.gain.setValueAtTime(0, at);
      gain.gain.linearRampToValueAtTime(index === this.selected ? 1 : 0, at + FADE_S);
    });
    return at;
  }

  /** Lets another sound through: the two gains always add up to one, so the level stays. */
  select(index, at = this.context.currentTime) {
    if (index === this.selected) return;
    const previous = this.selected;
    this.selected = index;
    if (!this.sources.length) return;
    const [old, fresh] = [this.gains[previous].gain, this.gains[index].gain];
    for (const [gain, goal] of [
      [old, 0],
      [fresh, 1],
    ]) {
      gain.cancelScheduledValues(at);
      gain.setValueAtTime(1 - goal, at);
      gain.linearRampToValueAtTime(goal, at + FADE_S);
    }
  }

  /** Fades out, and lets go of the sources. */
  stop() {
    const now = this.context.currentTime;
    for (const { gain } of this.sources.length ? this.gains : []) {
      gain.cancelScheduledValues(now);
      gain.setValueAtTime(gain.value, now);
      gain.linearRampToValueAtTime(0, now + FADE_S);
    }
    this.sources.forEach((source) => source.stop(now + FADE_S));
    this.sources = [];
  }
}
