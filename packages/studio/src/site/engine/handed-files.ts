// Files that the page has handed over, once; later messages name them by number. A message with thousands of files would block the
// page for seconds.

import type { NewPicture } from "@silhouette/trainer/browser";

/** A file of the page's choice, by number. */
export interface HandedFile {
  /** Where it was in what was chosen, with `/`. */
  readonly path: string;
  /** Its number. */
  readonly number: number;
}

/** A photograph with its class, by the number of its file. */
export interface HandedPhotograph extends NewPicture {
  readonly number: number;
}

/** The files, which are kept as long as the page: handles of those on disk, and what the camera took. */
export class HandedFiles {
  readonly #files: Blob[] = [];

  /** Adds files. @returns the number of the first; the others follow it */
  add(files: readonly Blob[]): number {
    const first = this.#files.length;
    this.#files.push(...files);
    return first;
  }

  /** The file of a number. */
  at(number: number): Blob {
    const file = this.#files[number];
    if (file === undefined)
      throw new RangeError(`Expected the number of a file that was handed over, but received ${number}`);
    return file;
  }
}
