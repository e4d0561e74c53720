// Pictures in color: stored as Pillow resizes them, and seen with the same geometry and light in all three planes.

import { readFileSync } from "node:fs";

import { init, Preprocessor, type Picture } from "@silhouette/preprocess-wasm";
import { beforeAll, describe, expect, it } from "vitest";

import { Generator } from "../values/generator.ts";
import { drawView } from "./augmentation.ts";
import { binarized, type Binarized } from "./binarized.ts";
import { grayOf, planeOf } from "./colors.ts";
import { pictureBytes } from "./format.ts";
import { networkInput, seenShape, storedSize } from "./network-input.ts";
import { PLAIN, type View } from "./view.ts";
import { RECIPES } from "../training/recipes.ts";

/** `colors.json`: see golden/make_colors.py. */
interface Golden {
  readonly cases: readonly {
    readonly before: readonly [width: number, height: number];
    /** `[height, width, 3]`. */
    readonly pixels: readonly number[];
    readonly after: readonly [width: number, height: number];
    readonly resized: readonly number[];
  }[];
}

const GOLDEN = JSON.parse(readFileSync(new URL("../../golden/colors.json", import.meta.url), "utf8")) as Golden;

const SEEN = { width: 12, height: 10 };
const STORED = storedSize(SEEN, "rgb8");

beforeAll(() => init());

function stored(picture: Picture, [width, height]: readonly [number, number]): Binarized {
  const made = binarized(new Preprocessor({ width, height }), picture, "rgb8");
  if ("code" in made) throw new Error(made.message);
  return made;
}

/** `[height, width, 3]` of `[3, height, width]`. */
function interleaved(planes: Uint8Array): number[] {
  return Array.from({ length: planes.length }, (_, at) => planeOf(planes, at % 3)[Math.floor(at / 3)] ?? 0);
}

/** Colors of random levels. */
function colors(seed: number): Uint8Array {
  const generator = Generator.ofSeed(seed);
  return Uint8Array.from({ length: pictureBytes(STORED) }, () => Math.floor(256 * generator.uniform()));
}

async function seenBy(pixels: Uint8Array, view: View): Promise<Uint8Array> {
  const input = await networkInput(STORED, "rgb");
  const seen = new Uint8Array(input.width * input.height * input.channels);
  input.write(pixels, view, seen);
  return seen;
}

describe("a picture in color", () => {
  it.each(GOLDEN.cases)("of $before is stored in $after as Pillow resizes it", ({ before, pixels, after, resized }) => {
    const [width, height] = before;
    const rgb: Picture = { data: Uint8Array.from(pixels), width, height, channels: 3 };
    expect(interleaved(stored(rgb, after).pixels)).toEqual(resized);
    // The same with alpha, padding and a region.
    const stride = 4 * (width + 2) + 3;
    const data = new Uint8Array((height + 1) * stride).fill(77);
    for (let at = 0; at < width * height; at++) {
      const to = (1 + Math.floor(at / width)) * stride + 4 * (2 + (at % width));
      data.set(pixels.slice(3 * at, 3 * at + 3), to);
    }
    const region = { x: 2, y: 1, width, height };
    const padded: Picture = { data, width: width + 2, height: height + 1, channels: 4, stride, region };
    expect(interleaved(stored(padded, after).pixels)).toEqual(resized);
  });

  it("without color has three equal planes, and the silhouette of its gray levels", async () => {
    const data = Uint8Array.from({ length: 24 * 20 }, (_, at) => (at * 7) % 251);
    const gray: Picture = { data, width: 24, height: 20, channels: 1 };
    const made = stored(gray, [24, 20]);
    expect([0, 1, 2].map((index) => planeOf(made.pixels, index))).toEqual([data, data, data]);
    const asGray = await networkInput(storedSize(SEEN, "gray8"), "otsu");
    expect((await networkInput(STORED, "rgb")).silhouette(made.pixels)).toEqual(asGray.silhouette(data));
  });

  it("becomes gray by OpenCV's weights", () => {
    const pixels = colors(1);
    const levels = new Uint8Array(STORED.width * STORED.height);
    const picture: Picture = { data: Uint8Array.from(interleaved(pixels)), width: 24, height: 20, channels: 3 };
    new Preprocessor({ width: 24, height: 20 }).gray(picture, levels);
    expect(grayOf(pixels)).toEqual(levels);
  });

  it("is seen whole as the rounded means of 2 x 2 pixels of each plane, at half the size", async () => {
    expect(seenShape(STORED, "rgb")).toEqual({ ...SEEN, channels: 3 });
    const asGray = await networkInput(storedSize(SEEN, "gray8"), "gray");
    const pixels = colors(2);
    const seen = await seenBy(pixels, PLAIN);
    for (let plane = 0; plane < 3; plane++) {
      const expected = new Uint8Array(SEEN.width * SEEN.height);
      asGray.write(planeOf(pixels, plane), PLAIN, expected);
      expect(seen.filter((_, at) => at % 3 === plane)).toEqual(expected);
    }
    const { scale, offset, white } = await networkInput(STORED, "rgb");
    expect([offset, scale * white + offset]).toEqual([-1, 1]);
  });

  it("is augmented with the same geometry and light in all planes", async () => {
    const { augmentation } = RECIPES.compact.recipe;
    if (augmentation === null) throw new Error("Expected an augmentation");
    const plane = planeOf(colors(3), 0);
    const equal = new Uint8Array([...plane, ...plane, ...plane]);
    const generator = Generator.ofSeed(4);
    const whole = await seenBy(equal, PLAIN);
    for (let draw = 0; draw < 8; draw++) {
      const view = drawView(augmentation, generator);
      const seen = await seenBy(equal, view);
      const [red, green, blue] = [0, 1, 2].map((index) => seen.filter((_, at) => at % 3 === index));
      expect(green).toEqual(red);
      expect(blue).toEqual(red);
      expect(seen).not.toEqual(whole);
      // A threshold changes nothing, since there is none.
      expect(await seenBy(equal, { ...view, threshold: 9 })).toEqual(seen);
    }
  });

  it.each([
    ["rgb8", "otsu", "gray pictures for the input otsu, but this one has color pictures"],
    ["gray8", "rgb", "color pictures for the input rgb, but this one has gray pictures"],
    ["binary1", "rgb", "color pictures for the input rgb, but this one has black-and-white pictures"],
  ] as const)("of a dataset of %s is refused for the input %s", async (pixelFormat, kind, message) => {
    await expect(networkInput(storedSize(SEEN, pixelFormat), kind)).rejects.toThrow(
      expect.objectContaining({
        code: "DATASET_MISMATCH",
        message: expect.stringContaining(message) as string,
      }) as Error,
    );
  });
});
