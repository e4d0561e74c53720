// Assigns each photograph to a split: drawn per class from a seeded hash of the paths, with copies in the same split.
//
// In: labelled paths, each with the group of copies that it belongs to. Out: a split for each.

import { sha256 } from "../values/checksum.ts";
import { SPLITS, type Split, type SplitFractions } from "./split.ts";

/** A picture without a split. */
export interface Unsplit {
  /** Path relative to the folder, with `/`. */
  readonly path: string;
  /** Its class. */
  readonly label: string;
  /** Index of its group of copies, which share a split. */
  readonly group: number;
}

/** How splits are drawn. */
export interface SplitDraw {
  /** Shares of the splits. */
  readonly split: SplitFractions;
  /** Seed: a whole number from 0 to 2^53 - 1. */
  readonly seed: number;
}

/**
 * The pictures, with splits drawn for those that have none.
 *
 * @param drawn the splits that are drawn, which share their fractions; none to draw all if any picture has no split
 */
export function withSplits<Picture extends Unsplit & { readonly split: Split | undefined }>(
  pictures: readonly Picture[],
  drawn: readonly Split[],
  { split, seed }: SplitDraw,
): readonly (Picture & { readonly split: Split })[] {
  const unsplit = pictures.filter((picture) => picture.split === undefined);
  const splits = drawSplits(unsplit, seed, drawnFractions(drawn, split)).values();
  return pictures.map((picture) => ({ ...picture, split: picture.split ?? splits.next().value ?? "train" }));
}

/** The fractions of the splits that are drawn, with the sum 1. */
export function drawnFractions(drawn: readonly Split[], [train, val, test]: SplitFractions): SplitFractions {
  if (drawn.length === SPLITS.length || drawn.length === 0) return [train, val, test];
  const [ofVal, ofTest] = [drawn.includes("val") ? val : 0, drawn.includes("test") ? test : 0];
  const sum = train + ofVal + ofTest;
  return [train / sum, ofVal / sum, ofTest / sum];
}

/**
 * Draws the splits of each class. The groups of a class are ordered by {@link drawOf} of their shortest path. From the high end
 * they go to the test split until it has its share of the class's pictures, then to the validation split, and the rest to the
 * training split. So every class has the requested shares, to the nearest picture, and adding or removing a picture moves at
 * most the pictures next to the borders between splits.
 *
 * A class of three or more pictures has at least one test picture, and every class has at least one training picture. A class
 * whose pictures are all copies of one another is drawn picture by picture: otherwise it could not be tested.
 *
 * @param pictures in any order; the order does not affect the result
 * @param seed a whole number from 0 to 2^53 - 1
 * @param fractions the shares within each class
 * @returns the split of each picture, in the order of `pictures`
 */
export function drawSplits(pictures: readonly Unsplit[], seed: number, fractions: SplitFractions): Split[] {
  const splits = new Map<Unsplit, Split>();
  const classes = [...grouped(pictures, ({ label }) => label)];
  const unitsOfClasses = new Map<string, Unit[]>(classes.map(([label]) => [label, []]));
  for (const unit of unitsOf(pictures, seed)) for (const label of unit.labels) unitsOfClasses.get(label)?.push(unit);
  // The smallest class first: if copies have several labels, it has the fewest other pictures to choose from.
  const order = classes.toSorted(([label, one], [other, two]) => one.length - two.length || (label < other ? -1 : 1));
  for (const [label, members] of order) {
    drawClass(label, unitsOfClasses.get(label) ?? [], sharesOf(members.length, fractions), splits);
  }
  return pictures.map((picture) => splits.get(picture) ?? "train");
}

/**
 * A number from 0 to 1 for a path: the first 8 bytes of sha256("\<seed\>/\<path\>"), big-endian, divided by 2^64.
 *
 * @param path relative to the folder, with `/`
 */
export function drawOf(path: string, seed: number): number {
  return Number(sha256([`${seed}/${path}`]).getBigUint64(0)) / 2 ** 64;
}

/** Pictures that stay together. */
export interface Unit {
  readonly draw: number;
  readonly pictures: readonly Unsplit[];
  readonly labels: ReadonlySet<string>;
}

/**
 * Groups the pictures into units, highest draw first: copies stay together, unless a class has nothing but copies of one picture.
 */
export function unitsOf(pictures: readonly Unsplit[], seed: number): readonly Unit[] {
  const groupsOfLabels = new Map<string, Set<number>>();
  for (const [label, members] of grouped(pictures, (picture) => picture.label)) {
    groupsOfLabels.set(label, new Set(members.map(({ group }) => group)));
  }
  const units: Unit[] = [];
  for (const members of grouped(pictures, ({ group }) => group).values()) {
    const divides =
      members.length >= FEWEST_TO_TEST && members.every(({ label }) => groupsOfLabels.get(label)?.size === 1);
    for (const together of divides ? members.map((member) => [member]) : [members]) {
      // A copy such as "car 1 (1).jpg" may come and go; "car 1.jpg" stays.
      const draw = drawOf(together.map(({ path }) => path).reduce(shorter), seed);
      units.push({ draw, pictures: together, labels: new Set(together.map(({ label }) => label)) });
    }
  }
  return units.toSorted((one, other) => other.draw - one.draw);
}

function grouped<Key>(pictures: readonly Unsplit[], keyOf: (picture: Unsplit) => Key): ReadonlyMap<Key, Unsplit[]> {
  const groups = new Map<Key, Unsplit[]>();
  for (const picture of pictures) {
    const group = groups.get(keyOf(picture));
    if (group === undefined) groups.set(keyOf(picture), [picture]);
    else group.push(picture);
  }
  return groups;
}

function shorter(one: string, other: string): string {
  if (one.length !== other.length) return one.length < other.length ? one : other;
  return one < other ? one : other;
}

/** Pictures of a class required for a test split; with fewer, all are training pictures. */
export const FEWEST_TO_TEST = 3;

/** Number of validation and test pictures for a class of `count` pictures. */
function sharesOf(count: number, [, val, test]: SplitFractions): { readonly val: number; readonly test: number } {
  if (count < FEWEST_TO_TEST) return { val: 0, test: 0 };
  const tested = test === 0 ? 0 : Math.min(Math.max(Math.round(test * count), 1), count - 1);
  return { test: tested, val: Math.min(Math.round(val * count), count - 1 - tested) };
}

/** Draws the splits of a class's `units`, highest draw first, except for those that got a split with another class. */
function drawClass(
  label: string,
  units: readonly Unit[],
  shares: { readonly val: number; readonly test: number },
  splits: Map<Unsplit, Split>,
): void {
  const splitOfUnit = ({ pictures: [first] }: Unit): Split | undefined => first && splits.get(first);
  const sizeOf = ({ pictures }: Unit): number => pictures.filter((picture) => picture.label === label).length;
  const put = ({ pictures }: Unit, split: Split): void => pictures.forEach((picture) => splits.set(picture, split));
  const free = new Set(units.filter((unit) => splitOfUnit(unit) === undefined));
  for (const split of ["test", "val"] as const) {
    let room = shares[split];
    for (const unit of units) if (splitOfUnit(unit) === split) room -= sizeOf(unit);
    const isEmpty = room === shares[split];
    for (const unit of free) {
      // One unit is always left for training.
      if (free.size === 1) break;
      if (sizeOf(unit) > room) continue;
      room -= sizeOf(unit);
      put(unit, split);
      free.delete(unit);
    }
    // All groups of copies are larger than the share: take the smallest, if another one is left for training.
    if (split === "test" && shares.test > 0 && isEmpty && room === shares.test && free.size > 1) {
      const smallest = [...free].reduce((least, unit) => (sizeOf(unit) < sizeOf(least) ? unit : least));
      put(smallest, split);
      free.delete(smallest);
    }
  }
  for (const unit of free) put(unit, "train");
}
