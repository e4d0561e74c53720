// Thumbnails are the files that libjpeg-turbo, by sharp, writes of the pixels that the preprocessor's resize gives, which is Pillow's.

import { init, Preprocessor, type Picture } from "@silhouette/preprocess-wasm";
import { init as initThumbnails, Thumbnailer, type InstructionSet } from "@silhouette/preprocess-wasm/thumbnail";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";

import { Generator } from "../values/generator.ts";

const SETS: readonly InstructionSet[] = ["simd128", "scalar"];

beforeAll(async () => {
  await Promise.all([init(), ...SETS.map((instructionSet) => initThumbnails({ instructionSet }))]);
});

/** A slope of colors with noise. */
function photograph(generator: Generator, width: number, height: number, channels: 1 | 3 | 4): Picture {
  const noise = [2, 30, 255][Math.floor(3 * generator.uniform())] ?? 0;
  const data = Uint8Array.from({ length: width * height * channels }, (_, at) => {
    const [x, y] = [Math.floor(at / channels) % width, Math.floor(at / channels / width)];
    const level = [x / width, y / height, 0.5, 0.1][at % channels] ?? 0;
    return Math.min(255, Math.max(0, Math.round(255 * level + noise * (generator.uniform() - 0.5))));
  });
  return { data, width, height, channels };
}

/** The file that libjpeg-turbo writes of `[planes, height, width]` levels. */
async function encoded(planes: Uint8Array, { width, height }: Size, quality: number): Promise<Uint8Array> {
  const channels = planes.length === width * height ? 1 : 3;
  const data = planes.map((_, at) => planes[(at % channels) * width * height + Math.floor(at / channels)] ?? 0);
  const file = await sharp(data, { raw: { width, height, channels } })
    .jpeg({ quality, optimiseCoding: false, chromaSubsampling: "4:2:0" })
    .toBuffer();
  return new Uint8Array(file);
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The picture's levels at a size, as thumbnails have them. */
function resized(picture: Picture, size: Size): Uint8Array {
  const preprocessor = new Preprocessor({ ...size, filter: "hamming" });
  const levels = new Uint8Array(size.width * size.height * (picture.channels === 1 ? 1 : 3));
  if (picture.channels === 1) preprocessor.resize(picture, levels);
  else preprocessor.resizeColors(picture, levels);
  return levels;
}

describe("a thumbnail", () => {
  it.each([1, 3, 4] as const)("of a small picture of %i channels is libjpeg-turbo's file", async (channels) => {
    const generator = Generator.ofSeed(channels);
    for (let count = 0; count < 60; count++) {
      const [width, height] = [1 + Math.floor(70 * generator.uniform()), 1 + Math.floor(70 * generator.uniform())];
      const quality = 1 + Math.floor(100 * generator.uniform());
      const picture = photograph(generator, width, height, channels);
      const file = await encoded(resized(picture, { width, height }), { width, height }, quality);
      for (const instructionSet of SETS) {
        const thumbnail = new Thumbnailer({ quality, instructionSet }).thumbnail(picture);
        expect(thumbnail, `${width} x ${height}, quality ${quality}, ${instructionSet}`).toEqual(file);
      }
    }
  });

  it.each([
    [400, 300, 160, 120],
    [300, 400, 120, 160],
    [1000, 8, 160, 1],
    [20, 700, 5, 160],
    [161, 160, 160, 159],
    [333, 334, 160, 160],
    [160, 500, 51, 160],
  ])("of %i x %i pixels has %i x %i, reduced as the preprocessor does", async (width, height, toWidth, toHeight) => {
    const size = { width: toWidth, height: toHeight };
    for (const channels of [1, 3, 4] as const) {
      const picture = photograph(Generator.ofSeed(width), width, height, channels);
      const file = await encoded(resized(picture, size), size, 80);
      for (const instructionSet of SETS) expect(new Thumbnailer({ instructionSet }).thumbnail(picture)).toEqual(file);
    }
  });

  it("is that of a picture's region, and of any side", async () => {
    const { data } = photograph(Generator.ofSeed(9), 64, 48, 3);
    const region = { x: 10, y: 5, width: 40, height: 30 };
    const padded = { data, width: 64, height: 48, channels: 3, stride: 64 * 3, region } as const;
    const size = { width: 20, height: 15 };
    const file = await encoded(resized(padded, size), size, 80);
    expect(new Thumbnailer({ side: 20 }).thumbnail(padded)).toEqual(file);
  });
});
