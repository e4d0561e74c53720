// Numbers that are added one after the other, in one typed array: a million of them are not a million objects.

/** An array of numbers of one type. */
type Numbers = Uint8Array | Uint16Array | Int32Array | Uint32Array | Float64Array;

/** A list of numbers, which grows. */
export class Column<Values extends Numbers> {
  #values: Values;
  #length = 0;

  /**
   * An empty list.
   *
   * @param empty an empty array, of the type of the list's numbers
   */
  constructor(empty: Values) {
    this.#values = empty;
  }

  /** Number of numbers. */
  get length(): number {
    return this.#length;
  }

  /** Number `index`, 0 to `length - 1`. */
  at(index: number): number {
    return this.#values[index] ?? 0;
  }

  /** The numbers from `begin` to `end - 1`: valid until others are added. */
  slice(begin = 0, end = this.#length): Values {
    return this.#values.subarray(begin, end) as Values;
  }

  /** Adds numbers. */
  push(...numbers: readonly number[]): void {
    this.append(numbers);
  }

  /** Adds the numbers of an array. */
  append(numbers: ArrayLike<number>): void {
    const length = this.#length + numbers.length;
    if (length > this.#values.length) this.#resize(2 * length);
    this.#values.set(numbers, this.#length);
    this.#length = length;
  }

  /** Frees what the list has reserved for more numbers. */
  trim(): void {
    this.#resize(this.#length);
  }

  #resize(length: number): void {
    const values = new (this.#values.constructor as new (length: number) => Values)(length);
    values.set(this.#values.subarray(0, this.#length));
    this.#values = values;
  }
}
