// The photographs that are prepared: the user's, or some that resemble photographs, drawn and encoded. Equal versions of sharp draw equal
// files. In: a folder. Out: class folders of JPEG files in it, or links to some of them.

import { copyFile, link, mkdir, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

import sharp from "sharp";

import { BenchError } from "../measure/errors.ts";
import { photoLikePicture } from "../measure/photo-like-picture.ts";

/** How many photographs are drawn. */
export interface DrawnCount {
  /** Files of their own. */
  readonly distinct: number;
  /** Names, most of which are hard links to a file with another name: decoding costs the same, drawing does not. */
  readonly names: number;
}

/** Sizes of photographs on the web, in pixels. */
const SIZES = [
  { width: 500, height: 375 },
  { width: 400, height: 300 },
  { width: 400, height: 267 },
  { width: 267, height: 400 },
  { width: 320, height: 240 },
  { width: 300, height: 225 },
] as const;

/** Qualities of JPEG: about 2.2 bits per pixel, as photographs of such sizes have. One more than sizes share a divisor with. */
const QUALITIES = [75, 80, 85, 90, 80] as const;

const CLASSES = ["first", "second", "third"] as const;

/** Seed of the first photograph. */
const SEED = 20_261_130;

/** Writes `names` photographs of {@link CLASSES} into `folder`. @throws the signal's reason */
export async function drawPhotographs(folder: string, { distinct, names }: DrawnCount, signal?: AbortSignal) {
  for (const name of CLASSES) await mkdir(join(folder, name), { recursive: true });
  const fileOf = (index: number, copy: number): string => {
    const label = CLASSES[index % CLASSES.length] ?? "";
    return join(folder, label, `${String(index).padStart(4, "0")}-${String(copy).padStart(4, "0")}.jpg`);
  };
  for (let index = 0; index < distinct; index++) {
    signal?.throwIfAborted();
    const { width, height } = SIZES[index % SIZES.length] ?? SIZES[0];
    const { data } = photoLikePicture(width, height, 4, SEED + index);
    const picture = sharp(data, { raw: { width, height, channels: 4 } }).removeAlpha();
    const quality = QUALITIES[index % QUALITIES.length] ?? 80;
    await writeFile(fileOf(index, 0), await picture.jpeg({ quality, chromaSubsampling: "4:2:0" }).toBuffer());
  }
  for (let name = distinct; name < names; name++) {
    const index = name % distinct;
    await link(fileOf(index, 0), fileOf(index, Math.floor(name / distinct)));
  }
}

/** Checks that `folder` is one. @throws {BenchError} `NO_PHOTOGRAPHS` */
export async function checkFolder(folder: string): Promise<void> {
  const stats = await stat(folder).catch(() => undefined);
  if (stats?.isDirectory() === true) return;
  throw noPhotographs(folder, stats === undefined ? "there is nothing" : "it is a file");
}

/** A folder is not one that can be measured. */
export function noPhotographs(folder: string, but: string, cause?: unknown): BenchError {
  return new BenchError(
    "NO_PHOTOGRAPHS",
    `Expected a folder of photographs at ${folder}, but ${but}`,
    "Name a folder with a subfolder of photographs per class, as silhouette prepare reads it.",
    { cause },
  );
}

/** Links `count` of the files `paths` of `folder`, evenly chosen, at the same paths in `target`. */
export async function linkSome(folder: string, paths: readonly string[], count: number, target: string): Promise<void> {
  for (let index = 0; index < count; index++) {
    const path = paths[Math.floor((index * paths.length) / count)] ?? "";
    const [from, to] = [resolve(folder, path), join(target, path)];
    await mkdir(dirname(to), { recursive: true });
    // Windows allows few users to link. No hard links: they would change the user's files, if only their number of links.
    await symlink(from, to).catch(() => copyFile(from, to));
  }
}
