// Otsu's separability, against its definition and against the variance within the classes.

import { describe, expect, it } from "vitest";

import { separability, storedSeparability } from "./separability.ts";

/** 1 - variance within the classes / total variance, from the levels themselves. */
function byDefinition(levels: readonly number[], threshold: number): number {
  const variance = (values: readonly number[]): number => {
    const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
    return values.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  };
  const [dark, light] = [levels.filter((each) => each <= threshold), levels.filter((each) => each > threshold)];
  return 1 - (variance(dark) + variance(light)) / variance(levels);
}

describe("Otsu's separability", () => {
  it("is 1 for two levels, and 4/5 and 3/4 where Otsu's formula gives these", () => {
    expect(separability(Uint8Array.of(30, 30, 200), 100)).toBe(1);
    // Levels 0, 1, 2 and 3, halved: between 1, total 5/4. Levels 0, 1 and 2, two of them dark: between 1/2, total 2/3.
    expect(separability(Uint8Array.of(0, 1, 2, 3), 1)).toBeCloseTo(4 / 5, 12);
    expect(separability(Uint8Array.of(0, 1, 2), 1)).toBeCloseTo(3 / 4, 12);
  });

  it("is what the variance within both classes leaves of the total", () => {
    const levels = Array.from({ length: 500 }, (_, index) => (Math.imul(index + 1, 2_654_435_761) >>> 8) % 256);
    for (const threshold of [10, 127, 200]) {
      expect(separability(Uint8Array.from(levels), threshold)).toBeCloseTo(byDefinition(levels, threshold), 10);
    }
  });

  it("is 0 if all pixels are on one side", () => {
    expect(separability(Uint8Array.of(7, 7, 7), 0)).toBe(0);
    expect(separability(Uint8Array.of(7, 7, 7), 7)).toBe(0);
    expect(separability(Uint8Array.of(0, 255), 255)).toBe(0);
  });

  it("of a stored picture is that of its gray levels, unknown in black and white", () => {
    const levels = Uint8Array.of(0, 0, 255, 255, 10, 0, 255, 250);
    const gray = storedSeparability({ pixels: levels, threshold: 10 }, { pixelFormat: "gray8" });
    expect(gray).toBeCloseTo(byDefinition([...levels], 10), 10);
    const planes = Uint8Array.of(...levels, ...levels, ...levels);
    expect(storedSeparability({ pixels: planes, threshold: 10 }, { pixelFormat: "rgb8" })).toBe(gray);
    expect(storedSeparability({ pixels: Uint8Array.of(9), threshold: 10 }, { pixelFormat: "binary1" })).toBeNull();
  });
});
