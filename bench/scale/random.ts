/** A source of numbers in [0, 1): the same seed gives the same numbers everywhere (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A time until the next of events that come independently of each other, `mean` apart. */
export function exponential(mean: number, random: () => number): number {
  return -mean * Math.log(1 - random());
}
