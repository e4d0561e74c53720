// Parts of an epoch contain all pictures in order, and none is too small.

import { describe, expect, it } from "vitest";

import { partCount, partsOf, type PartSize } from "./batch.ts";

const partsFor = (pictures: number, size: PartSize): readonly (readonly number[])[] =>
  [
    ...partsOf(
      Int32Array.from({ length: pictures }, (_, index) => index),
      size,
    ),
  ].map((part) => [...part]);

describe("the parts of an epoch", () => {
  it.each([
    [0, { batch: 3 }, []],
    [5, { batch: 3 }, [3, 2]],
    [6, { batch: 3 }, [3, 3]],
    [7, { batch: 3 }, [3, 3, 1]],
    [2, { batch: 3 }, [2]],
    [7, { batch: 3, min: 2 }, [3, 4]],
    [8, { batch: 3, min: 2 }, [3, 3, 2]],
    [6, { batch: 3, min: 2 }, [3, 3]],
    [4, { batch: 3, min: 2 }, [4]],
    [1, { batch: 3, min: 2 }, [1]],
  ])("of %i pictures by %j have the sizes %j, with each picture once", (pictures, size, expected) => {
    const parts = partsFor(pictures, size);
    expect(parts.map(({ length }) => length)).toEqual(expected);
    expect(parts.flat()).toEqual(Array.from({ length: pictures }, (_, index) => index));
    expect(partCount(pictures, size)).toBe(expected.length);
  });
});
