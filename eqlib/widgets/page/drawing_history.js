// What an equalizer was before: undo and redo, a gesture at a time.

const MOST = 200;

export class DrawingHistory {
  /** @param {object} first the settings at the beginning */
  constructor(first) {
    this.states = [JSON.stringify(first)];
    this.at = 0;
    this.gesture = null;
  }

  /**
   * Remembers settings, unless they are those that are there.
   * @param {object} state
   * @param {?object} gesture what is under way: all its steps are one
   */
  note(state, gesture = null) {
    const text = JSON.stringify(state);
    if (text === this.states[this.at]) return;
    if (!gesture || gesture !== this.gesture || !this.at) this.at++;
    this.states.splice(this.at, Infinity, text);
    if (this.states.length > MOST) {
      this.states.shift();
      this.at--;
    }
    this.gesture = gesture;
  }

  get past() {
    return this.at > 0;
  }

  get future() {
    return this.at < this.states.length - 1;
  }

  /** The settings one step back (-1) or forth (1); null if there are none. */
  go(by) {
    if (this.at + by < 0 || this.at + by >= this.states.length) return null;
    this.at += by;
    this.gesture = null;
    return JSON.parse(this.states[this.at]);
  }
}
