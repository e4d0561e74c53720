// The photographs that were found, sorted by path: for a million of them about 60 bytes each, because only the names of files are kept.
//
//   folders, each with its names ─▶ names sorted ─▶ merged by path ─▶ numbers of photographs in order

import type { Split } from "../split.ts";
import { byCodeUnits, composed } from "./file-tree.ts";
import type { Names } from "./names.ts";

/** A picture file, not decoded yet. */
export interface Photograph {
  /** Relative to the folder, with `/`, in Unicode's composed form (NFC): the same on every system. */
  readonly path: string;
  /** Path for opening it. */
  readonly file: string;
  /** Its class: the name of its folder. */
  readonly label: string;
  /** Its split, as given by its folder; undefined if it is drawn later. */
  readonly split: Split | undefined;
}

/** The pictures that are directly in a folder. */
export interface FolderOfPhotographs extends Pick<Photograph, "label" | "split"> {
  /** Path of the folder as that of its photographs, without the last `/`. */
  readonly path: string;
  /** Names of the files. */
  readonly names: Names;
  /** Path for opening the file `name`. */
  fileOf(name: string): string;
}

/** Photographs, sorted by path: a list of objects that are made when they are asked for. */
export class Photographs implements Iterable<Photograph> {
  readonly #folders: readonly FolderOfPhotographs[];
  /** Number of the first photograph of each folder: photographs are numbered by folders, and by names in them. */
  readonly #begins: readonly number[];
  /** The photographs of the list, by their numbers. */
  readonly #order: Uint32Array;

  private constructor(folders: readonly FolderOfPhotographs[], begins: readonly number[], order: Uint32Array) {
    this.#folders = folders;
    this.#begins = begins;
    this.#order = order;
  }

  /** The photographs of folders. Of two with the same path, the one whose file sorts first is first. @internal */
  static of(folders: readonly FolderOfPhotographs[]): Photographs {
    const begins: number[] = [];
    let count = 0;
    for (const { names } of folders) {
      begins.push(count);
      count += names.length;
    }
    let parts = folders.map(({ names }, folder) => {
      const order = names.sorted(composed).map((index) => index + (begins[folder] ?? 0));
      return new Photographs(folders, begins, order);
    });
    while (parts.length > 1) {
      parts = parts.flatMap((part, index) => (index % 2 === 1 ? [] : [part.#mergedWith(parts[index + 1])]));
    }
    return parts[0] ?? new Photographs([], [], new Uint32Array());
  }

  /** Parts of a list, one after the other. @internal */
  static joined(parts: readonly Photographs[]): Photographs {
    const order = new Uint32Array(parts.reduce((sum, { length }) => sum + length, 0));
    let begin = 0;
    for (const part of parts) {
      order.set(part.#order, begin);
      begin += part.length;
    }
    const [first] = parts;
    return first === undefined ? new Photographs([], [], order) : new Photographs(first.#folders, first.#begins, order);
  }

  /** Number of photographs. */
  get length(): number {
    return this.#order.length;
  }

  /** Photograph `index`; undefined if there is none. */
  at(index: number): Photograph | undefined {
    const number = this.#order.at(index);
    return number === undefined ? undefined : this.#photograph(number);
  }

  /** The photographs. */
  *[Symbol.iterator](): Generator<Photograph, void, undefined> {
    for (const number of this.#order) yield this.#photograph(number);
  }

  /** The first photograph that is wanted; undefined if there is none. */
  find(isWanted: (photograph: Photograph) => boolean): Photograph | undefined {
    for (const photograph of this) if (isWanted(photograph)) return photograph;
    return undefined;
  }

  /** Photographs `begin` to `end - 1`. */
  slice(begin?: number, end?: number): Photographs {
    return new Photographs(this.#folders, this.#begins, this.#order.subarray(begin, end));
  }

  /** The photographs that are wanted. */
  filter(isWanted: (photograph: Photograph, index: number) => boolean): Photographs {
    const order = this.#order.filter((number, index) => isWanted(this.#photograph(number), index));
    return new Photographs(this.#folders, this.#begins, order);
  }

  /** The photographs of this list and another one of the same folders. */
  #mergedWith(other: Photographs | undefined): Photographs {
    if (other === undefined) return this;
    let [first, second] = [this.at(0), other.at(0)];
    // Most folders are before or after each other, with all that they contain.
    if (isBefore(this.at(-1), second)) return Photographs.joined([this, other]);
    const order = new Uint32Array(this.length + other.length);
    let [left, right] = [0, 0];
    for (let index = 0; index < order.length; index++) {
      if (isBefore(first, second)) {
        order[index] = this.#order[left++] ?? 0;
        first = this.at(left);
      } else {
        order[index] = other.#order[right++] ?? 0;
        second = other.at(right);
      }
    }
    return new Photographs(this.#folders, this.#begins, order);
  }

  #photograph(number: number): Photograph {
    let [low, high] = [0, this.#begins.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#begins[middle] ?? 0) <= number) low = middle;
      else high = middle;
    }
    const folder = this.#folders[low];
    if (folder === undefined) throw new RangeError(`Expected the number of a photograph, but received ${number}`);
    const name = folder.names.at(number - (this.#begins[low] ?? 0));
    const { path, label, split } = folder;
    return { path: composed(`${path}/${name}`), file: folder.fileOf(name), label, split };
  }
}

/** Whether `one` is before `other`; whatever there is, is before nothing. */
function isBefore(one: Photograph | undefined, other: Photograph | undefined): boolean {
  if (one === undefined || other === undefined) return one !== undefined;
  return (byCodeUnits(one.path, other.path) || byCodeUnits(one.file, other.file)) < 0;
}
