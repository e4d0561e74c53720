// A list of names in one buffer: a million file names take their letters, not an object each.

import { Column } from "../../values/column.ts";

/** Names, in the order in which they were added. */
export class Names implements Iterable<string> {
  /** UTF-16 code units of all names, one after the other. */
  readonly #units = new Column(new Uint16Array());
  /** Where each name ends. */
  readonly #ends = new Column(new Uint32Array());
  #isAscii = true;

  /** Number of names. */
  get length(): number {
    return this.#ends.length;
  }

  /** Adds a name. */
  push(name: string): void {
    const units = Array.from({ length: name.length }, (_, at) => name.charCodeAt(at));
    if (units.some((unit) => unit > 0x7f)) this.#isAscii = false;
    this.#units.append(units);
    this.#ends.push(this.#units.length);
  }

  /**
   * The name at an index.
   *
   * @param index 0 to `length - 1`
   */
  at(index: number): string {
    return String.fromCharCode(...this.#unitsOf(index));
  }

  /** The names. */
  *[Symbol.iterator](): Generator<string, void, undefined> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }

  /**
   * The indices of the names, sorted by what `key` makes of them, and by the names themselves, by code units.
   *
   * @param key leaves names of ASCII letters as they are
   */
  sorted(key: (name: string) => string): Uint32Array {
    this.#units.trim();
    this.#ends.trim();
    const indices = Uint32Array.from({ length: this.length }, (_, index) => index);
    const [units, ends] = [this.#units.slice(), this.#ends.slice()];
    const compare = (one: number, other: number): number => {
      let [at, beside] = [ends[one - 1] ?? 0, ends[other - 1] ?? 0];
      const [end, besideEnd] = [ends[one] ?? 0, ends[other] ?? 0];
      for (; at < end && beside < besideEnd; at++, beside++) {
        const difference = (units[at] ?? 0) - (units[beside] ?? 0);
        if (difference !== 0) return difference;
      }
      return end - at - (besideEnd - beside);
    };
    if (this.#isAscii) return indices.toSorted(compare);
    const keys = Array.from(this, key);
    return indices.toSorted((one, other) => {
      const [a, b] = [keys[one] ?? "", keys[other] ?? ""];
      if (a === b) return compare(one, other);
      return a < b ? -1 : 1;
    });
  }

  #unitsOf(index: number): Uint16Array {
    return this.#units.slice(index === 0 ? 0 : this.#ends.at(index - 1), this.#ends.at(index));
  }
}
