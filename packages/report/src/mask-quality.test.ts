// What incorrect answers are due to.

import { describe, expect, it } from "vitest";

import { blameFor, shapeOf } from "./mask-quality.ts";

const SIZE = { width: 40, height: 30 };

/** Packed pixels: 1 where `isLight` says so. */
function bitsOf(isLight: (x: number, y: number) => boolean): Uint8Array {
  const bits = new Uint8Array((SIZE.width * SIZE.height) / 8);
  for (let at = 0; at < SIZE.width * SIZE.height; at++) {
    if (!isLight(at % SIZE.width, Math.floor(at / SIZE.width))) continue;
    bits[at >> 3] = (bits[at >> 3] ?? 0) | (128 >> (at % 8));
  }
  return bits;
}

const vehicle = bitsOf((x, y) => !(x >= 10 && x < 30 && y >= 10 && y < 20));
const checks = bitsOf((x, y) => (x + y) % 2 === 0);

describe("the shape of a mask", () => {
  it("has the share of the rarer tone", () => {
    expect(shapeOf({ ...SIZE, bits: vehicle })).toEqual({ rarerTone: 200 / 1200, fragments: 0 });
    expect(shapeOf({ ...SIZE, bits: vehicle.map((byte) => ~byte) }).rarerTone).toBe(200 / 1200);
    expect(shapeOf({ ...SIZE, bits: new Uint8Array(150) }).rarerTone).toBe(0);
  });

  it("has the share of small areas, whose pixels share edges within the picture", () => {
    expect(shapeOf({ ...SIZE, bits: checks }).fragments).toBe(1);
    // Two pixels in opposite corners, and one in the last column before one in the first column of the next row.
    const lone = bitsOf(
      (x, y) => (x === 0 && y === 0) || (x === 39 && y === 29) || (x === 39 && y === 9) || (x === 0 && y === 10),
    );
    expect(shapeOf({ ...SIZE, bits: lone }).fragments).toBeCloseTo(4 / 1200, 12);
  });
});

describe("an incorrect answer", () => {
  it("is due to a mask that shows nothing, fragments, or levels that no threshold separates", () => {
    expect(blameFor({ ...SIZE, bits: new Uint8Array(150), separability: 0.9 })).toBe("mask");
    expect(blameFor({ ...SIZE, bits: checks, separability: 0.9 })).toBe("mask");
    expect(blameFor({ ...SIZE, bits: vehicle, separability: 0.3 })).toBe("mask");
  });

  it("is otherwise due to the network, also where the separability is unknown", () => {
    expect(blameFor({ ...SIZE, bits: vehicle, separability: 0.9 })).toBe("network");
    expect(blameFor({ ...SIZE, bits: vehicle, separability: null })).toBe("network");
  });
});
