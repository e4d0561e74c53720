// Finds photographs in a folder that are copies of one another: the same picture saved again, in another format, quality or
// size, a little lighter or darker, or mirrored.
//
// In: the gray levels of one photograph after another. Out: the group of copies that each belongs to. Keeps about 330 bytes of each
// photograph that differs: its sketch, and what is compared first.

import { Preprocessor } from "@silhouette/preprocess-wasm";

import { crc32 } from "../values/checksum.ts";
import { Column } from "../values/column.ts";
import type { PictureSize } from "./format.ts";
import { SPLITS, type Split } from "./split.ts";

/** Cells per side of a thumbnail. */
const CELLS = 16;

// How much the thumbnails of copies may differ, once both have a mean of 0 and a standard deviation of 1, so that light and contrast do
// not matter. Copies of photographs and drawings differ by up to 0.10, the two most similar of 1,180 different photographs by 0.43, and
// the two most similar of 2,436 drawings by 0.38; shapes that have moved by a pixel, by less. docs/decisions.md has all figures.

/** Root mean square of the differences of cells, in standard deviations. */
const MAX_DISTANCE = 0.12;
/** The same in gray levels, at the larger contrast: what is drawn in strong contrast has to be closer. */
const MAX_RMS = 5;
/** Difference of any single cell, in standard deviations: more is a shape that has moved. */
const MAX_CELL = 0.45;
/** Difference of the mean of any quarter, in standard deviations. */
const MAX_QUARTER = 0.07;
/** Difference of the means in gray levels, and ratio of the standard deviations: more is another exposure. */
const MAX_MEAN = 24;
const MAX_CONTRAST = 1.25;

/** Standard deviation of the cells in gray levels: below it photographs cannot be told apart, and only equal ones count as copies. */
const MIN_DEVIATION = 4;

/** Width of the slots that index the means of quarters: those of a copy are in the same slot, or in one beside it. */
const SLOT = 2 * MAX_QUARTER;

/** How a photograph relates to the ones before it. */
export interface Sighting {
  /** Index of its group of copies. */
  readonly group: number;
  /**
   * `first` of its group, an `exact` copy of an earlier one with equal gray levels, a `near` copy of the first, or a `mirrored` one, left
   * and right exchanged.
   */
  readonly kind: "first" | "exact" | "near" | "mirrored";
}

/** The cells of a sketch, and by what they are standardized. */
interface Standardized {
  /** `[CELLS, CELLS]` mean gray levels, 0 to 255. */
  readonly cells: Uint8Array;
  readonly mean: number;
  readonly deviation: number;
}

/** What is compared of sketches. */
interface Thumbnail extends Standardized {
  /** Means of the four quarters, less the mean of all, in standard deviations. */
  readonly quarters: readonly number[];
}

/** What is kept of a photograph to recognize its copies. Two with the same sketch are equal. */
export interface Sketch {
  /** CRC-32 of the gray levels. */
  readonly crc32: number;
  /** `[16, 16]` gray levels, 0 to 255: the photograph reduced by Pillow's box filter, each the mean of its cell. */
  readonly cells: Uint8Array;
}

/** Bytes of a sketch's cells. */
export const SKETCH_BYTES = CELLS * CELLS;

/** Makes sketches of photographs of one size. The preprocessor's kernels have been initialized. */
export class Sketcher {
  readonly #size: PictureSize;
  readonly #preprocessor = new Preprocessor({ width: CELLS, height: CELLS, filter: "box" });

  /**
   * Makes sketches of photographs of one size.
   *
   * @param size width and height of the photographs in pixels
   */
  constructor(size: PictureSize) {
    this.#size = size;
  }

  /**
   * The sketch of a photograph.
   *
   * @param levels `[height, width]` gray levels; read, not kept
   */
  sketch(levels: Uint8Array): Sketch {
    const { width, height } = this.#size;
    const cells = new Uint8Array(SKETCH_BYTES);
    this.#preprocessor.resize({ data: levels, width, height, channels: 1 }, cells);
    return { crc32: crc32([levels]), cells };
  }
}

/** Lists of photographs by a number that few of them share: the last of each list, and the one before each photograph in its list. */
class Chains {
  readonly #last = new Map<number, number>();
  readonly #before = new Column(new Int32Array());

  /** Adds the next photograph to a list. */
  add(key: number): void {
    this.#before.push(this.last(key));
    this.#last.set(key, this.#before.length - 1);
  }

  /** The last photograph of a list; -1 if it is empty. */
  last(key: number): number {
    return this.#last.get(key) ?? -1;
  }

  /** The photograph before another one in its list; -1 if there is none. */
  before(photograph: number): number {
    return this.#before.at(photograph);
  }
}

/** A photograph whose measures are near to those of another. */
interface Candidate extends Pick<Thumbnail, "mean" | "deviation"> {
  readonly photograph: number;
}

/** Numbers per photograph in a {@link Slot}: mean and deviation, and the means of the quarters. */
const MEASURES = 6;

/** The first of groups whose quarters are alike. Side by side in memory, thousands of them are compared in microseconds. */
class Slot {
  readonly #photographs = new Column(new Uint32Array());
  readonly #measures = new Column(new Float64Array());

  add(photograph: number, { mean, deviation, quarters }: Thumbnail): void {
    this.#photographs.push(photograph);
    this.#measures.push(mean, deviation, ...quarters);
  }

  /** Those whose mean, deviation and quarters are as near to a thumbnail's as those of a copy. */
  near({ mean, deviation, quarters }: Thumbnail): readonly Candidate[] {
    const [one = 0, two = 0, three = 0, four = 0] = quarters;
    const measures = this.#measures.slice();
    const found: Candidate[] = [];
    for (let at = 0; at < measures.length; at += MEASURES) {
      if (Math.abs((measures[at + 2] ?? 0) - one) > MAX_QUARTER) continue;
      if (Math.abs((measures[at + 3] ?? 0) - two) > MAX_QUARTER) continue;
      if (Math.abs((measures[at + 4] ?? 0) - three) > MAX_QUARTER) continue;
      if (Math.abs((measures[at + 5] ?? 0) - four) > MAX_QUARTER) continue;
      const [otherMean, otherDeviation] = [measures[at] ?? 0, measures[at + 1] ?? 1];
      if (Math.abs(otherMean - mean) > MAX_MEAN) continue;
      const contrast = deviation / otherDeviation;
      if (contrast > MAX_CONTRAST || contrast < 1 / MAX_CONTRAST) continue;
      found.push({
        photograph: this.#photographs.at(at / MEASURES),
        mean: otherMean,
        deviation: otherDeviation,
      });
    }
    return found;
  }
}

/** Checksums are looked up by their lowest 16 bits. */
const CHECKSUM_KEYS = 0xffff;

/** Finds copies in a sequence of photographs. */
export class DuplicateFinder {
  // The photographs that differ from those before them.
  readonly #cells = new Column(new Uint8Array());
  readonly #checksums = new Column(new Uint32Array());
  /** The group of each; of the first of a group, its own. */
  readonly #groups = new Column(new Uint32Array());
  /** Whether it is mirrored, compared with the first of its group. */
  readonly #mirrored = new Column(new Uint8Array());
  readonly #byChecksum = new Chains();
  /** The first of each group, by the slot of its quarters. Others are compared with it alone, so that groups cannot grow into chains. */
  readonly #slots = new Map<number, Slot>();
  #groupCount = 0;

  /**
   * Looks at the next photograph. Equal photographs are copies, and so are those whose thumbnails of 16 x 16 cells hardly
   * differ.
   *
   * @param sketch that of the photograph; read, not kept
   */
  look({ crc32: checksum, cells }: Sketch): Sighting {
    const alike = this.#byChecksum;
    for (let known = alike.last(checksum & CHECKSUM_KEYS); known >= 0; known = alike.before(known)) {
      if (this.#checksums.at(known) !== checksum || !isEqual(this.#cellsOf(known), cells)) continue;
      // A copy of a mirrored copy is mirrored as well.
      return { group: this.#groups.at(known), kind: this.#mirrored.at(known) === 1 ? "mirrored" : "exact" };
    }
    const thumbnail = thumbnailOf(cells);
    const sighting = this.#similar(thumbnail) ?? ({ group: this.#groupCount++, kind: "first" } as const);
    this.#cells.append(cells);
    this.#checksums.push(checksum);
    this.#groups.push(sighting.group);
    this.#mirrored.push(sighting.kind === "mirrored" ? 1 : 0);
    this.#byChecksum.add(checksum & CHECKSUM_KEYS);
    if (sighting.kind === "first" && thumbnail.deviation >= MIN_DEVIATION) {
      const key = slotOf(thumbnail.quarters.map((mean) => Math.floor(mean / SLOT)));
      const slot = this.#slots.get(key) ?? new Slot();
      this.#slots.set(key, slot);
      slot.add(this.#groups.length - 1, thumbnail);
    }
    return sighting;
  }

  #similar(thumbnail: Thumbnail): Sighting | undefined {
    const near = this.#nearest(thumbnail);
    if (near !== undefined) return { group: near, kind: "near" };
    const mirrored = this.#nearest(thumbnailOf(mirroredCells(thumbnail.cells)));
    return mirrored === undefined ? undefined : { group: mirrored, kind: "mirrored" };
  }

  /** The group whose first photograph is nearest to `thumbnail`, if any is near enough. */
  #nearest(thumbnail: Thumbnail): number | undefined {
    if (thumbnail.deviation < MIN_DEVIATION) return undefined;
    let nearest: number | undefined;
    let lowest = Infinity;
    for (const slot of slotsAround(thumbnail)) {
      for (const { photograph, mean, deviation } of this.#slots.get(slot)?.near(thumbnail) ?? []) {
        const distance = distanceOf(thumbnail, { mean, deviation, cells: this.#cellsOf(photograph) });
        const group = this.#groups.at(photograph);
        if (distance === undefined || distance > lowest) continue;
        if (distance === lowest && nearest !== undefined && nearest < group) continue;
        nearest = group;
        lowest = distance;
      }
    }
    return nearest;
  }

  #cellsOf(photograph: number): Uint8Array {
    return this.#cells.slice(photograph * SKETCH_BYTES, (photograph + 1) * SKETCH_BYTES);
  }
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.every((cell, index) => cell === other[index]);
}

/** The cells with left and right exchanged. */
function mirroredCells(cells: Uint8Array): Uint8Array {
  return cells.map((_, index) => cells[index - 2 * (index % CELLS) + CELLS - 1] ?? 0);
}

function thumbnailOf(cells: Uint8Array): Thumbnail {
  const sums = [0, 0, 0, 0];
  let squares = 0;
  for (let index = 0; index < cells.length; index++) {
    const cell = cells[index] ?? 0;
    const quarter = (index < cells.length / 2 ? 0 : 2) + (index % CELLS < CELLS / 2 ? 0 : 1);
    sums[quarter] = (sums[quarter] ?? 0) + cell;
    squares += cell * cell;
  }
  const mean = sums.reduce((total, sum) => total + sum, 0) / cells.length;
  const deviation = Math.sqrt(Math.max(squares / cells.length - mean * mean, 0));
  const quarters = sums.map((sum) => ((4 * sum) / cells.length - mean) / Math.max(deviation, 1));
  return { cells, mean, deviation, quarters };
}

/**
 * Root mean square of the differences of two thumbnails, standardized, or undefined if they differ too much for copies. The square is
 * 2 - 2 r for Pearson's correlation r.
 */
function distanceOf(one: Standardized, other: Standardized): number | undefined {
  const maxDistance = Math.min(MAX_DISTANCE, MAX_RMS / Math.max(one.deviation, other.deviation));
  const maxSquares = maxDistance ** 2 * one.cells.length;
  let squares = 0;
  for (let cell = 0; cell < one.cells.length; cell++) {
    const difference =
      ((one.cells[cell] ?? 0) - one.mean) / one.deviation - ((other.cells[cell] ?? 0) - other.mean) / other.deviation;
    squares += difference * difference;
    if (squares > maxSquares || Math.abs(difference) > MAX_CELL) return undefined;
  }
  return Math.sqrt(squares / one.cells.length);
}

/** All slots of thumbnails whose quarters differ by up to {@link MAX_QUARTER}. */
function slotsAround({ quarters }: Thumbnail): Iterable<number> {
  let around: number[][] = [[]];
  for (const mean of quarters) {
    const [low, high] = [Math.floor((mean - MAX_QUARTER) / SLOT), Math.floor((mean + MAX_QUARTER) / SLOT)];
    around = around.flatMap((slots) =>
      low === high
        ? [[...slots, low]]
        : [
            [...slots, low],
            [...slots, high],
          ],
    );
  }
  return around.map(slotOf);
}

/** Combines the slots of the four quarters, whose means are at most 1.8 standard deviations away, into one number. */
function slotOf(slots: readonly number[]): number {
  return slots.reduce((number, slot) => number * 64 + slot + 32, 0);
}

/** A picture of a dataset, and the copies it belongs to. */
export interface Seen extends Sighting {
  /** Path relative to the folder, with `/`. */
  readonly path: string;
  /** Its class. */
  readonly label: string;
  /** Its split. */
  readonly split: Split;
}

/** Photographs that are copies of others: the same picture saved again, in another format, quality, size or light, or mirrored. */
export interface Duplicates {
  /** Number of pictures equal to an earlier one. */
  readonly exact: number;
  /** Number of pictures nearly equal to an earlier one: saved in another quality, size or light. */
  readonly near: number;
  /** Number of pictures nearly equal to an earlier one with left and right exchanged. */
  readonly mirrored: number;
  /** Number of groups of copies with more than one class: at least one of their labels is wrong. */
  readonly acrossLabels: number;
  /** Number of validation or test pictures with a copy in an earlier split: train, or val. */
  readonly acrossSplits: number;
  /** The groups of copies. */
  readonly groups: readonly DuplicateGroup[];
}

/** A picture and its copies. */
export interface DuplicateGroup {
  /** Two or more paths, in the order of the pictures. */
  readonly paths: readonly string[];
  /** Their distinct classes. */
  readonly labels: readonly string[];
  /** Their distinct splits. */
  readonly splits: readonly Split[];
}

/** Summarizes the copies among the pictures of a dataset. */
export function duplicatesAmong(pictures: readonly Seen[]): Duplicates {
  const several = copiesAmong(pictures);
  const countOf = (wanted: Seen["kind"]): number => pictures.filter(({ kind }) => kind === wanted).length;
  return {
    exact: countOf("exact"),
    near: countOf("near"),
    mirrored: countOf("mirrored"),
    acrossLabels: several.filter(isLabelConflict).length,
    acrossSplits: several.reduce((count, members) => count + leaked(members), 0),
    groups: several.map((members) => ({
      paths: members.map(({ path }) => path),
      labels: [...new Set(members.map(({ label }) => label))],
      splits: SPLITS.filter((split) => members.some((member) => member.split === split)),
    })),
  };
}

/** The groups of two or more copies, each in the order of the pictures. */
export function copiesAmong<Picture extends Seen>(pictures: readonly Picture[]): readonly (readonly Picture[])[] {
  const groups = new Map<number, Picture[]>();
  for (const picture of pictures) {
    const group = groups.get(picture.group);
    if (group === undefined) groups.set(picture.group, [picture]);
    else group.push(picture);
  }
  return [...groups.values()].filter((members) => members.length > 1);
}

/**
 * Whether one picture has several labels in a group of copies. A mirrored picture may be of another class, such as an arrow to the left,
 * and so is only compared with other mirrored ones.
 */
export function isLabelConflict(members: readonly Seen[]): boolean {
  return [true, false].some((mirrored) => {
    const alike = members.filter(({ kind }) => (kind === "mirrored") === mirrored);
    return alike.some(({ label }) => label !== alike[0]?.label);
  });
}

/** Number of pictures of a group that are not in its earliest split. */
function leaked(members: readonly Seen[]): number {
  const earliest = SPLITS.find((split) => members.some((member) => member.split === split));
  return members.filter(({ split }) => split !== earliest).length;
}
