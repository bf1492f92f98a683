// The sound's own thread: what comes in goes to live_worker.js in pieces, what comes back waits in a ring
// until its time has come. Nothing is louder than the input was, and nothing clicks.

const QUANTUM = 128;
const PIECE = 2; // quanta, to the worker at a time
const RING = 1 << 18;
const FADE_S = 0.01; // from one choice to another
const RISE_S = 0.05; // of the gain, after it was brought down
const REMEMBERED_S = 1; // time constant at which the input's peak is forgotten
const AHEAD = 512; // samples: what a network makes of a frame begins before what is loud in it
const FLOOR = 1e-3; // an input below -60 dBFS limits nothing
const REPORT_S = 0.25;
const WATCHED = 240; // reports, before a delay that turned out too long is cut down

const peakOf = (samples, from, count) => {
  let top = 0;
  for (let n = 0; n < count; n++) top = Math.max(top, Math.abs(samples[(from + n) % RING]));
  return top;
};

class Live extends AudioWorkletProcessor {
  /** @param {{delay: number, margin: number, gain: number, choice: number}} processorOptions delay and margin in samples, multiples of 128 */
  constructor({ processorOptions: { delay, margin, gain, choice } }) {
    super();
    Object.assign(this, { delay, margin, gain, choice, alive: true });
    this.rings = [0, 1, 2].map(() => new Float32Array(RING)); // dry, network, exact
    this.written = 0; // samples that have come back
    this.heard = 0; // samples that have come in
    this.began = null; // the context's frame of the first one, as if none had been skipped since
    this.shares = [0, 1, 2].map((index) => (index === choice ? gain : 0));
    this.held = new Float32Array(QUANTUM); // mixed, to be played next
    this.bound = 1; // what the gain may be in it
    this.level = 0; // the gain where it begins
    this.peak = 0; // of the input, remembered
    this.waiting = false;
    this.slacks = [];
    this.lates = 0;
    this.disturbed = 0; // samples that had come in when something was late, or the delay changed
    this.reset();
    this.piece = new Float32Array(PIECE * QUANTUM);
    this.port.onmessage = ({ data }) => {
      if (data.port) {
        this.worker = data.port;
        this.worker.onmessage = (message) => this.receive(message.data);
      }
      if ("choice" in data) this.choice = data.choice;
      if ("gain" in data) this.gain = data.gain;
      if (data.stop) this.alive = false;
    };
  }

  reset() {
    Object.assign(this, { slack: Infinity, topIn: 0, topOut: 0, lowest: 1, sinceReport: 0 });
  }

  receive({ first, channels, late }) {
    channels.forEach((samples, index) => {
      const ring = this.rings[index];
      for (let n = 0; n < samples.length; n++) ring[(first + n) % RING] = samples[n];
    });
    this.written = first + channels[0].length;
    if (late) this.disturb();
  }

  disturb() {
    this.lates += 1;
    this.disturbed = this.heard;
  }

  /** A browser that is short of time may leave quanta out: what comes next follows on what was heard last. */
  follow() {
    if (this.began !== null && currentFrame !== this.began + this.heard) this.disturb();
    this.began = currentFrame - this.heard;
  }

  process([[input]], [[output]]) {
    if (!this.worker) return this.alive;
    this.follow();
    const start = (this.heard / QUANTUM) % PIECE;
    if (input) this.piece.set(input, start * QUANTUM);
    else this.piece.fill(0, start * QUANTUM, (start + 1) * QUANTUM);
    if (start === PIECE - 1) {
      this.worker.postMessage(this.piece, [this.piece.buffer]);
      this.piece = new Float32Array(PIECE * QUANTUM);
    }
    // One quantum ahead of what is played now, so that its peak is known before it comes.
    const at = this.heard + QUANTUM - this.delay;
    const fresh = new Float32Array(QUANTUM);
    const bound = at < 0 ? 1 : this.mix(at, fresh);
    const goal = Math.min(this.bound, bound, this.level + QUANTUM / (RISE_S * sampleRate));
    for (let n = 0; n < QUANTUM; n++) output[n] = this.held[n] * (this.level + ((goal - this.level) * n) / QUANTUM);
    [this.held, this.bound, this.level] = [fresh, bound, goal];
    this.heard += QUANTUM;
    this.tell(input ?? [], output);
    return this.alive;
  }

  /** What is chosen, from a sample on; returns the gain that it may have: none where it has not come yet. */
  mix(at, fresh) {
    const slack = this.written - at - QUANTUM;
    if (slack < 0) {
      this.delay += QUANTUM; // it is waited for
      if (!this.waiting) this.disturb();
      this.waiting = true;
      this.slacks.length = 0;
      return 0;
    }
    if (this.waiting) this.disturbed = this.heard;
    this.waiting = false;
    this.slack = Math.min(this.slack, slack);
    const move = 1 / (FADE_S * sampleRate);
    for (let n = 0; n < QUANTUM; n++) {
      for (let index = 0; index < 3; index++) {
        const goal = index === this.choice ? this.gain : 0;
        this.shares[index] += Math.max(-move, Math.min(move, goal - this.shares[index]));
        fresh[n] += this.shares[index] * this.rings[index][(at + n) % RING];
      }
    }
    this.peak = Math.max(this.peak * Math.exp(-QUANTUM / (REMEMBERED_S * sampleRate)), peakOf(this.rings[0], at, QUANTUM + Math.min(slack, AHEAD)), FLOOR);
    const top = peakOf(fresh, 0, QUANTUM);
    const bound = top > this.peak ? this.peak / top : 1;
    this.lowest = Math.min(this.lowest, bound);
    return bound;
  }

  /** How it goes, a few times a second. */
  tell(input, output) {
    this.topIn = Math.max(this.topIn, peakOf(input, 0, input.length));
    this.topOut = Math.max(this.topOut, peakOf(output, 0, QUANTUM));
    this.sinceReport += QUANTUM;
    if (this.sinceReport < REPORT_S * sampleRate) return;
    const { began, heard, delay, lates, slack, topIn, topOut, lowest } = this;
    this.port.postMessage({ began, heard, steady: heard - this.disturbed, delay, lates, slack, topIn, topOut, lowest });
    if (slack < Infinity) this.slacks.push(slack);
    if (this.slacks.length > WATCHED) this.slacks.shift();
    const spare = Math.min(...this.slacks) - 2 * this.margin;
    if (this.slacks.length === WATCHED && spare > 0) {
      this.delay -= QUANTUM * Math.floor((spare + this.margin) / QUANTUM);
      this.bound = 0; // quiet for the jump
      this.disturbed = this.heard;
      this.slacks.length = 0;
    }
    this.reset();
  }
}

registerProcessor("eq-live", Live);
