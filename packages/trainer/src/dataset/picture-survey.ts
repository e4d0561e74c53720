// What an inspection keeps of the pictures that it measures, one after another: counts, the issues of single pictures, and copies.

import type { Seen } from "./duplicates.ts";
import { pictureIssues, type ClassCounts, type DataIssue, type InspectedPictures, type Measured } from "./issues.ts";
import type { Split } from "./split.ts";

/** Share of light pixels of a border from which a ground counts as light. */
const LIGHT = 0.5;

/** What was seen of pictures, which are added one after another. */
export class PictureSurvey implements InspectedPictures {
  readonly #issues: DataIssue[] = [];
  readonly #counts = new Map<string, { splits: Record<Split, number>; lightGrounds: number }>();
  #copies: readonly Seen[] = [];
  #size = 0;

  /** Number of pictures. */
  get size(): number {
    return this.#size;
  }

  get issues(): readonly DataIssue[] {
    return this.#issues;
  }

  get copies(): readonly Seen[] {
    return this.#copies;
  }

  /** Adds a picture, which is not kept. */
  add(picture: Measured): void {
    const { label, split, borderLightShare } = picture;
    this.#issues.push(...pictureIssues(picture));
    let counts = this.#counts.get(label);
    if (counts === undefined) {
      counts = { splits: { train: 0, val: 0, test: 0 }, lightGrounds: 0 };
      this.#counts.set(label, counts);
    }
    counts.splits[split]++;
    if (borderLightShare > LIGHT) counts.lightGrounds++;
    this.#size++;
  }

  /**
   * Adds the copies, after all pictures.
   *
   * @param copies the pictures that have copies, and these, in the order of the pictures
   */
  addCopies(copies: readonly Seen[]): void {
    this.#copies = copies;
  }

  countsOf(label: string): ClassCounts {
    return this.#counts.get(label) ?? { splits: { train: 0, val: 0, test: 0 }, lightGrounds: 0 };
  }
}
