// A list of names in one buffer: a million file names take their letters, not an object each.

/** Names, in the order in which they were added. */
export class Names implements Iterable<string> {
  /** UTF-16 code units of all names, one after the other. */
  #units = new Uint16Array(64);
  /** Where each name ends. */
  #ends = new Uint32Array(8);
  #length = 0;
  #isAscii = true;

  /** Number of names. */
  get length(): number {
    return this.#length;
  }

  /** Adds a name. */
  push(name: string): void {
    const begin = this.#begin(this.#length);
    const end = begin + name.length;
    if (end > this.#units.length) this.#units = resized(this.#units, 2 * end);
    if (this.#length === this.#ends.length) this.#ends = resized(this.#ends, 2 * this.#length + 8);
    for (let at = 0; at < name.length; at++) {
      const unit = name.charCodeAt(at);
      if (unit > 0x7f) this.#isAscii = false;
      this.#units[begin + at] = unit;
    }
    this.#ends[this.#length++] = end;
  }

  /** Name `index`, 0 to `length - 1`. */
  at(index: number): string {
    return String.fromCharCode(...this.#units.subarray(this.#begin(index), this.#ends[index]));
  }

  *[Symbol.iterator](): Generator<string, void, undefined> {
    for (let index = 0; index < this.#length; index++) yield this.at(index);
  }

  /**
   * The indices of the names, sorted by what `key` makes of them, and by the names themselves, by code units.
   *
   * @param key leaves names of ASCII letters as they are
   */
  sorted(key: (name: string) => string): Uint32Array {
    this.#units = resized(this.#units, this.#begin(this.#length));
    this.#ends = resized(this.#ends, this.#length);
    const indices = Uint32Array.from({ length: this.#length }, (_, index) => index);
    if (this.#isAscii) return indices.sort((one, other) => this.#compare(one, other));
    const keys = Array.from(this, key);
    return indices.sort((one, other) => {
      const [a, b] = [keys[one] ?? "", keys[other] ?? ""];
      if (a === b) return this.#compare(one, other);
      return a < b ? -1 : 1;
    });
  }

  #begin(index: number): number {
    return index === 0 ? 0 : (this.#ends[index - 1] ?? 0);
  }

  #compare(one: number, other: number): number {
    const units = this.#units;
    let [at, beside] = [this.#begin(one), this.#begin(other)];
    const [end, besideEnd] = [this.#ends[one] ?? 0, this.#ends[other] ?? 0];
    for (; at < end && beside < besideEnd; at++, beside++) {
      const difference = (units[at] ?? 0) - (units[beside] ?? 0);
      if (difference !== 0) return difference;
    }
    return end - at - (besideEnd - beside);
  }
}

/** A copy of an array with another length. */
function resized<Values extends Uint16Array | Uint32Array>(values: Values, length: number): Values {
  const copy = new (values.constructor as new (length: number) => Values)(length);
  copy.set(values.subarray(0, length));
  return copy;
}
