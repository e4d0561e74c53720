// The sheet of predictions, checked pixel by pixel where possible: frames, silhouettes, positions.

import type { ExamplePrediction } from "@silhouette/trainer";
import { metricsOf } from "@silhouette/trainer/browser";
import sharp from "sharp";
import { describe, expect, it } from "vitest";

import { predictionSheet } from "./prediction-sheet.ts";

const GREEN = [46, 158, 91];
const RED = [192, 20, 60];

const BUS = { labels: ["car", "bus"], width: 8, height: 8 };

/** The left half is dark. */
const HALF = new Uint8Array(8).fill(0x0f);

function prediction(label: string, predicted: string, probability = 0.9): ExamplePrediction {
  return { path: `${label}/a.jpg`, label, predicted, probability, probabilities: [], pixels: HALF };
}

/** The metrics of predictions that are all shown. */
function metricsFor(predictions: readonly ExamplePrediction[], labels: readonly string[]) {
  const counts = labels.map((label) =>
    labels.map(
      (predicted) => predictions.filter((each) => each.label === label && each.predicted === predicted).length,
    ),
  );
  return metricsOf({ labels, counts }, 0);
}

/** The sheet as RGB, with access to single pixels. */
async function drawn(predictions: readonly ExamplePrediction[], { labels, ...size } = BUS) {
  const png = await predictionSheet(predictions, { ...size, metrics: metricsFor(predictions, labels) });
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number): readonly number[] => [...data.subarray((y * info.width + x) * 3).subarray(0, 3)];
  const count = (color: readonly number[]): number => {
    let found = 0;
    for (let first = 0; first < data.length; first += 3)
      if (color.every((value, channel) => data[first + channel] === value)) found++;
    return found;
  };
  return { at, count, ...info };
}

/** Pixels of one frame of a 104-pixel silhouette. */
const FRAME = 112 ** 2 - 104 ** 2;

describe("a sheet of predictions", () => {
  it("frames correct predictions in green and incorrect ones in red", async () => {
    const correct = await drawn([prediction("car", "car"), prediction("bus", "bus")]);
    expect(correct.count(GREEN)).toBeGreaterThanOrEqual(2 * FRAME);
    expect(correct.count(RED)).toBe(0);
    const mixed = await drawn([prediction("car", "bus"), prediction("bus", "bus")]);
    expect(mixed.count(GREEN)).toBeGreaterThanOrEqual(FRAME);
    expect(mixed.count(GREEN)).toBeLessThan(2 * FRAME);
    expect(mixed.count(RED)).toBeGreaterThanOrEqual(FRAME);
  });

  it("shows the silhouette in its frame", async () => {
    const { at } = await drawn([prediction("car", "car")]);
    const [left, top] = [170, 48];
    expect(at(left + 1, top + 1)).toEqual(GREEN);
    expect(at(left + 4 + 20, top + 50)).toEqual([0, 0, 0]);
    expect(at(left + 4 + 84, top + 50)).toEqual([255, 255, 255]);
  });

  it("has a row per class, with at most six correct and six incorrect predictions", async () => {
    const [one, many] = [Array.from({ length: 9 }), Array.from({ length: 30 })].map((list) =>
      list.flatMap(() => [prediction("car", "car"), prediction("car", "bus"), prediction("bus", "bus")]),
    );
    const few = await drawn(one ?? []);
    expect(await drawn(many ?? [])).toMatchObject({ width: few.width, height: few.height });
    expect(few.count(RED)).toBeLessThan(7 * FRAME);
  });

  it.each([
    ["square", { width: 8, height: 8 }, 112],
    ["narrow", { width: 8, height: 800 }, 112],
  ])("keeps the captions of %s pictures apart, whatever their text", async (_, size, cell) => {
    const labels = [
      "a class with a very long name",
      "M".repeat(40),
      "حافلة كبيرة جدا جدا جدا",
      "日本語のとても長いクラス名",
      "👨‍👩‍👧🎉".repeat(9),
      "\uFFFF\u202E\uD800",
    ];
    const pixels = new Uint8Array((size.width * size.height) / 8);
    const predictions = labels.flatMap((label) =>
      Array.from({ length: 6 }, () => ({
        ...prediction(label, label),
        path: `${label}/${label.repeat(3)}.jpg`,
        pixels,
      })),
    );
    const { at, width, height } = await drawn(predictions, { ...size, labels });
    const notWhite = Array.from({ length: 6 * 12 }, (__, index) => {
      const x = 170 + Math.floor(index / 12) * (cell + 12) + cell + (index % 12);
      return Array.from({ length: height - 48 }, (___, y) => ({ x, y: 48 + y }));
    })
      .flat()
      .filter(({ x, y }) => at(x, y).some((level) => level !== 255));
    expect(notWhite).toEqual([]);
    expect(width).toBe(170 + 12 * (cell + 12) + 12);
  });

  it("names the file of each picture", async () => {
    const [first, second, third] = await Promise.all(
      ["car/a.jpg", "car/b.jpg", "elsewhere/a.jpg"].map(async (path) =>
        predictionSheet([{ ...prediction("car", "car"), path }], {
          ...BUS,
          metrics: metricsFor([prediction("car", "car")], BUS.labels),
        }),
      ),
    );
    expect(first).not.toEqual(second);
    expect(first).toEqual(third);
  });

  it("accepts any class name, and classes without pictures", async () => {
    const labels = ["<b>&'\"", "オートバイ", "автобус\u0007\u001B[31m", "x".repeat(400)];
    const predictions = labels.slice(1).map((label) => prediction(label, labels[0] ?? ""));
    const { height } = await drawn(predictions, { ...BUS, labels });
    expect(height).toBeGreaterThan(4 * 104);
  });

  it("stays at a viewable size with hundreds of classes and wide pictures", async () => {
    const labels = Array.from({ length: 500 }, (_, index) => `class ${index}`);
    const wide = { labels, width: 800, height: 8 };
    const predictions = labels.map((label) => ({ ...prediction(label, "class 0"), pixels: new Uint8Array(800) }));
    expect((await drawn(predictions, wide)).height).toBeLessThan(6000);
  });
});
