// What a folder of photographs holds beside them, by kind and number.

/** Files or folders of one kind that are not looked at. */
export interface LeftOut {
  /**
   * - `file`: files that are no pictures by their content, of one ending.
   * - `hidden`: files and folders whose names begin with a dot.
   * - `system`: files and folders that systems and programs make, such as `Thumbs.db` and `__MACOSX`.
   * - `run`: run folders of silhouette.
   * - `folder`: folders beside the splits, of no split or without pictures.
   */
  readonly kind: "file" | "hidden" | "system" | "run" | "folder";
  /** Of files, in lower case and with its dot, such as `.txt`; empty for files without one, and for the other kinds. */
  readonly ending: string;
  /** How many there are. */
  readonly count: number;
  /** Path of the first, relative to the folder, with `/`. */
  readonly example: string;
}

/** Counts what is left out, while folders are listed. */
export class LeftOutTally {
  readonly #kinds = new Map<string, LeftOut>();

  add({ kind, ending, count, example }: LeftOut): void {
    const key = `${kind} ${ending}`;
    const before = this.#kinds.get(key);
    this.#kinds.set(key, {
      kind,
      ending,
      count: (before?.count ?? 0) + count,
      example: before === undefined || example < before.example ? example : before.example,
    });
  }

  /** The most frequent kind first. */
  get kinds(): readonly LeftOut[] {
    return [...this.#kinds.values()].toSorted(
      (one, other) => other.count - one.count || (one.example < other.example ? -1 : 1),
    );
  }
}
