// Draws the demo's pictures: drawings of vehicles (../../drawings), varied in distance, tilt, mirroring, shade and sky, all from one
// seeded generator.

import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Split } from "@silhouette/trainer";
import { makeFolder } from "@silhouette/trainer/light";
import sharp from "sharp";

import { EXIT } from "../outcome/exit-codes.ts";
import { Failed } from "../outcome/failed.ts";

/** Classes, in the order of their one-hot labels. */
export const LABELS = ["car", "bus", "motorcycle"] as const;

/** Number of pictures. */
export interface Drawn {
  /** Number of drawings that they show. */
  readonly drawings: number;
  readonly pictures: Readonly<Record<Split, number>>;
}

/** What a drawing shows, and how. */
interface Drawing {
  readonly label: (typeof LABELS)[number];
  /** By origin: drawings of one family of icon sets are in the same split. */
  readonly split: Split;
  readonly set: string;
  readonly name: string;
  /** SVG: a single one, or filled and outlined. */
  readonly styles: readonly [Style, ...Style[]];
}

interface Style {
  readonly viewBox: string;
  readonly body: string;
}

/** A picture to be drawn. */
interface Picture {
  readonly drawing: Drawing;
  /** Relative to the folder: `<split>/<class>/<set>-<name>-<number>.jpg`. */
  readonly path: string;
}

/** Draws a number from `least` to `most`. */
type Between = (least: number, most: number) => number;

/** Side length of a picture in pixels. */
const SIDE = 128;

/** Seed of all variation. */
const SEED = 2026;

/** Pictures per training drawing. Validation and test drawings are drawn once. */
const TRAINING_PICTURES = 8;

/**
 * Draws photographs to train on: `<folder>/{train,val,test}/<class>/*.jpg`, the same ones each time. Pictures of an earlier call are
 * replaced.
 *
 * @param isQuick whether each training drawing is drawn once only
 * @throws {Failed} `FOLDER_NOT_EMPTY` if the folder has other files
 * @throws {TrainerError} `OUTPUT_UNWRITABLE`
 */
export async function drawPictures(folder: string, isQuick: boolean, signal: AbortSignal): Promise<Drawn> {
  const drawings = JSON.parse(
    await readFile(new URL("../../drawings/drawings.json", import.meta.url), "utf8"),
  ) as readonly Drawing[];
  const pictures = drawings.flatMap((drawing) => picturesOf(drawing, isQuick));
  await expectOwn(folder, pictures);
  const random = seededRandom(SEED);
  for (const { drawing, path } of pictures) {
    signal.throwIfAborted();
    await makeFolder(join(folder, drawing.split, drawing.label), "the demo's pictures");
    const content = await sharp(Buffer.from(svgOf(drawing, random)))
      .jpeg({ quality: 90 })
      .toBuffer();
    // Not under another name first: what was cut off is drawn again.
    await writeFile(join(folder, path), content);
  }
  const count = (split: Split): number => pictures.filter(({ drawing }) => drawing.split === split).length;
  return { drawings: drawings.length, pictures: { train: count("train"), val: count("val"), test: count("test") } };
}

function picturesOf(drawing: Drawing, isQuick: boolean): readonly Picture[] {
  const { label, split, set, name } = drawing;
  const length = split === "train" && !isQuick ? TRAINING_PICTURES : 1;
  return Array.from({ length }, (_, index) => ({ drawing, path: join(split, label, `${set}-${name}-${index}.jpg`) }));
}

/** @throws {Failed} `FOLDER_NOT_EMPTY` if a folder has other files: they would be trained on, too */
async function expectOwn(folder: string, pictures: readonly Picture[]): Promise<void> {
  const own = new Set(pictures.map(({ path }) => path));
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const other = entries
    // Hidden files are no pictures for anybody.
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith("."))
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, "/").length))
    .find((path) => !own.has(path));
  if (other === undefined) return;
  throw new Failed({
    code: "FOLDER_NOT_EMPTY",
    message: `Expected no files in ${folder} but the demo's own, but found ${other}`,
    hint: "Name another folder with --out.",
    exitCode: EXIT.input,
    cause: undefined,
  });
}

/** An SVG of SIDE x SIDE pixels. */
function svgOf({ styles }: Drawing, random: () => number): string {
  const between: Between = (least, most) => least + (most - least) * random();
  const style = styles[Math.floor(between(0, styles.length))] ?? styles[0];
  const [hue, sky] = [between(0, 360), between(0, 360)];
  // Emoji are colored: when darkened, all of them contrast with the sky.
  const shade = between(0.55, 0.9);
  const size = between(0.6, 0.95) * SIDE;
  const mirror = random() < 0.5 ? -1 : 1;
  const [, , width] = style.viewBox.split(" ");
  // Half of them with thicker lines.
  const stroke = random() < 0.5 ? "" : `stroke="currentColor" stroke-width="${between(0.02, 0.06) * Number(width)}"`;
  const free = (SIDE - size) / 2;
  const pose = [
    `translate(${SIDE / 2 + between(-free, free)} ${SIDE / 2 + between(-free, free)})`,
    `rotate(${between(-10, 10)})`,
    `skewX(${between(-12, 12)})`,
    `scale(${mirror * between(0.75, 1)} ${between(0.75, 1)})`,
  ].join(" ");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${SIDE}" height="${SIDE}">`,
    `<linearGradient id="sky" x2="${between(-0.5, 0.5)}" y2="1">`,
    `<stop stop-color="hsl(${sky} 35% ${between(70, 95)}%)"/>`,
    `<stop offset="1" stop-color="hsl(${sky} 35% ${between(70, 95)}%)"/>`,
    `</linearGradient>`,
    `<filter id="shade" color-interpolation-filters="sRGB"><feComponentTransfer>`,
    ...["R", "G", "B"].map((channel) => `<feFunc${channel} type="linear" slope="${shade}"/>`),
    `</feComponentTransfer></filter>`,
    `<rect width="100%" height="100%" fill="url(#sky)"/>`,
    `<g filter="url(#shade)"><g transform="${pose}" color="hsl(${hue} ${between(10, 60)}% ${between(5, 25)}%)" ${stroke}>`,
    `<svg x="${-size / 2}" y="${-size / 2}" width="${size}" height="${size}" viewBox="${style.viewBox}">${style.body}</svg>`,
    "</g></g>",
    ...Array.from({ length: Math.floor(between(0, 3.5)) }, () => sign(between)),
    "</svg>",
  ].join("\n");
}

/** A small dark object next to the vehicle: a ring, a post, a board, an arrow head, a cross or a grating. */
function sign(between: Between): string {
  const shapes = [
    `<circle r="0.7" fill="none"/>`,
    `<path d="M0-1V1"/>`,
    `<rect x="-0.8" y="-0.5" width="1.6" height="1"/>`,
    `<path d="M-0.8-0.6 0.6 0-0.8 0.6" fill="none"/>`,
    `<path d="M-0.8-0.8 0.8 0.8M-0.8 0.8 0.8-0.8"/>`,
    `<path d="M-1 0H1M-1-0.8H1M-1 0.8H1"/>`,
  ];
  // Somewhere around the center, at a distance of more than a third of a side.
  const angle = between(0, 2 * Math.PI);
  const far = between(0.36, 0.55) * SIDE;
  const [x, y] = [SIDE / 2 + far * Math.cos(angle), SIDE / 2 + far * Math.sin(angle)];
  const size = between(0.05, 0.16) * SIDE;
  return (
    `<g transform="translate(${x} ${y}) rotate(${between(-20, 20)}) scale(${size})" color="hsl(0 0% ${between(5, 25)}%)" ` +
    `fill="currentColor" stroke="currentColor" stroke-width="${between(0.2, 0.6)}">${shapes[Math.floor(between(0, shapes.length))]}</g>`
  );
}

/**
 * A generator of numbers from 0 to 1 (mulberry32, by Tommy Ettinger, public domain): small, and the same on every platform.
 *
 * @param seed a 32-bit integer
 */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
