// What a network sees of gray pictures equals the preprocessor's own steps on the mean of 2 x 2 pixels.

import { init, Preprocessor } from "@silhouette/preprocess-wasm";
import { beforeAll, describe, expect, it } from "vitest";

import { Generator } from "../values/generator.ts";
import type { InputKind } from "./input-kinds.ts";
import { networkInput, seenShape, storedSize } from "./network-input.ts";
import { PLAIN, viewsOf, type View } from "./view.ts";

const SEEN = { width: 12, height: 10 };
const STORED = storedSize(SEEN, "gray8");

/** A picture of three soft patches and some noise. */
function picture(seed: number): Uint8Array {
  const generator = Generator.ofSeed(seed);
  return Uint8Array.from({ length: STORED.width * STORED.height }, (_, at) => {
    const [x, y] = [at % STORED.width, Math.floor(at / STORED.width)];
    return (x < 9 ? 40 : y < 8 ? 120 : 210) + Math.floor(20 * generator.uniform());
  });
}

/** The rounded means of 2 x 2 pixels. */
function halved(levels: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: SEEN.width * SEEN.height }, (_, at) => {
    const from = 2 * Math.floor(at / SEEN.width) * STORED.width + 2 * (at % SEEN.width);
    const sum = [0, 1, STORED.width, STORED.width + 1].reduce((total, next) => total + (levels[from + next] ?? 0), 0);
    return Math.floor((sum + 2) / 4);
  });
}

async function seenBy(kind: InputKind, pixels: Uint8Array, view: View = PLAIN): Promise<Uint8Array> {
  const input = await networkInput(STORED, kind);
  const seen = new Uint8Array(input.width * input.height * input.channels);
  input.write(pixels, view, seen);
  return seen;
}

function histogramOf(levels: Uint8Array): Uint32Array {
  const counts = new Uint32Array(256);
  for (const level of levels) counts[level] = (counts[level] ?? 0) + 1;
  return counts;
}

let preprocessor: Preprocessor;

beforeAll(async () => {
  await init();
  preprocessor = new Preprocessor(SEEN);
});

describe("a gray picture", () => {
  it("is seen in black and white by Otsu's threshold, at half the size", async () => {
    const threshold = preprocessor.otsuThreshold(histogramOf(halved(picture(1))));
    const expected = halved(picture(1)).map((level) => (level > threshold ? 1 : 0));
    expect(await seenBy("otsu", picture(1))).toEqual(expected);
    const silhouette = (await networkInput(STORED, "levels")).silhouette(picture(1));
    const bits = new Uint8Array(expected.length);
    preprocessor.unpackBits(silhouette, bits);
    expect(bits).toEqual(expected);
  });

  it("is seen in three levels by two thresholds, one channel each", async () => {
    const [low = 0, high = 0] = preprocessor.multiOtsuThresholds(histogramOf(halved(picture(1))), 3);
    const expected = [...halved(picture(1))].flatMap((level) => [level > low ? 1 : 0, level > high ? 1 : 0]);
    expect([...(await seenBy("levels", picture(1)))]).toEqual(expected);
  });

  it("of two levels has the same threshold twice", async () => {
    const two = picture(1).map((level) => (level > 100 ? 200 : 50));
    // Halving mixes levels, except in patches that are aligned.
    const aligned = two.map((_, at) => (at % STORED.width < 8 ? 50 : 200));
    const seen = await seenBy("levels", aligned);
    for (let at = 0; at < seen.length; at += 2) expect(seen[at]).toBe(seen[at + 1]);
  });

  it("of one level has one color", async () => {
    for (const kind of ["otsu", "levels"] as const) {
      expect(new Set(await seenBy(kind, picture(1).fill(0)))).toEqual(new Set([0]));
      expect(new Set(await seenBy(kind, picture(1).fill(99)))).toEqual(new Set([1]));
    }
  });

  it("is seen in gray levels", async () => {
    expect(await seenBy("gray", picture(2))).toEqual(halved(picture(2)));
  });

  it("is mirrored in the second view", async () => {
    const [plain, mirrored] = await Promise.all(
      viewsOf(4)
        .slice(0, 2)
        .map((view) => seenBy("otsu", picture(3), view)),
    );
    const back = mirrored?.map((_, at) => {
      const [x, y] = [at % SEEN.width, Math.floor(at / SEEN.width)];
      return mirrored[y * SEEN.width + SEEN.width - 1 - x] ?? 0;
    });
    expect(back).toEqual(plain);
  });

  it("has more white pixels with a lower threshold, and is darker or lighter by its curve", async () => {
    const whites = async (view: View): Promise<number> =>
      (await seenBy("otsu", picture(4), view)).reduce((sum, each) => sum + each, 0);
    expect(await whites({ ...PLAIN, threshold: -2 })).toBeGreaterThan(await whites(PLAIN));
    const sum = async (darkness: number): Promise<number> =>
      (await seenBy("gray", picture(4), { ...PLAIN, darkness })).reduce((total, each) => total + each, 0);
    expect(await sum(2)).toBeLessThan(await sum(1));
    expect(await sum(0.5)).toBeGreaterThan(await sum(1));
  });

  it("gets a ramp in units of its own standard deviation", async () => {
    const flat = picture(5).map((_, at) => (at % 2 === 0 ? 118 : 138)); // mean 128, deviation 10
    const ramped = await seenBy("gray", flat, { ...PLAIN, ramp: [1, 0] });
    // The outermost centres are at -11/12 and 11/12.
    expect([ramped[0], ramped[SEEN.width - 1]]).toEqual([
      Math.round(128 - (10 * 11) / 12),
      Math.round(128 + (10 * 11) / 12),
    ]);
  });
});

it("black-and-white pictures are seen as they are stored, and cannot be seen otherwise", async () => {
  const stored = { width: 5, height: 3, pixelFormat: "binary1" } as const;
  const input = await networkInput(stored, "otsu");
  const seen = new Uint8Array(15);
  input.write(Uint8Array.of(0b10110010, 0b01100010), PLAIN, seen);
  expect([...seen]).toEqual([1, 0, 1, 1, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1]);
  await expect(networkInput(stored, "levels")).rejects.toMatchObject({ code: "DATASET_MISMATCH" });
});

it("a dataset keeps gray pictures at twice the size that a network sees", () => {
  expect(STORED).toEqual({ width: 24, height: 20, pixelFormat: "gray8" });
  expect(seenShape(STORED, "levels")).toEqual({ ...SEEN, channels: 2 });
  expect(seenShape(storedSize(SEEN, "binary1"), "otsu")).toEqual({ ...SEEN, channels: 1 });
});
