// Finds photographs in a folder that are copies of one another: the same picture saved again, in another format, quality or
// size, a little lighter or darker, or mirrored.
//
// In: the sketch of one photograph after another. Out: the group of copies that each belongs to. Keeps about 45 bytes of each photograph
// that differs; sketches are asked for again if they are to be compared.

import { Preprocessor } from "@silhouette/preprocess-wasm";

import { crc32 } from "../values/checksum.ts";
import { Column } from "../values/column.ts";
import { coarseOf, CoarseIndex, mirroredCoarse, type Coarse } from "./coarse-index.ts";
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

/** How a photograph relates to the ones before it. */
export interface Sighting {
  /** Number of the first photograph of its group of copies. */
  readonly group: number;
  /**
   * `first` of its group, an `exact` copy of an earlier one with equal pixels, a `near` copy of the first, or a `mirrored` one, left
   * and right exchanged.
   */
  readonly kind: "first" | "exact" | "near" | "mirrored";
}

/** What is compared of sketches. */
interface Thumbnail {
  /** `[CELLS, CELLS]` mean gray levels, 0 to 255. */
  readonly cells: Uint8Array;
  readonly mean: number;
  readonly deviation: number;
  /** Means of the four quarters, less the mean of all, in standard deviations. */
  readonly quarters: readonly number[];
}

/** By what the copies of a photograph are recognized. Two with the same sketch are equal. */
export interface Sketch {
  /** CRC-32 of the pixels, as they are stored. */
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
   * @param pixels those that are stored: silhouettes take an eighth of the time of levels. Read, not kept. Default: the levels
   */
  sketch(levels: Uint8Array, pixels: Uint8Array = levels): Sketch {
    const { width, height } = this.#size;
    const cells = new Uint8Array(SKETCH_BYTES);
    this.#preprocessor.resize({ data: levels, width, height, channels: 1 }, cells);
    return { crc32: crc32([pixels]), cells };
  }
}

/** Checksums are looked up by their lowest 16 bits. */
const CHECKSUM_KEYS = 2 ** 16;

/** Lists of photographs by what few of them share: the last of each list, and the one before each photograph in its list. */
class Chains {
  readonly #last = new Int32Array(CHECKSUM_KEYS).fill(-1);
  readonly #before = new Column(new Int32Array());

  /** Adds the next photograph to a list. */
  add(checksum: number): void {
    this.#before.push(this.last(checksum));
    this.#last[checksum % CHECKSUM_KEYS] = this.#before.length - 1;
  }

  /** The last photograph of a list; -1 if it is empty. */
  last(checksum: number): number {
    return this.#last[checksum % CHECKSUM_KEYS] ?? -1;
  }

  /** The photograph before another one in its list; -1 if there is none. */
  before(photograph: number): number {
    return this.#before.at(photograph);
  }
}

/** A photograph that was looked at. */
export interface Known {
  /** Its number. */
  readonly photograph: number;
  /** The checksum of its sketch. */
  readonly crc32: number;
}

/** A photograph to look at, and those that it may be a copy of. */
export interface Candidates {
  /** Its sketch. */
  readonly sketch: Sketch;
  /** Those whose sketches have to be compared with it: seldom one without a copy. */
  readonly known: readonly Known[];
  /** Places of those with the same checksum. @internal */
  readonly alike: readonly number[];
  /** What is compared of it. @internal */
  readonly thumbnail: Thumbnail;
  /** What is kept of it in the index; undefined if it has too little contrast to be told apart. @internal */
  readonly coarse: Coarse | undefined;
  /** Places of the first of groups that may be near it. @internal */
  readonly near: readonly number[];
  /** Places of those that may be near it with left and right exchanged. @internal */
  readonly mirrored: readonly number[];
}

/**
 * Finds copies in a sequence of photographs: {@link DuplicateFinder.candidates} for the next one, and then
 * {@link DuplicateFinder.look} with the sketches of these.
 */
export class DuplicateFinder {
  // The photographs that differ from those before them, each known by its place in this order.
  readonly #photographs = new Column(new Uint32Array());
  readonly #checksums = new Column(new Uint32Array());
  /** The place of the first of its group; that of the first, its own. */
  readonly #firsts = new Column(new Uint32Array());
  /** Whether it is mirrored, compared with the first of its group. */
  readonly #mirrored = new Column(new Uint8Array());
  readonly #byChecksum = new Chains();
  /** The first of each group. Others are compared with it alone, so that groups cannot grow into chains. */
  readonly #index = new CoarseIndex();

  /**
   * The photographs that the next one may be a copy of.
   *
   * @param sketch that of the next one
   */
  candidates(sketch: Sketch): Candidates {
    const alike: number[] = [];
    const chains = this.#byChecksum;
    for (let place = chains.last(sketch.crc32); place >= 0; place = chains.before(place)) {
      if (this.#checksums.at(place) === sketch.crc32) alike.push(place);
    }
    const thumbnail = thumbnailOf(sketch.cells);
    const { cells, mean, deviation } = thumbnail;
    const coarse = deviation < MIN_DEVIATION ? undefined : coarseOf(cells, mean, deviation);
    const near = this.#around(coarse, deviation);
    const mirrored = this.#around(coarse && mirroredCoarse(coarse), deviation);
    const places = new Set([...alike, ...near, ...mirrored]);
    const known = Array.from(places, (place) => ({
      photograph: this.#photographs.at(place),
      crc32: this.#checksums.at(place),
    }));
    return { sketch, known, alike, thumbnail, coarse, near, mirrored };
  }

  /** The first of groups that may be near a thumbnail. */
  #around(coarse: Coarse | undefined, deviation: number): readonly number[] {
    return coarse === undefined ? [] : this.#index.within(coarse, maxDistanceOf(deviation));
  }

  /**
   * Looks at the next photograph. Equal photographs are copies, and so are those whose thumbnails of 16 x 16 cells hardly differ.
   *
   * @param photograph its number, 0 to 2^32 - 1 and larger than those before
   * @param candidates what {@link DuplicateFinder.candidates} returned for it
   * @param cellsOf the cells of a candidate's sketch, by its number; read, not kept
   */
  look(photograph: number, candidates: Candidates, cellsOf: (photograph: number) => Uint8Array): Sighting {
    const { sketch, thumbnail, coarse } = candidates;
    const cellsAt = (place: number): Uint8Array => cellsOf(this.#photographs.at(place));
    const equal = candidates.alike.find((place) => isEqual(cellsAt(place), sketch.cells));
    if (equal !== undefined) {
      // A copy of a mirrored copy is mirrored as well.
      return { group: this.#groupAt(equal), kind: this.#mirrored.at(equal) === 1 ? "mirrored" : "exact" };
    }
    const place = this.#photographs.length;
    const nearest = nearestOf(thumbnail, candidates.near, cellsAt);
    const isCompared = nearest === undefined && candidates.mirrored.length > 0;
    const flipped = isCompared ? thumbnailOf(mirroredCells(sketch.cells)) : undefined;
    const mirrored = flipped && nearestOf(flipped, candidates.mirrored, cellsAt);
    const first = nearest ?? mirrored ?? place;
    this.#photographs.push(photograph);
    this.#checksums.push(sketch.crc32);
    this.#firsts.push(first);
    this.#mirrored.push(mirrored === undefined ? 0 : 1);
    this.#byChecksum.add(sketch.crc32);
    if (first === place && coarse !== undefined) this.#index.add(place, coarse);
    const kind = nearest !== undefined ? "near" : mirrored !== undefined ? "mirrored" : "first";
    return { group: this.#groupAt(place), kind };
  }

  #groupAt(place: number): number {
    return this.#photographs.at(this.#firsts.at(place));
  }
}

/** The place, of `places`, whose thumbnail is nearest to another, the lowest if several are; undefined if none is near enough. */
function nearestOf(
  thumbnail: Thumbnail,
  places: readonly number[],
  cellsAt: (place: number) => Uint8Array,
): number | undefined {
  let nearest: number | undefined;
  let lowest = Infinity;
  for (const place of places) {
    const distance = distanceOf(thumbnail, thumbnailOf(cellsAt(place)));
    if (distance === undefined || distance > lowest) continue;
    if (distance === lowest && nearest !== undefined && nearest < place) continue;
    nearest = place;
    lowest = distance;
  }
  return nearest;
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

/** How far a copy's thumbnail is away at most, if none of the two has a larger standard deviation. */
function maxDistanceOf(deviation: number): number {
  return Math.min(MAX_DISTANCE, MAX_RMS / deviation);
}

/**
 * Root mean square of the differences of two thumbnails, standardized, or undefined if they differ too much for copies. The square is
 * 2 - 2 r for Pearson's correlation r.
 */
function distanceOf(one: Thumbnail, other: Thumbnail): number | undefined {
  if (one.quarters.some((mean, quarter) => Math.abs((other.quarters[quarter] ?? 0) - mean) > MAX_QUARTER))
    return undefined;
  if (Math.abs(other.mean - one.mean) > MAX_MEAN) return undefined;
  const contrast = one.deviation / other.deviation;
  if (contrast > MAX_CONTRAST || contrast < 1 / MAX_CONTRAST) return undefined;
  const maxSquares = maxDistanceOf(Math.max(one.deviation, other.deviation)) ** 2 * one.cells.length;
  let squares = 0;
  for (let cell = 0; cell < one.cells.length; cell++) {
    const difference =
      ((one.cells[cell] ?? 0) - one.mean) / one.deviation - ((other.cells[cell] ?? 0) - other.mean) / other.deviation;
    squares += difference * difference;
    if (squares > maxSquares || Math.abs(difference) > MAX_CELL) return undefined;
  }
  return Math.sqrt(squares / one.cells.length);
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
