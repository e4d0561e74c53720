// Which photographs of a folder are copies of one another: the same picture saved again, in another format, quality or size.
//
// In come the gray levels of one photograph after another; out comes the group of copies that each belongs to. Kept are a
// digest and a thumbnail of each group's first photograph, and no pixels of any.

import { digest } from "../values/checksum.ts";
import { SPLITS, type Split } from "./split.ts";

/** Cells a side of a thumbnail. */
const CELLS = 16;

// How much thumbnails of copies may differ, in gray levels. Copies saved as JPEG and WebP of quality 40 to 95 and scaled to 50 to
// 150 %, of 99 photographs of vehicles and of rectangles drawn on 96 x 96 pixels, differ by less, but for a few drawings. The
// most similar two of 1,180 different photographs have a root mean square of 24; rectangles that have moved by a pixel, 4.9. Of the
// 2,436 drawings of the demo no two are taken for copies.

/** Root mean square of the cells' differences. */
const MOST_RMS = 4.8;
/** The same, as a share of the standard deviation of the cells: what has little contrast has to be closer. */
const MOST_RMS_SHARE = 0.085;
/** Difference of any cell: a shape that has moved. */
const MOST_CELL = 30;
/** Difference of the mean of all cells: another exposure. */
const MOST_MEAN = 1;
/** Difference of the mean of a quarter. */
const MOST_QUARTER = 3;

/** Standard deviation of the cells: below it there is nothing to tell photographs by, and only equal ones are copies. */
const LEAST_DEVIATION = 4;

/** Width of the slots that quarters' means are sorted into, in gray levels: the wider, the fewer slots to look into. */
const SLOT = 12;

/** What a photograph was found to be. */
export interface Sighting {
  /** Number of its group of copies, from 0 on. */
  readonly group: number;
  /** `first` of its group; an `exact` copy of the first, with equal gray levels; or a `near` copy. */
  readonly kind: "first" | "exact" | "near";
}

/** The first photograph of a group, which all others of the group are compared with: so groups cannot grow into chains. */
interface First {
  readonly group: number;
  readonly thumbnail: Thumbnail;
}

interface Thumbnail {
  /** `[CELLS, CELLS]` means of the gray levels, 0 to 255. */
  readonly cells: Uint8Array;
  readonly mean: number;
  readonly deviation: number;
  /** Means of the four quarters. */
  readonly quarters: readonly number[];
}

/** Finds the copies among photographs that are shown to it one after another. */
export class CopyFinder {
  readonly #width: number;
  readonly #height: number;
  readonly #exact = new Map<string, number>();
  readonly #near = new Map<number, First[]>();
  #groups = 0;

  /** @param size of the gray levels */
  constructor({ width, height }: { readonly width: number; readonly height: number }) {
    this.#width = width;
    this.#height = height;
  }

  /**
   * Looks at the next photograph. Equal ones are copies; so are those whose thumbnails of 16 x 16 cells hardly differ.
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

  /** The group whose first photograph is nearest to `thumbnail`, of those that are near. */
  #nearest(thumbnail: Thumbnail): number | undefined {
    let nearest: number | undefined;
    let least = Infinity;
    for (const slot of slotsAround(thumbnail)) {
      for (const first of this.#near.get(slot) ?? []) {
        const distance = distanceOf(thumbnail, first.thumbnail);
        if (distance === undefined || distance > least) continue;
        if (distance === least && nearest !== undefined && nearest < first.group) continue;
        nearest = first.group;
        least = distance;
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

/** First and last but one pixel of each cell along a side; sides shorter than the cells give cells that share pixels. */
function boundsOf(side: number): readonly (readonly [from: number, to: number])[] {
  return Array.from({ length: CELLS }, (_, cell) => {
    const from = Math.floor((cell * side) / CELLS);
    return [from, Math.max(Math.floor(((cell + 1) * side) / CELLS), from + 1)];
  });
}

/** Root mean square of the differences of two thumbnails, or undefined if they are too large for copies. */
function distanceOf(one: Thumbnail, other: Thumbnail): number | undefined {
  const deviation = Math.min(one.deviation, other.deviation);
  if (deviation < LEAST_DEVIATION || Math.abs(one.mean - other.mean) > MOST_MEAN) return undefined;
  if (one.quarters.some((mean, quarter) => Math.abs(mean - (other.quarters[quarter] ?? 0)) > MOST_QUARTER)) {
    return undefined;
  }
  const most = Math.min(MOST_RMS, MOST_RMS_SHARE * deviation) ** 2 * one.cells.length;
  let squares = 0;
  for (let cell = 0; cell < one.cells.length; cell++) {
    const difference = (one.cells[cell] ?? 0) - (other.cells[cell] ?? 0);
    squares += difference * difference;
    if (squares > most || Math.abs(difference) > MOST_CELL) return undefined;
  }
  return Math.sqrt(squares / one.cells.length);
}

/** All slots that thumbnails may be in whose quarters differ by up to {@link MOST_QUARTER}. */
function slotsAround({ quarters }: Thumbnail): Iterable<number> {
  let around: number[][] = [[]];
  for (const mean of quarters) {
    const [low, high] = [Math.floor((mean - MOST_QUARTER) / SLOT), Math.floor((mean + MOST_QUARTER) / SLOT)];
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

/** One number for a slot of each quarter: -1 to 21 each. */
function slotOf(slots: readonly number[]): number {
  return slots.reduce((number, slot) => number * 64 + slot + 1, 0);
}

/** A picture of a dataset, and what it was found to be. */
export interface Seen extends Sighting {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  /** Its class. */
  readonly label: string;
  /** What it is for. */
  readonly split: Split;
}

/** Photographs that are copies of others: the same picture saved again, in another format, quality or size. */
export interface Copies {
  /** Pictures that equal another. */
  readonly exact: number;
  /** Pictures that nearly equal another: saved in another quality or size. */
  readonly near: number;
  /** Groups of copies that have more than one class: at least one of them is wrong. */
  readonly acrossLabels: number;
  /** Pictures for validation or the test that have a copy in an earlier split: train, or val. */
  readonly acrossSplits: number;
  /** Each picture that has copies, with all of them. */
  readonly groups: readonly CopyGroup[];
}

/** A picture and its copies. */
export interface CopyGroup {
  /** Two or more, in their order. */
  readonly paths: readonly string[];
  /** Their classes, each once. */
  readonly labels: readonly string[];
  /** Their splits, each once. */
  readonly splits: readonly Split[];
}

/** What is to be said of the copies among the pictures of a dataset. */
export function copiesAmong(pictures: readonly Seen[]): Copies {
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
    acrossSplits: several.reduce((count, members) => count + strayed(members), 0),
    groups: several.map((members) => ({
      paths: members.map(({ path }) => path),
      labels: [...new Set(members.map(({ label }) => label))],
      splits: SPLITS.filter((split) => members.some((member) => member.split === split)),
    })),
  };
}

/** Pictures of a group that are not in its earliest split. */
function strayed(members: readonly Seen[]): number {
  const earliest = SPLITS.find((split) => members.some((member) => member.split === split));
  return members.filter(({ split }) => split !== earliest).length;
}
