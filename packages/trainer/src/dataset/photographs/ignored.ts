// What a folder of photographs holds besides pictures, by kind and number.

/** Files or folders of one kind that are ignored. */
export interface Ignored {
  /**
   * - `file`: files with the same extension whose content is not a picture.
   * - `hidden`: files and folders whose names begin with a dot.
   * - `system`: files and folders created by systems and programs, such as `Thumbs.db` and `__MACOSX`.
   * - `run`: run folders of silhouette.
   * - `folder`: folders next to the splits that belong to no split or contain no pictures.
   */
  readonly kind: "file" | "hidden" | "system" | "run" | "folder";
  /** Extension of files, in lower case and with its dot, such as `.txt`; empty for files without one and for other kinds. */
  readonly extension: string;
  /** How many there are. */
  readonly count: number;
  /** Path of the first, relative to the folder, with `/`. */
  readonly example: string;
}

/** Counts what is left out while folders are listed. */
export class IgnoredTally {
  readonly #kinds = new Map<string, Ignored>();

  add({ kind, extension, count, example }: Ignored): void {
    const key = `${kind} ${extension}`;
    const before = this.#kinds.get(key);
    this.#kinds.set(key, {
      kind,
      extension,
      count: (before?.count ?? 0) + count,
      example: before === undefined || example < before.example ? example : before.example,
    });
  }

  /** The most frequent kind first. */
  get kinds(): readonly Ignored[] {
    return [...this.#kinds.values()].toSorted(
      (one, other) => other.count - one.count || (one.example < other.example ? -1 : 1),
    );
  }
}
