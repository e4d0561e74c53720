import { describe, expect, it } from "vitest";

import { Generator } from "../values/generator.ts";
import { lightBorderShare, maskStatistics, sauvolaMask } from "./mask-statistics.ts";

/** A mask from lines of `#` (light) and `.` (dark). */
function maskOf(...lines: readonly string[]): Parameters<typeof maskStatistics> {
  const [first = ""] = lines;
  return [
    Uint8Array.from(lines.join(""), (character) => (character === "#" ? 1 : 0)),
    { width: first.length, height: lines.length },
  ];
}

/** Number of regions of `tone`, each filled from its first pixel. */
function filled(mask: Uint8Array, width: number, tone: number): number {
  const open = new Set([...mask.keys()].filter((at) => mask[at] === tone));
  const fill = (at: number): void => {
    if (!open.delete(at)) return;
    if (at % width > 0) fill(at - 1);
    if (at % width < width - 1) fill(at + 1);
    fill(at - width);
    fill(at + width);
  };
  let regions = 0;
  for (const at of open) {
    regions++;
    fill(at);
  }
  return regions;
}

describe("maskStatistics", () => {
  it("counts regions of the rarer tone, connected by their sides", () => {
    expect(maskStatistics(...maskOf("#....", ".#...", "....#", "#...#"))).toEqual({
      lightShare: 0.25,
      figureShare: 0.25,
      regions: 4,
      fragmentShare: 0,
      boxShare: 1,
    });
  });

  it("measures dark figures as it measures light ones", () => {
    expect(maskStatistics(...maskOf("######", "#..###", "#..###", "######"))).toEqual({
      lightShare: expect.closeTo(20 / 24, 12) as number,
      figureShare: expect.closeTo(4 / 24, 12) as number,
      regions: 1,
      fragmentShare: 0,
      boxShare: expect.closeTo(4 / 24, 12) as number,
    });
  });

  it.each(["...", "###"])("finds no figure in a blank picture: %s", (line) => {
    expect(maskStatistics(...maskOf(line, line))).toMatchObject({ figureShare: 0, regions: 0, boxShare: 0 });
  });

  it("counts the regions that filling one after the other finds, in masks of all sizes", () => {
    const generator = Generator.ofSeed(8);
    for (let round = 0; round < 500; round++) {
      const [width, height] = [1 + Math.floor(generator.uniform() * 20), 1 + Math.floor(generator.uniform() * 20)];
      const light = generator.uniform();
      const mask = Uint8Array.from({ length: width * height }, () => (generator.uniform() < light ? 1 : 0));
      const lightPixels = mask.reduce((sum, pixel) => sum + pixel, 0);
      const figure = lightPixels <= mask.length - lightPixels ? 1 : 0;
      expect(maskStatistics(mask, { width, height }).regions).toBe(filled(mask, width, figure));
    }
  });

  it("has the share of regions of either tone with less than 0.5 % of the pixels", () => {
    const size = { width: 40, height: 30 };
    const fragmentShare = (isLight: (x: number, y: number) => boolean): number =>
      maskStatistics(
        Uint8Array.from({ length: 1200 }, (_, at) => (isLight(at % 40, Math.floor(at / 40)) ? 1 : 0)),
        size,
      ).fragmentShare;
    expect(fragmentShare((x, y) => (x + y) % 2 === 0)).toBe(1);
    // Two pixels in opposite corners, and one in the last column before one in the first column of the next row.
    const isLone = (x: number, y: number): boolean =>
      (x === 0 && y === 0) || (x === 39 && y === 29) || (x === 39 && y === 9) || (x === 0 && y === 10);
    expect(fragmentShare(isLone)).toBeCloseTo(4 / 1200, 12);
    expect(fragmentShare((x, y) => !isLone(x, y))).toBeCloseTo(4 / 1200, 12);
    // 5 of 1,200 pixels are fragments, 6 are not.
    expect(fragmentShare((x, y) => y === 5 && x >= 10 && x < 15)).toBeCloseTo(5 / 1200, 12);
    expect(fragmentShare((x, y) => y === 5 && x >= 10 && x < 16)).toBe(0);
  });

  it("fills large regions without recursion", () => {
    const size = { width: 1000, height: 1000 };
    const mask = new Uint8Array(1_000_000).fill(1);
    for (let at = 0; at < 1000; at++) mask[at * 1001 > 999_999 ? 0 : at * 1001] = 0;
    expect(maskStatistics(mask, size)).toMatchObject({ regions: 1000 });
    expect(maskStatistics(new Uint8Array(1_000_000).fill(1, 0, 400_000), size)).toMatchObject({ regions: 1 });
  });
});

it("a border is light or dark whatever the middle is", () => {
  expect(lightBorderShare(...maskOf("#####", "#...#", "#...#", "#####"))).toBe(1);
  expect(lightBorderShare(...maskOf(".....", ".###.", ".###.", "....#"))).toBe(1 / 14);
  const wide = maskOf(...Array.from({ length: 40 }, (_, y) => (y < 2 || y > 37 ? "#" : ".").repeat(40)));
  expect(lightBorderShare(...wide)).toBe(160 / (1600 - 36 * 36));
});

describe("sauvolaMask", () => {
  it("finds dark bars on a ramp of light, which one threshold cannot separate", () => {
    const size = { width: 64, height: 64 };
    const isBar = (at: number): boolean => (at % 64) % 16 < 4;
    const levels = Uint8Array.from({ length: 4096 }, (_, at) => 50 + 3 * (at % 64) - (isBar(at) ? 45 : 0));
    const mask = sauvolaMask(levels, size);
    const wrong = mask.filter((light, at) => (light === 1) === isBar(at)).length;
    expect(wrong / mask.length).toBeLessThan(0.05);
    // By the best single threshold, an eighth of the pixels is wrong.
    const errors = Array.from({ length: 256 }, (_, threshold) =>
      levels.reduce((count, level, at) => count + (level > threshold === isBar(at) ? 1 : 0), 0),
    );
    expect(Math.min(...errors) / mask.length).toBeGreaterThan(0.12);
  });

  it("equals the formula of the paper, pixel by pixel", () => {
    const [width, height] = [9, 7];
    const levels = Uint8Array.from({ length: width * height }, (_, at) => (at * 97) % 256);
    const mask = sauvolaMask(levels, { width, height });
    // A quarter of the shorter side, halved: a window of 3 x 3.
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const around = [...levels].filter(
          (_, at) => Math.abs((at % width) - x) <= 1 && Math.abs(Math.floor(at / width) - y) <= 1,
        );
        const mean = around.reduce((sum, level) => sum + level, 0) / around.length;
        const deviation = Math.sqrt(around.reduce((sum, level) => sum + (level - mean) ** 2, 0) / around.length);
        const threshold = mean * (1 + 0.2 * (deviation / 128 - 1));
        expect(mask[y * width + x]).toBe((levels[y * width + x] ?? 0) > threshold ? 1 : 0);
      }
    }
  });
});
