// For tests: classes that are easy to learn, stripes in different directions, as datasets and as PNG files.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import sharp from "sharp";
import { afterAll } from "vitest";

import { FORMAT_VERSION, packedBytes, type DatasetDescription } from "../dataset/format.ts";
import { openDataset } from "../node/files/open-dataset.ts";
import { DatasetWriter } from "../node/files/dataset-writer.ts";
import { Generator } from "../values/generator.ts";
import { SHORTEST_SIDE } from "../network/reference-network.ts";
import type { LoadedPictures } from "../dataset/loaded-pictures.ts";
import { PictureSet } from "../dataset/picture-set.ts";
import { SPLITS, type Split } from "../dataset/split.ts";

/** Width of a dark stripe and the light one next to it. */
const PERIOD_PIXELS = 12;

/** Number of gray levels of dark stripes: up to this number, no two photographs of a class are equal. */
const SHADES = 128;

/** Difference between the shades of consecutive seeds. */
const SHADES_PER_SEED = 61;

/** Definition of a dataset of stripes. */
export interface StripedDataset {
  readonly labels: readonly string[];
  /** Number of pictures per class and split: one number for all classes, or one per class. */
  readonly counts: Readonly<Record<Split, number | readonly number[]>>;
  /** Default: 0. */
  readonly seed?: number;
  /** Default: the smallest size that the network accepts. */
  readonly side?: number;
}

/** `[side, side]` pixels, 0 or 1: each class `place` of `classes` has its own direction, and `generator` draws the offset. */
export function stripes(place: number, classes: number, side: number, generator: Generator): Uint8Array {
  const angle = (Math.PI * place) / classes;
  const [dx, dy] = [Math.cos(angle), Math.sin(angle)];
  const shift = PERIOD_PIXELS * generator.uniform();
  return Uint8Array.from({ length: side * side }, (_, at) => {
    const distance = dx * (at % side) + dy * Math.floor(at / side) + shift;
    return Math.floor((2 * distance) / PERIOD_PIXELS) & 1;
  });
}

/** Writes the dataset file `path`, with alternating classes. */
export async function writeStriped(path: string, { labels, counts, seed = 0, side }: StripedDataset): Promise<void> {
  const size = { width: side ?? SHORTEST_SIDE, height: side ?? SHORTEST_SIDE };
  const description: Omit<DatasetDescription, "rows"> = {
    formatVersion: FORMAT_VERSION,
    ...size,
    pixelFormat: "binary1",
    labels,
    preprocessing: { background: "white", gray: "opencv-15bit", resize: "pillow13-bilinear", threshold: "otsu" },
    split: { from: "folders" },
  };
  const generator = Generator.ofSeed(seed);
  const writer = await DatasetWriter.create(path, description);
  let number = SHADES_PER_SEED * seed;
  for (const split of SPLITS) {
    const each = labels.map((_, place) => countOf(counts[split], place));
    for (let index = 0; index < Math.max(...each); index++) {
      for (const [place, label] of labels.entries()) {
        if (index >= (each[place] ?? 0)) continue;
        const picture = stripes(place, labels.length, size.width, generator);
        await writer.write({
          path: `${split}/${label}/${index}.png`,
          label,
          split,
          sourceWidth: size.width,
          sourceHeight: size.height,
          threshold: number++ % SHADES,
          pixels: packed(picture, size),
          thumbnail: new Uint8Array(),
        });
      }
    }
  }
  await writer.finish();
}

/** The pictures of one split of such a dataset, whose file is written into `folder`. */
export async function stripedPictures(folder: string, dataset: StripedDataset, split: Split): Promise<PictureSet> {
  const path = join(folder, "striped.arrow");
  await writeStriped(path, dataset);
  const opened = await openDataset(path);
  try {
    return await PictureSet.load(opened, split);
  } finally {
    await opened.close();
  }
}

/** The same pictures, loaded. */
export async function stripedBatch(folder: string, dataset: StripedDataset, split: Split): Promise<LoadedPictures> {
  const pictures = await stripedPictures(folder, dataset, split);
  return pictures.load(Array.from({ length: pictures.size }, (_, index) => index));
}

/** PNG files by path, `<prefix><class>/<number>.png`, for `folderWith`. */
export async function stripedPhotographs(
  labels: readonly string[],
  each: number,
  { prefix = "", seed = 0, side = SHORTEST_SIDE } = {},
): Promise<Record<string, Uint8Array>> {
  const generator = Generator.ofSeed(seed);
  const files: Record<string, Uint8Array> = {};
  for (const [place, label] of labels.entries()) {
    for (let index = 0; index < each; index++) {
      const shade = (index + SHADES_PER_SEED * seed) % SHADES;
      const levels = stripes(place, labels.length, side, generator).map((pixel) => (pixel === 1 ? 255 : shade));
      const picture = sharp(levels, { raw: { width: side, height: side, channels: 1 } });
      files[`${prefix}${label}/${String(index).padStart(2, "0")}.png`] = await picture.png().toBuffer();
    }
  }
  return files;
}

/** PNG files of pictures without stripes: one to four dark discs each, by path, for `folderWith`. */
export async function discPhotographs(count: number, side: number): Promise<Record<string, Uint8Array>> {
  const generator = Generator.ofSeed(1);
  const files: Record<string, Uint8Array> = {};
  for (let index = 0; index < count; index++) {
    const discs = Array.from({ length: 1 + (index % 4) }, () => [0, 1, 2].map(() => generator.uniform() * side));
    const levels = Uint8Array.from({ length: side * side }, (_, at) => {
      const isInside = discs.some(([x = 0, y = 0, size = 0]) => {
        return Math.hypot((at % side) - x, Math.floor(at / side) - y) < side / 10 + size / 4;
      });
      return isInside ? 20 : 255;
    });
    const picture = sharp(levels, { raw: { width: side, height: side, channels: 1 } });
    files[`${index}.png`] = await picture.png().toBuffer();
  }
  return files;
}

/** An empty folder, removed after all tests of the file. */
export function folderForAllTests(): string {
  const folder = mkdtempSync(join(tmpdir(), "silhouette-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function countOf(count: number | readonly number[], place: number): number {
  return typeof count === "number" ? count : (count[place] ?? 0);
}

/** Packs 8 pixels per byte, bit 7 first. */
function packed(pixels: Uint8Array, size: { readonly width: number; readonly height: number }): Uint8Array {
  const bytes = new Uint8Array(packedBytes(size));
  for (const [at, pixel] of pixels.entries()) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (pixel << (7 - (at & 7)));
  return bytes;
}
