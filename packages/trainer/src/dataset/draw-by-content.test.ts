import { createHash } from "node:crypto";

import { describe, expect, it } from "vitest";

import { drawByContent } from "./draw-by-content.ts";
import { SPLITS } from "./split.ts";

const ALL = { drawn: SPLITS, split: [0.8, 0.1, 0.1] as const };

/** A draw by the definition in docs/formats/dataset.md. */
function definedDraw(pixels: Uint8Array, seed: number): number {
  const hash = createHash("sha256").update(`${seed}/`, "ascii").update(pixels).digest();
  return Number(hash.readBigUInt64BE(0)) / 2 ** 64;
}

function pixelsOf(number: number): Uint8Array {
  return Uint8Array.from({ length: 20 }, (_, index) => (number * 31 + index * 7) % 256);
}

describe("drawByContent", () => {
  it("puts pictures whose draws are below the fraction of a split, or the sum with those before it, into it", () => {
    const splitOf = drawByContent(ALL.drawn, { split: ALL.split, seed: 7 });
    for (let number = 0; number < 200; number++) {
      const draw = definedDraw(pixelsOf(number), 7);
      expect(splitOf(pixelsOf(number))).toBe(draw < 0.8 ? "train" : draw < 0.9 ? "val" : "test");
    }
  });

  it("scales the fractions of the drawn splits to the sum 1, and draws no others", () => {
    const splitOf = drawByContent(["train", "test"], { split: [0.6, 0.2, 0.2], seed: 0 });
    for (let number = 0; number < 200; number++) {
      expect(splitOf(pixelsOf(number))).toBe(definedDraw(pixelsOf(number), 0) < 0.6 / 0.8 ? "train" : "test");
    }
  });

  it("depends on the seed", () => {
    const draw = (seed: number) => {
      const splitOf = drawByContent(ALL.drawn, { split: [0.5, 0.25, 0.25], seed });
      return Array.from({ length: 50 }, (_, number) => splitOf(pixelsOf(number)));
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it("gives known splits", () => {
    const splitOf = drawByContent(ALL.drawn, { split: [0.4, 0.3, 0.3], seed: 2 ** 53 - 1 });
    expect([0, 1, 2, 3].map((value) => splitOf(new Uint8Array(8).fill(value)))).toEqual([
      "test",
      "train",
      "train",
      "train",
    ]);
  });
});
