// A challenge of the kind "match": a hidden equalizer, and a desk to become it by ear.
import { MATCHED_DB, NOTHING, deviationDb, hints, inNumbers } from "./challenge_score.js";
import { hiddenOf } from "./challenge_spec.js";
import { mount as mountDesk } from "./desk.js";
import { make } from "./dom.js";
import { Drawing } from "./drawing.js";

const inDb = (db) => `${db.toFixed(1)} dB`;

/**
 * @param {object} spec see SPEC in challenge_spec.js
 * @param {object} ties see challenge.js
 */
export function match(spec, { rate, sounds, say, offer, button }) {
  const hidden = hiddenOf(spec, rate);
  const flat = deviationDb(NOTHING, hidden);
  let given = 0; // hints
  let revealed = false;
  const place = make("div");
  const desk = mountDesk(place, { bands: [], curve: null, sample_rate: rate, sounds }, { linked: false, hidden, changed: () => say("") });
  const own = () => new Drawing(desk.eq, rate);

  function score() {
    const off = deviationDb(own(), hidden);
    const found = off < MATCHED_DB;
    const kept = revealed ? " After the answer was shown, it is not kept." : offer(off);
    say(`${found ? "Matched" : "Not yet"}: on average ${inDb(off)} off (doing nothing: ${inDb(flat)}). ${found ? inWords() : "A hint says where."}${kept}`, found);
  }
  const inWords = () => `It was: ${inNumbers(hidden)}.`;
  function help() {
    if (given === 3) {
      revealed = true;
      desk.reveal();
      return say(`The dashed line is the hidden one. ${inWords()}`);
    }
    if (deviationDb(own(), hidden) < MATCHED_DB) return say("You are within 1 dB: score it.");
    say(hints(own(), hidden)[given]);
    given += 1;
    hint.textContent = given === 3 ? "Show the answer" : "Another hint";
  }
  const hint = button("Hint", help);
  return {
    element: place,
    buttons: [button("Score", score), hint],
    task: `Set the equalizer so that “yours” sounds like “hidden”; switch between the two while you listen. Measured is how far both curves are apart on average from 50 Hz to 7 kHz, each octave counting alike, when their overall level is made equal, as it is when you hear them. Below ${MATCHED_DB} dB they are matched; doing nothing is off by ${inDb(flat)}.`,
    best: (value) => `${inDb(value)} off`,
    better: (a, b) => a < b,
    desk,
    hidden,
    close: () => desk.close(),
  };
}
