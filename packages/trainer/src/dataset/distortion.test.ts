// Distorted pictures: seven kinds in turn, each with pixels of the picture, whatever its shape.

import { describe, expect, it } from "vitest";

import { distorted } from "./distortion.ts";

/** 3 x 2 pixels that are all different. */
const SIX = { width: 3, height: 2, channels: 1, white: 255 } as const;
const PICTURE = Uint8Array.of(10, 20, 30, 40, 50, 60);

/** 40 x 40 pixels with their column and their row. */
const PLACES = { width: 40, height: 40, channels: 2, white: 255 } as const;
const COLUMNS_AND_ROWS = Uint8Array.from({ length: 3200 }, (_, at) =>
  at % 2 === 0 ? (at / 2) % 40 : Math.floor(at / 80),
);

describe("a distorted picture", () => {
  it("is turned by a quarter, to either side", () => {
    const square = { ...SIX, width: 2 };
    expect([...distorted(Uint8Array.of(1, 2, 3, 4), square, 0)]).toEqual([2, 4, 1, 3]);
    expect([...distorted(Uint8Array.of(1, 2, 3, 4), square, 7)]).toEqual([3, 1, 4, 2]);
  });

  it("is upside down", () => {
    expect([...distorted(PICTURE, SIX, 1)]).toEqual([40, 50, 60, 10, 20, 30]);
  });

  it("is inverted", () => {
    expect([...distorted(PICTURE, SIX, 5)]).toEqual([245, 235, 225, 215, 205, 195]);
    expect([...distorted(Uint8Array.of(0, 1), { ...SIX, width: 2, height: 1, white: 1 }, 5)]).toEqual([1, 0]);
  });

  it.each([2, 9, 16, 23])("is a part of a quarter to a half of each side, enlarged: %i", (index) => {
    const made = distorted(COLUMNS_AND_ROWS, PLACES, index);
    const columns = new Set(made.filter((_, at) => at % 2 === 0));
    const rows = new Set(made.filter((_, at) => at % 2 === 1));
    for (const { size } of [columns, rows]) {
      expect(size).toBeGreaterThanOrEqual(10);
      expect(size).toBeLessThanOrEqual(21);
    }
    expect(Math.abs(columns.size - rows.size)).toBeLessThanOrEqual(1);
  });

  it("is tilted by half a right angle about its centre", () => {
    const made = distorted(COLUMNS_AND_ROWS, PLACES, 3);
    const at = (column: number, row: number): readonly number[] => [
      ...made.subarray(2 * (40 * row + column)).subarray(0, 2),
    ];
    expect(at(20, 20).every((each) => each === 20 || each === 19)).toBe(true);
    // Right of the centre is what was below it to the right: both lie on a diagonal.
    const [column = 0, row = 0] = at(34, 20);
    expect(Math.abs(column - 20)).toBeGreaterThan(8);
    expect(Math.abs(Math.abs(column - 20) - Math.abs(row - 20))).toBeLessThanOrEqual(1);
  });

  it("is stretched along one side", () => {
    const rowsOf = (index: number): number =>
      new Set(distorted(COLUMNS_AND_ROWS, PLACES, index).filter((_, at) => at % 2 === 1)).size;
    expect(rowsOf(4)).toBeLessThanOrEqual(17);
    expect(rowsOf(11)).toBe(40);
  });

  it("is warped by at most a fifth of its sides", () => {
    const made = distorted(COLUMNS_AND_ROWS, PLACES, 6);
    const moved = COLUMNS_AND_ROWS.map((value, at) => Math.abs(value - (made[at] ?? 0)));
    expect(Math.max(...moved)).toBeLessThanOrEqual(8);
    expect(Math.max(...moved)).toBeGreaterThan(2);
    expect(new Set(moved).size).toBeGreaterThan(3);
  });

  it.each(Array.from({ length: 7 }, (_, index) => index))(
    "is the same each time, and not the picture, which stays as it is: kind %i",
    (index) => {
      const picture = COLUMNS_AND_ROWS.slice();
      const made = distorted(picture, PLACES, index);
      expect(made).toHaveLength(picture.length);
      expect(made).not.toEqual(picture);
      expect(distorted(picture, PLACES, index)).toEqual(made);
      expect(picture).toEqual(COLUMNS_AND_ROWS);
    },
  );

  it("may be of a single pixel", () => {
    for (let index = 0; index < 7; index++) {
      expect([...distorted(Uint8Array.of(9), { ...SIX, width: 1, height: 1 }, index)]).toEqual([index === 5 ? 246 : 9]);
    }
  });
});
