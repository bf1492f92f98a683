// Two taps at one place, by mouse, pen or finger: some browsers make no double click of a finger's.

const SOON_MS = 400;
const NEAR = 20; // pixels

/** A function that is told of each tap (its event, and where), and says whether it was the second. */
export function doubleTap() {
  let [when, where] = [-Infinity, [0, 0]];
  return (event, here) => {
    const second = event.timeStamp - when < SOON_MS && Math.hypot(here[0] - where[0], here[1] - where[1]) < NEAR;
    [when, where] = [second ? -Infinity : event.timeStamp, here];
    return second;
  };
}
