// Pictures as tensors: decoded and encoded by sharp, with the arguments and results of tfjs-node.

import { tensor3d, tensor4d, type Tensor3D, type Tensor4D } from "@tensorflow/tfjs-core";
import type { default as sharp, Sharp } from "sharp";

import { TrainingWasmError } from "../errors.ts";

/** Shares of a gray level, ITU-R BT.601, in 32768ths: those of libpng, which tfjs-node uses. */
const LUMA = { red: 9798, green: 19_235, blue: 3735, bits: 15 } as const;

/**
 * Decodes a picture: JPEG, PNG, GIF, or whatever else the installed sharp reads, such as WebP, AVIF and TIFF, but not BMP.
 * Pixels are those in the file, as in tfjs-node: neither turned by its EXIF orientation nor converted by its color profile. PNGs
 * and GIFs have the values of tfjs-node; gray levels of colors may differ by 1. Those of JPEGs differ by a few levels, by 1 on
 * average: TensorFlow decodes them by a faster, less exact transform. CMYK is converted by a color profile, and differs more.
 *
 * @param content the file
 * @param channels 1: gray; 3: RGB; 4: RGB and alpha, which JPEGs do not have; 0: as many as the file has. GIFs always have 3.
 * @param dtype of the result; there is only `int32`
 * @param expandAnimations whether a GIF, animated or not, has a first dimension of frames; otherwise its first frame is decoded
 * @returns `[height, width, channels]`, or `[frames, height, width, 3]` of a GIF, of 0 to 255
 * @throws {TrainingWasmError} `PICTURE_UNUSABLE`, `SHARP_UNAVAILABLE`
 * @throws {RangeError} for anything but bytes, for other channels, 4 channels of a JPEG, or another dtype
 */
export async function decodeImage(
  content: Uint8Array,
  channels = 0,
  dtype = "int32",
  expandAnimations = true,
): Promise<Tensor3D | Tensor4D> {
  if (![0, 1, 3, 4].includes(channels))
    throw new RangeError(`Expected channels to be 0, 1, 3 or 4, but received ${channels}`);
  if (!ArrayBuffer.isView(content))
    throw new RangeError(`Expected content to be the bytes of a file, a Uint8Array, but received ${typeof content}`);
  if (dtype !== "int32") throw new RangeError(`Expected dtype to be int32, but received ${dtype}`);
  const load = await loadSharp();
  // A view on the bytes; a Uint8Array of another realm, as in Jest, would not be accepted.
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (bytes.length === 0) refuse(bytes)("the file is empty");
  const { format, hasAlpha, channels: stored } = await load(bytes).metadata().catch(refuse(bytes));
  if (format === "jpeg" && channels === 4)
    throw new RangeError("Expected channels to be 0, 1 or 3 for a JPEG, which has no alpha, but received 4");
  const isGif = format === "gif";
  const own = hasAlpha ? 4 : stored === 1 ? 1 : 3;
  const wanted = isGif ? 3 : channels === 0 ? own : channels;
  const picture = load(bytes, { animated: isGif && expandAnimations, ignoreIcc: true }).toColourspace("srgb");
  const pixels = (wanted === 4 ? picture.ensureAlpha() : picture.removeAlpha()).raw({ depth: "uchar" });
  const { data, info } = await pixels.toBuffer({ resolveWithObject: true }).catch(refuse(bytes));
  const values = wanted === 1 ? grayOf(data) : Int32Array.from(data);
  if (!isGif || !expandAnimations) return tensor3d(values, [info.height, info.width, wanted], "int32");
  // Frames are one below the other.
  const height = info.pageHeight ?? info.height;
  return tensor4d(values, [info.height / height, height, info.width, wanted], "int32");
}

/** Turns an error of sharp into ours. */
function refuse(bytes: Buffer): (cause: unknown) => never {
  return (cause) => {
    const isBmp = bytes.subarray(0, 2).toString("latin1") === "BM";
    throw new TrainingWasmError(
      "PICTURE_UNUSABLE",
      `Expected a JPEG, PNG, GIF or another picture that sharp decodes, but received ${bytes.length} bytes ` +
        `(${isBmp ? "a BMP, which sharp does not read" : String(cause)}). Convert it to PNG, or leave it out.`,
      { cause },
    );
  };
}

/**
 * Encodes a picture as JPEG.
 *
 * @param image `[height, width, channels]` of 0 to 255, with 1 or 3 channels
 * @param format `grayscale` or `rgb`, or empty: by the number of channels
 * @param quality 1 to 100, higher is better and larger
 * @param progressive whether it is shown from coarse to fine as it loads
 * @param optimizeSize whether more time is spent on a smaller file of the same pixels
 * @param chromaDownsampling whether colors are stored at half the resolution
 * @returns the file
 * @throws {TrainingWasmError} `SHARP_UNAVAILABLE`
 * @throws {RangeError} if the channels do not fit the format, or for another quality
 */
export async function encodeJpeg(
  image: Tensor3D,
  format: "" | "grayscale" | "rgb" = "",
  quality = 95,
  progressive = false,
  optimizeSize = false,
  chromaDownsampling = true,
): Promise<Uint8Array> {
  checkWithin("quality", quality, [1, 100]);
  const expected = { "": [1, 3], grayscale: [1], rgb: [3] }[format];
  const picture = await pictureOf(image, expected);
  const chromaSubsampling = chromaDownsampling ? "4:2:0" : "4:4:4";
  return picture.jpeg({ quality, progressive, optimiseCoding: optimizeSize, chromaSubsampling }).toBuffer();
}

/**
 * Encodes a picture as PNG.
 *
 * @param image `[height, width, channels]` of 0 to 255, with 1 (gray), 2 (gray and alpha), 3 (RGB) or 4 (RGB and alpha) channels
 * @param compression 0 to 9, higher is smaller and slower
 * @returns the file
 * @throws {TrainingWasmError} `SHARP_UNAVAILABLE`
 * @throws {RangeError} for another number of channels, or another compression
 */
export async function encodePng(image: Tensor3D, compression = 1): Promise<Uint8Array> {
  checkWithin("compression", compression, [0, 9]);
  return (await pictureOf(image, [1, 2, 3, 4])).png({ compressionLevel: compression }).toBuffer();
}

function checkWithin(name: string, value: number, [least, most]: readonly [number, number]): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`Expected ${name} to be a whole number of ${least} to ${most}, but received ${value}`);
}

async function loadSharp(): Promise<typeof sharp> {
  try {
    return (await import("sharp")).default;
  } catch (cause) {
    throw new TrainingWasmError(
      "SHARP_UNAVAILABLE",
      `Expected the package sharp, which decodes and encodes pictures, but it does not load (${String(cause)}). Run: npm install sharp`,
      { cause },
    );
  }
}

function grayOf(rgb: Uint8Array): Int32Array {
  return Int32Array.from({ length: rgb.length / 3 }, (_, pixel) => {
    const [red = 0, green = 0, blue = 0] = rgb.subarray(3 * pixel, 3 * pixel + 3);
    return (LUMA.red * red + LUMA.green * green + LUMA.blue * blue) >> LUMA.bits;
  });
}

async function pictureOf(image: Tensor3D, expected: readonly number[]): Promise<Sharp> {
  const [height, width, channels] = image.shape;
  if (!isChannels(channels) || !expected.includes(channels)) {
    throw new RangeError(
      `Expected a picture with ${expected.join(" or ")} channels, [height, width, channels], but its shape is [${String(image.shape)}]`,
    );
  }
  const load = await loadSharp();
  const pixels = Uint8Array.from(await image.data());
  const picture = load(pixels, { raw: { width, height, channels } });
  return channels < 3 ? picture.toColourspace("b-w") : picture;
}

function isChannels(count: number | undefined): count is 1 | 2 | 3 | 4 {
  return count === 1 || count === 2 || count === 3 || count === 4;
}
