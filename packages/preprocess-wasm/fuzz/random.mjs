// Reproducible random draws: a small, fast generator with a stream per case.

/**
 * A stream of draws. The generator is sfc32 of PractRand (C. Doty-Humphrey, 2010), whose 128 bits of state are two
 * numbers that identify the stream, a constant and a counter.
 *
 * The other tests use fast-check. Here most draws depend on others, such as an output that overlaps an input, or misuse
 * of a drawn argument: with fast-check's `gen` they take about 4 microseconds each and 100 per case, in which time both
 * binaries compute two cases. The price is shrinking; but cases are small, and a failure prints its arguments.
 */
export class Random {
  /** @type {number} */
  #a;
  /** @type {number} */
  #b;
  #c = 0x9e3779b9;
  #counter = 1;

  /**
   * @param {number} seed of all streams
   * @param {number} stream index of the stream
   */
  constructor(seed, stream) {
    [this.#a, this.#b] = [seed | 0, stream | 0];
    // Mixes the two numbers, so that similar ones give unrelated streams.
    for (let round = 0; round < 12; round++) this.#next();
  }

  /** A signed 32-bit integer. */
  #next() {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum;
  }

  /** A number from 0, below 1. */
  fraction() {
    return (this.#next() >>> 0) / 2 ** 32;
  }

  /**
   * A whole number from `least` to `most`.
   *
   * @param {number} least
   * @param {number} most
   */
  from(least, most) {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  /**
   * True once in `times` draws.
   *
   * @param {number} times
   */
  once(times) {
    return this.fraction() * times < 1;
  }

  /**
   * One of `choices`.
   *
   * @template T
   * @param {readonly T[]} choices
   * @returns {T}
   */
  of(choices) {
    return /** @type {T} */ (choices[this.from(0, choices.length - 1)]);
  }
}
