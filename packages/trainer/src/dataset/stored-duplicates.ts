// Finds copies among stored pictures: the few that are compared are read again, so that hardly anything is kept of each.

import { DuplicateFinder, type Known, type Sighting, type Sketch } from "./duplicates.ts";

/** Sketches whose cells are kept because they were compared last, 4 MB: frames of a video are compared again and again. */
const KEPT = 16_384;

/** Finds copies in a sequence of pictures that can be read again. */
export class StoredDuplicates {
  readonly #finder = new DuplicateFinder();
  readonly #readSketch: (known: Known) => Promise<Sketch>;
  /** Cells by the number of their picture, the ones that have not been compared for the longest time first. */
  readonly #kept = new Map<number, Uint8Array>();

  /** @param readSketch makes the sketch of a picture again, whose checksum it compares */
  constructor(readSketch: (known: Known) => Promise<Sketch>) {
    this.#readSketch = readSketch;
  }

  /**
   * Looks at the next picture.
   *
   * @param number its number, larger than those before
   * @throws what `readSketch` throws
   */
  async look(number: number, sketch: Sketch): Promise<Sighting> {
    const candidates = this.#finder.candidates(sketch);
    const cells = new Map<number, Uint8Array>();
    for (const known of candidates.known) cells.set(known.photograph, await this.#cellsOf(known));
    return this.#finder.look(number, candidates, (photograph) => cells.get(photograph) ?? new Uint8Array());
  }

  async #cellsOf(known: Known): Promise<Uint8Array> {
    const cells = this.#kept.get(known.photograph) ?? (await this.#readSketch(known)).cells;
    this.#kept.delete(known.photograph);
    this.#kept.set(known.photograph, cells);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return cells;
  }
}
