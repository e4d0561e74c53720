// Decodes a picture file to pixels: RGB or gray, 8 bits, upright, on white.
//
//   file ─▶ first bytes ─▶ all bytes ─▶ ordinary JPEG? its pixels
//                                     └▶ sample format from the header ─▶ sharp ─▶ 8 bits
//
// A problem with a picture is a result. A problem with the machine is thrown, since it would affect every picture.

import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";

import type { Picture } from "@silhouette/preprocess-wasm";
import pLimit from "p-limit";
import sharp, { type Sharp } from "sharp";

import type { SkipReason } from "../../dataset/skip.ts";
import { systemErrorCode, TrainerError } from "../../values/errors.ts";
import { fillAround, isOpaqueWebpAnimation, opaqueGifFrame } from "./first-frame.ts";
import { initJpegs } from "./jpeg-kernels.ts";
import { OrdinaryJpegs } from "./ordinary-jpeg.ts";
import { HEAD_BYTES, recognise } from "../../dataset/picture-formats.ts";
import { pngFacts } from "./png.ts";
import { tiffFacts } from "./tiff.ts";

/** Maximum number of pixels to decode: phones reach 108 million; more is a mistake, or an attack. */
const MOST_PIXELS = 120_000_000;

/** Maximum file size to read: 120 million pixels of three 16-bit samples, with some margin. */
const MOST_BYTES = 1024 * 1024 * 1024;

/**
 * Pictures up to these limits are decoded in parallel; larger ones one at a time across the process. Peak memory is thus
 * that of the largest picture plus a few ordinary ones.
 */
const ORDINARY = { pixels: 36_000_000, bytes: 64 * 1024 * 1024, atOnce: 16 };

const ordinaryOnes = pLimit(ORDINARY.atOnce);
const largeOnes = pLimit(1);

/** Timeout for decoding a picture, in seconds: the largest ones take about ten. */
const MOST_SECONDS = 120;

/** The pixels, or the reason why there are none. */
export type Decoded =
  { readonly picture: Picture } | { readonly picture: undefined; readonly code: SkipReason; readonly message: string };

/**
 * Decodes a picture from a file or from the file's content: JPEG, PNG, WebP, GIF, TIFF (the first picture if there are
 * several) and AVIF. EXIF orientation is applied, color profiles and CMYK are converted to sRGB, transparent pixels are
 * composited on white, and 16 bits are reduced to 8: the upper ones or, if all values are small, the upper 8 of the smallest
 * range of 8, 10, 12 or 14 bits that holds them. Gray TIFFs with signed, floating-point or 32-bit samples are stretched from
 * their minimum to their maximum.
 *
 * Any problem with the picture itself is returned as the result.
 *
 * @throws {TrainerError} `MACHINE_EXHAUSTED` if the system is out of memory or open files, or a disk fails; `BACKEND_UNAVAILABLE`
 */
export function decode(source: string | Uint8Array): Promise<Decoded> {
  return ordinaryOnes(() => decodeNow(source));
}

async function decodeNow(source: string | Uint8Array): Promise<Decoded> {
  try {
    if (typeof source !== "string") {
      const content = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
      return refusal(content) ?? (await decodeContent(content));
    }
    // Without O_NONBLOCK, opening a pipe would block.
    const file = await open(source, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      return await decodeFile(file);
    } finally {
      await file.close();
    }
  } catch (error) {
    return failure(error);
  }
}

async function decodeFile(file: FileHandle): Promise<Decoded> {
  const stats = await file.stat();
  if (!stats.isFile()) return unusable("NOT_A_PICTURE", "is not a file");
  const head = Buffer.alloc(HEAD_BYTES);
  const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0);
  const refused = refusal(head.subarray(0, bytesRead));
  if (refused !== undefined) return refused;
  if (stats.size > MOST_BYTES) return unusable("PICTURE_TOO_LARGE", `has more than ${MOST_BYTES} bytes`);
  // The read above did not move the file's position, so this reads from the start.
  const decoded = async (): Promise<Decoded> => decodeContent(await file.readFile());
  return stats.size > ORDINARY.bytes ? largeOnes(decoded) : decoded();
}

/** Why a file that begins with `head` is rejected; undefined if it can be decoded. */
function refusal(head: Buffer): Decoded | undefined {
  if (head.length === 0) return unusable("EMPTY_FILE", "is empty");
  const format = recognise(head.subarray(0, HEAD_BYTES));
  if (format.kind === "other") return unusable("FORMAT_NOT_READ", format.message);
  return format.kind === "none" ? unusable("NOT_A_PICTURE", "is not a picture in a known format") : undefined;
}

async function decodeContent(content: Buffer): Promise<Decoded> {
  const ordinary = (await ordinaryJpegs()).decode(content);
  if (ordinary !== undefined) return { picture: { ...ordinary, data: ordinary.data.slice() } };
  try {
    return await pixelsOf(content, ORDINARY.pixels);
  } catch (error) {
    // sharp checks the size before it decodes.
    if (!isBeyondLimit(error)) throw error;
    return content.length > ORDINARY.bytes
      ? await pixelsOf(content, MOST_PIXELS)
      : await largeOnes(() => pixelsOf(content, MOST_PIXELS));
  }
}

let jpegs: OrdinaryJpegs | undefined;

/** @throws {TrainerError} `BACKEND_UNAVAILABLE` */
async function ordinaryJpegs(): Promise<OrdinaryJpegs> {
  await initJpegs();
  return (jpegs ??= new OrdinaryJpegs());
}

async function pixelsOf(content: Buffer, limitInputPixels: number): Promise<Decoded> {
  const tiff = tiffFacts(content);
  if (tiff?.unreadable !== undefined) return unusable("FORMAT_NOT_READ", tiff.unreadable);
  const png = pngFacts(content);
  const options = { limitInputPixels, failOn: "warning", autoOrient: true } as const;
  const input = sharp(png?.withoutTexts ?? asStillAvif(content), options).timeout({ seconds: MOST_SECONDS });
  const isWhiteZero = tiff?.isWhiteZero === true;
  if (tiff?.isUnranged === true) return stretched(input, isWhiteZero);
  const hasOpacity = tiff?.hasOtherBand !== true && !isOpaqueWebpAnimation(content);
  const upright = hasOpacity ? input.flatten({ background: "white" }) : input.removeAlpha();
  const is16Bits = png?.has16Bits === true || tiff?.has16Bits === true;
  const { channels, ...pixels } = is16Bits ? await from16Bits(upright, isWhiteZero) : await from8Bits(upright);
  if (channels !== 1 && channels !== 3) return unusable("PICTURE_DAMAGED", `decodes to ${channels} channels`);
  const picture: Picture = { ...pixels, channels };
  const frame = opaqueGifFrame(content);
  if (frame !== undefined) fillAround(frame, picture);
  return { picture };
}

/** libvips can decode the first picture of an AVIF sequence, but rejects the sequence brand. */
function asStillAvif(content: Buffer): Buffer {
  if (content.toString("latin1", 4, 12) !== "ftypavis") return content;
  const still = Buffer.from(content);
  still.write("avif", 8, "latin1");
  return still;
}

/**
 * Gray levels without a defined range, stretched so that the minimum is black and the maximum white, as OpenCV's `normalize`
 * does with NORM_MINMAX. NaN, which marks missing measurements, becomes black.
 */
async function stretched(input: Sharp, isWhiteZero: boolean): Promise<Decoded> {
  const { space, depth } = await input.metadata();
  const { data, info } = await input
    // libvips always interprets 16-bit samples as levels up to 65,535.
    .toColourspace(space === "grey16" ? "grey16" : "b-w")
    .raw({ depth: "double" })
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const values = new Float64Array(data.buffer, data.byteOffset, width * height);
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (min > max) return unusable("FORMAT_NOT_READ", "contains only NaN");
  if (!Number.isFinite(max - min)) return unusable("FORMAT_NOT_READ", `contains values from ${min} to ${max}`);
  const scale = max === min ? 0 : 255 / (max - min);
  // libvips inverts unsigned samples only.
  const isNegative = isWhiteZero && depth !== "uint";
  const levels = levelsOf(values, (value) => Math.round((isNegative ? max - value : value - min) * scale));
  return { picture: { data: levels, width, height, channels: 1 } };
}

/** Pixels whose number of channels has not been checked yet. */
type Pixels = Omit<Picture, "channels"> & { readonly channels: number };

async function from8Bits(upright: Sharp): Promise<Pixels> {
  const { data, info } = await upright
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels };
}

/** Cameras and sensors store 10, 12 or 14 bits unscaled in 16-bit samples, whose upper 8 bits would be nearly black. */
async function from16Bits(upright: Sharp, isWhiteZero: boolean): Promise<Pixels> {
  const { data, info } = await upright
    .toColourspace("rgb16")
    .raw({ depth: "ushort" })
    .toBuffer({ resolveWithObject: true });
  const values = words(data);
  // The file's own values: if 0 is white, libvips has inverted them.
  const turn = isWhiteZero ? 0xffff : 0;
  let most = 0;
  for (const value of values) most = Math.max(most, value ^ turn);
  const bits = [8, 10, 12, 14].find((each) => most < 2 ** each) ?? 16;
  const levels = levelsOf(values, (value) => ((value ^ turn) >> (bits - 8)) ^ (turn & 0xff));
  return { data: levels, width: info.width, height: info.height, channels: info.channels };
}

/**
 * 8 bits per value. Uses a loop because `from` and `filter` of typed arrays first collect all elements on the JavaScript
 * heap: a picture of 100 million values would crash the process.
 */
function levelsOf(values: Float64Array | Uint16Array, level: (value: number) => number): Uint8Array {
  const levels = new Uint8Array(values.length);
  for (let index = 0; index < levels.length; index++) levels[index] = level(values[index] ?? 0);
  return levels;
}

function words(data: Buffer): Uint16Array {
  return new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
}

function isBeyondLimit(error: unknown): boolean {
  return error instanceof Error && error.message.includes("exceeds pixel limit");
}

/** Error codes of system calls that would fail for any picture. */
const MACHINE_CODES: Readonly<Record<string, string>> = {
  EMFILE: "too many files are open",
  ENFILE: "too many files are open in the whole system",
  ENOMEM: "memory is exhausted",
  EIO: "the disk cannot be read",
};

const MORE_FILES = "Raise the limit of open files (ulimit -n), or close other programs, and try again.";

/** What to do about them, unless memory is exhausted. */
const MACHINE_REMEDIES: Readonly<Record<string, string>> = {
  EMFILE: MORE_FILES,
  ENFILE: MORE_FILES,
  EIO: "Copy the pictures to another disk, omitting those that cannot be copied.",
};

/** Messages of libraries that cannot allocate memory or create a thread. */
const OUT_OF_MEMORY =
  /out of memory|cannot allocate|unable to allocate|bad_alloc|unable to create thread|Array buffer alloc/i;

/** What is said of a picture that the decoder refuses. */
const DAMAGED = "cannot be decoded: it is damaged or incomplete";

function failure(error: unknown): Decoded {
  if (error instanceof TrainerError) throw error;
  const code = systemErrorCode(error);
  const [message = ""] = String(error instanceof Error ? error.message : error).split("\n");
  const machine = MACHINE_CODES[code ?? ""] ?? (OUT_OF_MEMORY.test(message) ? MACHINE_CODES["ENOMEM"] : undefined);
  if (machine !== undefined) {
    throw new TrainerError(
      "MACHINE_EXHAUSTED",
      `Expected to read the pictures, but ${machine} (${code ?? message})`,
      MACHINE_REMEDIES[code ?? ""] ??
        "Free memory, or try again on a machine with more; a lower concurrency needs less.",
      { cause: error },
    );
  }
  if (code !== undefined) return unusable("FILE_UNREADABLE", `cannot be read (${code})`);
  if (isBeyondLimit(error)) return unusable("PICTURE_TOO_LARGE", `has more than ${MOST_PIXELS} pixels`);
  if (message.startsWith("timeout"))
    return unusable("PICTURE_TOO_LARGE", `takes more than ${MOST_SECONDS} s to decode`);
  // Without libvips' words: pictures that are decoded at the same time share one place for them, and may get each other's.
  return unusable("PICTURE_DAMAGED", DAMAGED);
}

function unusable(code: SkipReason, message: string): Decoded {
  return { picture: undefined, code, message };
}
