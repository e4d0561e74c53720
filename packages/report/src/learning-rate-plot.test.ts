// The plot of a range test: axes, lines and the suggestion are where the numbers are.

import sharp from "sharp";
import { describe, expect, it } from "vitest";

import { learningRatePlot, rateText } from "./learning-rate-plot.ts";

/** A loss that falls from 1 to 0.5 between rates of 1e-4 and 1e-2, and rises to 2 at the end. */
const POINTS = Array.from({ length: 100 }, (_, index) => {
  const loss = index < 40 ? 1 : index < 70 ? 1 - (index - 40) / 60 : 0.5 + (index - 70) / 20;
  return { step: index + 1, rate: 1e-6 * 1.15 ** index, loss, smoothedLoss: loss };
});

const SUGGESTION = POINTS[55] ?? null;

/** Number of pixels of about this color within a rectangle. */
async function pixelsOf(
  png: Uint8Array,
  [red, green, blue]: readonly [number, number, number],
  { left = 0, top = 0, width = 960, height = 600 } = {},
): Promise<number> {
  const { data } = await sharp(png)
    .extract({ left, top, width, height })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  let count = 0;
  for (let at = 0; at < data.length; at += 3) {
    const distance = Math.hypot((data[at] ?? 0) - red, (data[at + 1] ?? 0) - green, (data[at + 2] ?? 0) - blue);
    if (distance < 30) count++;
  }
  return count;
}

const RED = [192, 20, 60] as const;
const BLUE = [31, 95, 153] as const;

describe("the plot of a range test", () => {
  it("is a PNG of 960 x 600 with the smoothed line and the suggestion at its rate", async () => {
    const png = await learningRatePlot({ points: POINTS, suggestion: SUGGESTION });
    expect(await sharp(png).metadata()).toMatchObject({ format: "png", width: 960, height: 600 });
    // Step 56 of 100 is at 55 / 99 of the axis.
    const place = Math.round(84 + (55 / 99) * (932 - 84));
    expect(await pixelsOf(png, RED, { left: place - 3, top: 64, width: 6, height: 464 })).toBeGreaterThan(250);
    expect(await pixelsOf(png, RED, { left: 84, top: 64, width: place - 160, height: 464 })).toBe(0);
    expect(await pixelsOf(png, BLUE, { left: 84, top: 64, width: 848, height: 464 })).toBeGreaterThan(2000);
    // Lower losses are lower: the line ends in the upper half.
    expect(await pixelsOf(png, BLUE, { left: 900, top: 64, width: 40, height: 230 })).toBeGreaterThan(50);
  });

  it("has no mark without a suggestion, and can show a single point or losses that are all the same", async () => {
    expect(await pixelsOf(await learningRatePlot({ points: POINTS, suggestion: null }), RED)).toBe(0);
    const [first] = POINTS;
    if (first === undefined) throw new Error("Expected a point");
    for (const points of [[first], POINTS.map((point) => ({ ...point, loss: 1, smoothedLoss: 1 }))]) {
      const png = await learningRatePlot({ points, suggestion: null });
      expect(await sharp(png).metadata()).toMatchObject({ width: 960 });
    }
    await expect(learningRatePlot({ points: [], suggestion: null })).rejects.toThrow("at least one point");
  });

  it("writes rates with two digits", () => {
    expect([0.003_21, 1e-6, 0.000_046, 1.02].map(rateText)).toEqual(["0.0032", "0.000001", "0.000046", "1"]);
  });
});
