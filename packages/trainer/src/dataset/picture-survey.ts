// What an inspection keeps of the pictures that it measures, one after another: counts, the issues of single pictures, and about 50 bytes
// of each picture, to find it among its copies.

import { Column } from "../values/column.ts";
import type { Seen } from "./duplicates.ts";
import { pictureIssues, type ClassCounts, type DataIssue, type InspectedPictures, type Measured } from "./issues.ts";
import { Names } from "./photographs/names.ts";
import { SPLITS, type Split } from "./split.ts";

/** Share of light pixels of a border from which a ground counts as light. */
const LIGHT = 0.5;

/** In the order of their numbers. */
const KINDS = ["first", "exact", "near", "mirrored"] as const satisfies readonly Seen["kind"][];

/** Pictures, in the order in which they were added. */
export class PictureSurvey implements InspectedPictures, Iterable<Seen> {
  readonly #issues: DataIssue[] = [];
  readonly #labels: string[] = [];
  readonly #counts = new Map<string, { splits: Record<Split, number>; lightGrounds: number }>();
  readonly #paths = new Names();
  /** Of each picture: indices of its class, its split and its kind, and its group of copies. */
  readonly #classes = new Column(new Uint32Array());
  readonly #splits = new Column(new Uint8Array());
  readonly #kinds = new Column(new Uint8Array());
  readonly #groups = new Column(new Uint32Array());

  /** Number of pictures. */
  get size(): number {
    return this.#paths.length;
  }

  get issues(): readonly DataIssue[] {
    return this.#issues;
  }

  /** Adds a picture, which is not kept. */
  add(picture: Measured): void {
    const { path, label, split, group, kind, borderLightShare } = picture;
    this.#issues.push(...pictureIssues(picture));
    let counts = this.#counts.get(label);
    if (counts === undefined) {
      counts = { splits: { train: 0, val: 0, test: 0 }, lightGrounds: 0 };
      this.#counts.set(label, counts);
      this.#labels.push(label);
    }
    counts.splits[split]++;
    if (borderLightShare > LIGHT) counts.lightGrounds++;
    this.#paths.push(path);
    this.#classes.push(this.#labels.indexOf(label));
    this.#splits.push(SPLITS.indexOf(split));
    this.#kinds.push(KINDS.indexOf(kind));
    this.#groups.push(group);
  }

  countsOf(label: string): ClassCounts {
    return this.#counts.get(label) ?? { splits: { train: 0, val: 0, test: 0 }, lightGrounds: 0 };
  }

  /** The pictures, in the order in which they were added. */
  *[Symbol.iterator](): Generator<Seen, void, undefined> {
    for (let index = 0; index < this.size; index++) yield this.#at(index);
  }

  copies(): readonly Seen[] {
    const groups = this.#groups.slice();
    const members = new Uint32Array(groups.reduce((most, group) => Math.max(most, group + 1), 0));
    for (const group of groups) members[group] = (members[group] ?? 0) + 1;
    const found: Seen[] = [];
    for (const [index, group] of groups.entries()) if ((members[group] ?? 0) > 1) found.push(this.#at(index));
    return found;
  }

  #at(index: number): Seen {
    return {
      path: this.#paths.at(index),
      label: this.#labels[this.#classes.at(index)] ?? "",
      split: SPLITS[this.#splits.at(index)] ?? "train",
      kind: KINDS[this.#kinds.at(index)] ?? "first",
      group: this.#groups.at(index),
    };
  }
}
