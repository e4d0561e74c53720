// Finds photographs in a folder that are copies of one another: the same picture saved again, in another format, quality or
// size.
//
// In: the gray levels of one photograph after another. Out: the group of copies that each belongs to. Keeps a digest and a
// thumbnail of each group's first photograph, and no pixels.

import { digest } from "../values/checksum.ts";
import { SPLITS, type Split } from "./split.ts";

/** Cells per side of a thumbnail. */
const CELLS = 16;

// How much the thumbnails of copies may differ, in gray levels. Duplicates of 99 photographs of vehicles and of rectangles drawn on
// 96 x 96 pixels, saved as JPEG and WebP of quality 40 to 95 and scaled to 50 to 150 %, differ by less, except for a few
// drawings. The two most similar of 1,180 different photographs have a root mean square of 24; rectangles moved by a pixel,
// 4.9. No two of the demo's 2,436 drawings are classified as copies.

/** Root mean square of the differences of cells. */
const MAX_RMS = 4.8;
/** The same, as a share of the standard deviation of the cells: pictures of low contrast have to be closer. */
const MAX_RMS_SHARE = 0.085;
/** Difference of any single cell; more is a shape that has moved. */
const MAX_CELL = 30;
/** Difference of the mean of all cells; more is another exposure. */
const MAX_MEAN = 1;
/** Difference of the mean of any quarter. */
const MAX_QUARTER = 3;

/** Standard deviation of the cells: below it photographs cannot be told apart, and only equal ones count as copies. */
const MIN_DEVIATION = 4;

/** Width in gray levels of the slots that index the means of quarters: the wider, the fewer slots to search. */
const SLOT = 12;

/** How a photograph relates to the ones before it. */
export interface Sighting {
  /** Index of its group of copies. */
  readonly group: number;
  /** `first` of its group, an `exact` copy of an earlier one with equal gray levels, or a `near` copy of the first. */
  readonly kind: "first" | "exact" | "near";
}

/** The first photograph of a group. Others are compared with it alone, so that groups cannot grow into chains. */
interface First {
  readonly group: number;
  readonly thumbnail: Thumbnail;
}

interface Thumbnail {
  /** `[CELLS, CELLS]` mean gray levels, 0 to 255. */
  readonly cells: Uint8Array;
  readonly mean: number;
  readonly deviation: number;
  /** Means of the four quarters. */
  readonly quarters: readonly number[];
}

/** Finds copies in a sequence of photographs. */
export class DuplicateFinder {
  readonly #width: number;
  readonly #height: number;
  readonly #exact = new Map<string, number>();
  readonly #near = new Map<number, First[]>();
  #groups = 0;

  /** @param size width and height of the photographs in pixels */
  constructor({ width, height }: { readonly width: number; readonly height: number }) {
    this.#width = width;
    this.#height = height;
  }

  /**
   * Looks at the next photograph. Equal photographs are copies, and so are those whose thumbnails of 16 x 16 cells hardly
   * differ.
   *
   * @param levels `[height, width]` gray levels; read, not kept
   */
  look(levels: Uint8Array): Sighting {
    const key = digest(levels);
    const equal = this.#exact.get(key);
    if (equal !== undefined) return { group: equal, kind: "exact" };
    const thumbnail = this.#thumbnailOf(levels);
    const near = this.#nearest(thumbnail);
    const group = near ?? this.#groups++;
    this.#exact.set(key, group);
    if (near !== undefined) return { group, kind: "near" };
    const slot = slotOf(thumbnail.quarters.map((mean) => Math.floor(mean / SLOT)));
    const firsts = this.#near.get(slot);
    if (firsts === undefined) this.#near.set(slot, [{ group, thumbnail }]);
    else firsts.push({ group, thumbnail });
    return { group, kind: "first" };
  }

  /** The group whose first photograph is nearest to `thumbnail`, if any is near enough. */
  #nearest(thumbnail: Thumbnail): number | undefined {
    let nearest: number | undefined;
    let lowest = Infinity;
    for (const slot of slotsAround(thumbnail)) {
      for (const first of this.#near.get(slot) ?? []) {
        const distance = distanceOf(thumbnail, first.thumbnail);
        if (distance === undefined || distance > lowest) continue;
        if (distance === lowest && nearest !== undefined && nearest < first.group) continue;
        nearest = first.group;
        lowest = distance;
      }
    }
    return nearest;
  }

  #thumbnailOf(levels: Uint8Array): Thumbnail {
    const [width, height] = [this.#width, this.#height];
    const cells = new Uint8Array(CELLS * CELLS);
    const rowBounds = boundsOf(height);
    const columnBounds = boundsOf(width);
    for (const [row, [top, bottom]] of rowBounds.entries()) {
      for (const [column, [left, right]] of columnBounds.entries()) {
        let sum = 0;
        for (let y = top; y < bottom; y++) {
          for (let x = left; x < right; x++) sum += levels[y * width + x] ?? 0;
        }
        cells[row * CELLS + column] = Math.round(sum / ((bottom - top) * (right - left)));
      }
    }
    const sums = [0, 0, 0, 0];
    let squares = 0;
    for (const [index, cell] of cells.entries()) {
      const quarter = (index < cells.length / 2 ? 0 : 2) + (index % CELLS < CELLS / 2 ? 0 : 1);
      sums[quarter] = (sums[quarter] ?? 0) + cell;
      squares += cell * cell;
    }
    const mean = sums.reduce((total, sum) => total + sum, 0) / cells.length;
    const deviation = Math.sqrt(Math.max(squares / cells.length - mean * mean, 0));
    return { cells, mean, deviation, quarters: sums.map((sum) => (4 * sum) / cells.length) };
  }
}

/**
 * Start (inclusive) and end (exclusive) of each cell along a side; cells of sides with fewer pixels than cells share pixels.
 */
function boundsOf(side: number): readonly (readonly [from: number, to: number])[] {
  return Array.from({ length: CELLS }, (_, cell) => {
    const from = Math.floor((cell * side) / CELLS);
    return [from, Math.max(Math.floor(((cell + 1) * side) / CELLS), from + 1)];
  });
}

/** Root mean square of the differences of two thumbnails, or undefined if they differ too much for copies. */
function distanceOf(one: Thumbnail, other: Thumbnail): number | undefined {
  const deviation = Math.min(one.deviation, other.deviation);
  if (deviation < MIN_DEVIATION || Math.abs(one.mean - other.mean) > MAX_MEAN) return undefined;
  if (one.quarters.some((mean, quarter) => Math.abs(mean - (other.quarters[quarter] ?? 0)) > MAX_QUARTER)) {
    return undefined;
  }
  const maxSquares = Math.min(MAX_RMS, MAX_RMS_SHARE * deviation) ** 2 * one.cells.length;
  let squares = 0;
  for (let cell = 0; cell < one.cells.length; cell++) {
    const difference = (one.cells[cell] ?? 0) - (other.cells[cell] ?? 0);
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

/** Combines the slots of the four quarters, -1 to 21 each, into one number. */
function slotOf(slots: readonly number[]): number {
  return slots.reduce((number, slot) => number * 64 + slot + 1, 0);
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

/** Photographs that are copies of others: the same picture saved again, in another format, quality or size. */
export interface Duplicates {
  /** Number of pictures equal to an earlier one. */
  readonly exact: number;
  /** Number of pictures nearly equal to an earlier one: saved in another quality or size. */
  readonly near: number;
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
  const groups = new Map<number, Seen[]>();
  for (const picture of pictures) {
    const group = groups.get(picture.group);
    if (group === undefined) groups.set(picture.group, [picture]);
    else group.push(picture);
  }
  const several = [...groups.values()].filter((members) => members.length > 1);
  return {
    exact: pictures.filter(({ kind }) => kind === "exact").length,
    near: pictures.filter(({ kind }) => kind === "near").length,
    acrossLabels: several.filter((members) => members.some(({ label }) => label !== members[0]?.label)).length,
    acrossSplits: several.reduce((count, members) => count + leaked(members), 0),
    groups: several.map((members) => ({
      paths: members.map(({ path }) => path),
      labels: [...new Set(members.map(({ label }) => label))],
      splits: SPLITS.filter((split) => members.some((member) => member.split === split)),
    })),
  };
}

/** Number of pictures of a group that are not in its earliest split. */
function leaked(members: readonly Seen[]): number {
  const earliest = SPLITS.find((split) => members.some((member) => member.split === split));
  return members.filter(({ split }) => split !== earliest).length;
}
