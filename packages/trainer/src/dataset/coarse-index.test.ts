// Whatever is near is found, as by a comparison with all others, and hardly anything else is looked at.

import { describe, expect, it } from "vitest";

import { Generator } from "../values/generator.ts";
import { CoarseIndex, coarseOf, mirroredCoarse } from "./coarse-index.ts";

interface Standardized {
  readonly cells: Uint8Array;
  readonly mean: number;
  readonly deviation: number;
}

function standardized(cells: Uint8Array): Standardized {
  const mean = cells.reduce((sum, cell) => sum + cell, 0) / cells.length;
  const deviation = Math.sqrt(cells.reduce((sum, cell) => sum + (cell - mean) ** 2, 0) / cells.length);
  return { cells, mean, deviation };
}

/** Root mean square of the differences of cells, in standard deviations. */
function distanceOf(one: Standardized, other: Standardized): number {
  const squares = one.cells.reduce((sum, cell, index) => {
    const difference = (cell - one.mean) / one.deviation - ((other.cells[index] ?? 0) - other.mean) / other.deviation;
    return sum + difference ** 2;
  }, 0);
  return Math.sqrt(squares / one.cells.length);
}

/** Some cells light, the others dark, with a little noise: as different as thumbnails can be. */
function drawn(generator: Generator): Uint8Array {
  const [left, top] = [Math.floor(generator.uniform() * 16), Math.floor(generator.uniform() * 16)];
  const [width, height] = [1 + Math.floor(generator.uniform() * 16), 1 + Math.floor(generator.uniform() * 16)];
  return Uint8Array.from({ length: 256 }, (_, cell) => {
    const [x, y] = [cell % 16, Math.floor(cell / 16)];
    const isInside = x >= left && x < left + width && y >= top && y < top + height;
    return (isInside ? 215 : 20) + generator.uniform() * 20;
  });
}

/** The cells, some of them a little changed. */
function varied(cells: Uint8Array, generator: Generator): Uint8Array {
  const change = generator.uniform() * 60;
  return cells.map((cell) => Math.max(0, Math.min(255, cell + (generator.uniform() - 0.5) * change)));
}

function indexOf(thumbnails: readonly Standardized[]): CoarseIndex {
  const index = new CoarseIndex();
  for (const [place, { cells, mean, deviation }] of thumbnails.entries()) {
    index.add(place, coarseOf(cells, mean, deviation));
  }
  return index;
}

function within(index: CoarseIndex, { cells, mean, deviation }: Standardized, distance: number): readonly number[] {
  return index.within(coarseOf(cells, mean, deviation), distance).toSorted((one, other) => one - other);
}

describe("mirroredCoarse", () => {
  it("is that of the mirrored thumbnail, to a step", () => {
    const generator = Generator.ofSeed(6);
    for (let round = 0; round < 100; round++) {
      const { cells, mean, deviation } = standardized(drawn(generator));
      const mirrored = coarseOf(
        cells.map((_, index) => cells[(index | 15) - (index % 16)] ?? 0),
        mean,
        deviation,
      );
      const steps = mirroredCoarse(coarseOf(cells, mean, deviation)).map((each, dimension) =>
        Math.abs(each - (mirrored[dimension] ?? 0)),
      );
      expect(Math.max(...steps)).toBeLessThanOrEqual(1);
    }
  });
});

describe("CoarseIndex", () => {
  it.each([0, 0.05, 0.12, 0.3])("finds all thumbnails up to %d away", (distance) => {
    const generator = Generator.ofSeed(4);
    const originals = Array.from({ length: 60 }, () => drawn(generator));
    const thumbnails = originals
      .flatMap((cells) => [cells, ...Array.from({ length: 4 }, () => varied(cells, generator))])
      .map(standardized);
    const index = indexOf(thumbnails);
    let [near, missed] = [0, 0];
    for (const each of thumbnails) {
      const found = new Set(within(index, each, distance));
      for (const [place, other] of thumbnails.entries()) {
        if (distanceOf(each, other) > distance) continue;
        near++;
        if (!found.has(place)) missed++;
      }
    }
    expect(missed).toBe(0);
    // Each is near itself, and others are, too.
    expect(near > thumbnails.length).toBe(distance > 0);
  });

  it("finds thumbnails that differ by wide waves alone, which are rounded, up to the very distance", () => {
    const generator = Generator.ofSeed(7);
    for (let round = 0; round < 500; round++) {
      const cells = drawn(generator).map((cell) => 60 + cell / 2);
      const height = 4 + generator.uniform() * 40;
      const wave = cells.map((cell, at) => cell + height * Math.cos((Math.PI * (2 * (at % 16) + 1)) / 16));
      const [one, other] = [standardized(cells), standardized(wave)];
      expect(within(indexOf([other]), one, distanceOf(one, other))).toEqual([0]);
    }
  });

  it("finds few thumbnails that differ, even of noise, whose blocks are much alike", () => {
    const generator = Generator.ofSeed(5);
    const thumbnails = Array.from({ length: 2000 }, () =>
      standardized(Uint8Array.from({ length: 256 }, () => generator.uniform() * 256)),
    );
    const index = indexOf(thumbnails);
    const others = thumbnails.reduce((sum, each) => sum + within(index, each, 0.06).length - 1, 0);
    expect(others).toBeLessThan(10);
  });

  it("has room for any number of equal thumbnails, and for others beside them", () => {
    const generator = Generator.ofSeed(6);
    const equal = standardized(drawn(generator));
    const thumbnails = Array.from({ length: 400 }, (_, place) =>
      place % 2 === 0 || place < 200 ? equal : standardized(drawn(generator)),
    );
    const index = indexOf(thumbnails);
    const places = thumbnails.flatMap((each, place) => (each === equal ? [place] : []));
    expect(within(index, equal, 0)).toEqual(expect.arrayContaining(places));
    for (const [place, each] of thumbnails.entries()) expect(within(index, each, 0)).toContain(place);
  });

  it("has a place for thumbnails whose blocks are as far from the mean as can be", () => {
    const block = (light: number, dark: number): Standardized =>
      standardized(
        Uint8Array.from({ length: 256 }, (_, cell) => (cell % 16 < 4 && Math.floor(cell / 16) < 4 ? light : dark)),
      );
    const [lightest, darkest] = [block(255, 0), block(0, 255)];
    const index = indexOf([lightest, darkest]);
    expect(within(index, lightest, 0.01)).toEqual([0]);
    expect(within(index, darkest, 0.01)).toEqual([1]);
  });
});
