// Reproducible draws: a small fast generator with a stream for each case.

/**
 * A stream of draws. The generator is sfc32 of PractRand (C. Doty-Humphrey, 2010), whose 128 bits of state are two
 * numbers that name the stream, a constant and a counter.
 *
 * fast-check draws for the other tests. Here most draws depend on others, as an output over an input or misuse of what
 * was drawn do: by its `gen` they take some 4 microseconds each and 100 a case, in which both binaries compute two
 * cases. What is lost is shrinking; but cases are small, and a failure tells its arguments.
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
   * @param {number} stream which of them
   */
  constructor(seed, stream) {
    [this.#a, this.#b] = [seed | 0, stream | 0];
    // What the two numbers have in common is mixed away.
    for (let round = 0; round < 12; round++) this.#next();
  }

  /** An integer of 32 bits, signed. */
  #next() {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum;
  }

  /** From 0 on, below 1. */
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
