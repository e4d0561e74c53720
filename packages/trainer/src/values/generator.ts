// The one source of random numbers: seeded, passed as an argument, and saved with every checkpoint.

import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";

import { sha256 } from "./checksum.ts";

/**
 * A seeded stream of random numbers: xoroshiro128+ (D. Blackman and S. Vigna, "Scrambled linear pseudorandom number
 * generators", 2021). Equal states give equal streams on every machine. Not for cryptography.
 *
 * @example
 * import { Generator } from "@silhouette/trainer";
 *
 * const generator = Generator.ofSeed(0);
 * const before = generator.state;
 * const order = generator.permutation(10);
 * generator.restore(before);
 * console.log(order, generator.permutation(10)); // the same order twice
 */
export class Generator {
  #random: RandomGenerator;

  /**
   * A stream that continues from `state`.
   *
   * @param state four 32-bit words, not all 0, as {@link Generator.state} gives them
   */
  constructor(state: readonly number[]) {
    this.#random = xoroshiro128plusFromState(state);
  }

  /**
   * The stream of `seed`. Its state is the first 16 bytes of the SHA-256 of the seed's decimal digits, as little-endian words.
   *
   * @param seed a whole number from 0 to 2^53 - 1
   */
  static ofSeed(seed: number): Generator {
    const hash = sha256([String(seed)]);
    return new Generator([0, 4, 8, 12].map((offset) => hash.getInt32(offset, true)));
  }

  /** The current state: four 32-bit words. */
  get state(): readonly number[] {
    return [...this.#random.getState()];
  }

  /**
   * Resets the stream to `state`.
   *
   * @param state four 32-bit words, as {@link Generator.state} gives them
   */
  restore(state: readonly number[]): void {
    this.#random = xoroshiro128plusFromState(state);
  }

  /** A number from 0 (inclusive) to 1 (exclusive), with 53 random bits. */
  uniform(): number {
    return uniformFloat64(this.#random);
  }

  /**
   * The numbers 0 to `count - 1` in random order, by the Fisher-Yates shuffle.
   *
   * @param count 0 or more
   */
  permutation(count: number): Int32Array {
    const order = Int32Array.from({ length: count }, (_, index) => index);
    for (let last = count - 1; last > 0; last--) {
      const chosen = uniformInt(this.#random, 0, last);
      [order[last], order[chosen]] = [order[chosen] ?? 0, order[last] ?? 0];
    }
    return order;
  }
}
