// Fast draws from a seed, for inputs of millions of numbers. In: a seed. Out: a function.

/** Even draws from 0 to 2^32 - 1. Source: "mulberry32" by Tommy Ettinger, in the public domain. */
export function random32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
