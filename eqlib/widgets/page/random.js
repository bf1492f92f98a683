// Random numbers that a seed decides, the same in every browser: xoshiro128**, seeded by splitmix32.
// Sources: D. Blackman and S. Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47
// (2021); G. L. Steele, D. Lea and C. H. Flood, "Fast splittable pseudorandom number generators", 2014.

const turned = (x, by) => (x << by) | (x >>> (32 - by));

/**
 * A generator of uniform numbers, at least 0 and below 1, with 53 random bits each.
 * @param {number} seed a whole number, at least 0
 * @param {number} stream which of the seed's independent sequences
 */
export function generator(seed, stream = 0) {
  let mixed = (seed ^ Math.imul(Math.floor(seed / 2 ** 32), 0x85ebca6b) ^ Math.imul(stream + 1, 0xc2b2ae35)) | 0;
  const state = Array.from({ length: 4 }, () => {
    mixed = (mixed + 0x9e3779b9) | 0;
    let z = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  });
  const next = () => {
    const result = Math.imul(turned(Math.imul(state[1], 5), 7), 9) >>> 0;
    const t = state[1] << 9;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= t;
    state[3] = turned(state[3], 11);
    return result;
  };
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
}

/**
 * The weights of a new network, in a row: each part uniform between -limit and limit.
 * @param {{first: number, shape: number[], limit: number}[]} parts as training.json has them
 */
export function newWeights(parts, random) {
  const count = ({ shape }) => shape.reduce((product, n) => product * n, 1);
  const row = new Float32Array(parts.reduce((sum, part) => sum + count(part), 0));
  for (const part of parts) {
    if (part.limit === 0) continue; // biases
    for (let n = 0; n < count(part); n++) row[part.first + n] = (2 * random() - 1) * part.limit;
  }
  return row;
}
