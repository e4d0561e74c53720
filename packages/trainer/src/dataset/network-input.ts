// What a network sees of a dataset's pictures: their pixels as they are stored, or a view of them that is made at each step.

import { Preprocessor, type WarpOptions } from "@silhouette/preprocess-wasm";

import { TrainerError } from "../values/errors.ts";
import { grayOf, planeOf, PLANES } from "./colors.ts";
import { COLORS, packedBytes, type PictureSize, type StoredSize } from "./format.ts";
import type { InputKind } from "./input-kinds.ts";
import { initPreprocessor } from "./preprocessor-kernels.ts";
import { formatFor, type PixelFormat } from "./preprocessing.ts";
import { PLAIN, type View } from "./view.ts";

/** What a network sees of pictures of one size and format. */
export interface NetworkInput {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** Values per pixel. */
  readonly channels: number;
  /** What the network gets for byte `b` of a pixel: `scale * b + offset`. */
  readonly scale: number;
  /** What it gets for byte 0. */
  readonly offset: number;
  /** Largest byte. */
  readonly white: 1 | 255;
  /**
   * Writes what the network sees of a picture.
   *
   * @param pixels as the dataset stores them
   * @param view only of pictures in gray or in color
   * @param seen `[height, width, channels]`, overwritten with 0 to `white`
   */
  write(pixels: Uint8Array, view: View, seen: Uint8Array): void;
  /** The picture in black and white: 1 bit per pixel, bit 7 first, without padding between rows: `packedBytes` bytes. */
  silhouette(pixels: Uint8Array): Uint8Array;
  /**
   * The gray levels of the whole picture, and where the network's black and white divide them.
   *
   * @param levels `[height, width]` at the size at which the dataset stores pictures, 0 to 255
   */
  divided(levels: Uint8Array): DividedLevels;
  /**
   * Writes what a network that sees black and white sees of the whole picture.
   *
   * @param levels `[height, width]` at the network's size
   * @param thresholds one for each channel, 0 to 255
   * @param seen `[height, width, channels]`, overwritten with 0 and 1
   */
  divide(levels: Uint8Array, thresholds: readonly number[], seen: Uint8Array): void;
}

/** The gray levels of a picture at a network's size. */
export interface DividedLevels {
  /** `[height, width]`: 0 to 255. */
  readonly levels: Uint8Array;
  /** `[256]`: number of pixels of each level. */
  readonly histogram: Uint32Array;
  /** Levels above which pixels are white, by Otsu's method, ascending: one for each channel. Empty for a network that sees gray or colors. */
  readonly thresholds: readonly number[];
  /** Standard deviation of the levels, 0 to 127.5: the unit of {@link View.threshold}. */
  readonly deviation: number;
}

const CHANNELS: Readonly<Record<InputKind, number>> = { otsu: 1, levels: 2, gray: 1, rgb: PLANES };

/** Size and values per pixel of what a network sees of pictures that a dataset stores. */
export function seenShape(
  { width, height, pixelFormat }: StoredSize,
  kind: InputKind,
): Pick<NetworkInput, "width" | "height" | "channels"> {
  if (pixelFormat === "binary1") return { width, height, channels: 1 };
  return { width: width / 2, height: height / 2, channels: CHANNELS[kind] };
}

/** The size at which a dataset stores pictures that a network sees at size `seen`. */
export function storedSize({ width, height }: PictureSize, pixelFormat: PixelFormat): StoredSize {
  const factor = pixelFormat === "binary1" ? 1 : 2;
  return { width: factor * width, height: factor * height, pixelFormat };
}

/**
 * What a network sees of the pictures of a dataset.
 *
 * @param stored size and format of the dataset's pictures
 * @throws {TrainerError} `DATASET_MISMATCH` for an input that its pictures cannot be seen as; `BACKEND_UNAVAILABLE` if the
 * preprocessor's kernels cannot be loaded
 */
export async function networkInput(stored: StoredSize, kind: InputKind): Promise<NetworkInput> {
  const { pixelFormat } = stored;
  const expected = formatFor(kind, "gray8");
  await initPreprocessor();
  if (pixelFormat === "binary1" && kind === "otsu") return new MaskInput(stored);
  if (pixelFormat === expected) return new ViewInput(stored, kind);
  throw new TrainerError(
    "DATASET_MISMATCH",
    `Expected a dataset of ${COLORS[expected]} pictures for the input ${kind}, but this one has ${COLORS[pixelFormat]} pictures`,
    `Prepare it again with --recipe compact --input ${kind}.`,
  );
}

const LEVELS = 256;

const BITS = 8;

/**
 * The eight pixels of every byte value, one byte each, bit 7 first, as a 64-bit word that is copied unchanged: none is a NaN.
 */
const PIXELS_OF_BYTE = new Float64Array(
  Uint8Array.from({ length: 256 * BITS }, (_, at) => ((at >> 3) >> (BITS - 1 - (at % BITS))) & 1).buffer,
);

/** Black-and-white pictures as they are stored, as 0 and 1. */
class MaskInput implements NetworkInput {
  readonly width: number;
  readonly height: number;
  readonly channels = 1;
  readonly scale = 1;
  readonly offset = 0;
  readonly white = 1;
  readonly #preprocessor: Preprocessor;
  readonly #words: Float64Array;
  readonly #pixels: Uint8Array;

  constructor({ width, height }: PictureSize) {
    this.width = width;
    this.height = height;
    this.#preprocessor = new Preprocessor({ width, height });
    this.#words = new Float64Array(packedBytes({ width, height }));
    this.#pixels = new Uint8Array(this.#words.buffer, 0, width * height);
  }

  write(pixels: Uint8Array, _view: View, seen: Uint8Array): void {
    const words = this.#words;
    for (let byte = 0; byte < words.length; byte++) words[byte] = PIXELS_OF_BYTE[pixels[byte] ?? 0] ?? 0;
    seen.set(this.#pixels);
  }

  silhouette(pixels: Uint8Array): Uint8Array {
    return pixels;
  }

  divided(levels: Uint8Array): DividedLevels {
    const histogram = new Uint32Array(LEVELS);
    this.#preprocessor.histogram(levels, histogram);
    const thresholds = [this.#preprocessor.otsuThreshold(histogram)];
    return { levels, histogram, thresholds, deviation: deviationOf(histogram) };
  }

  divide(levels: Uint8Array, [threshold = 0]: readonly number[], seen: Uint8Array): void {
    this.#preprocessor.thresholdMask(levels, threshold, seen, { format: "0/1" });
  }
}

/** Views of pictures in gray or in color, stored at twice the size, as -1 to 1. */
class ViewInput implements NetworkInput {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly scale: number;
  readonly offset = -1;
  readonly white: 1 | 255;
  readonly #kind: InputKind;
  readonly #stored: PictureSize;
  readonly #preprocessor: Preprocessor;
  readonly #levels: Uint8Array;
  readonly #mask: Uint8Array;
  readonly #counts = new Uint32Array(LEVELS);
  readonly #curve = new Uint8Array(LEVELS);

  constructor(stored: StoredSize, kind: InputKind) {
    const { width, height, channels } = seenShape(stored, kind);
    this.#kind = kind;
    this.#stored = stored;
    this.width = width;
    this.height = height;
    this.channels = channels;
    this.white = kind === "gray" || kind === "rgb" ? 255 : 1;
    this.scale = 2 / this.white;
    this.#preprocessor = new Preprocessor({ width, height });
    this.#levels = new Uint8Array(width * height);
    this.#mask = new Uint8Array(width * height);
  }

  write(pixels: Uint8Array, view: View, seen: Uint8Array): void {
    const options = this.#optionsOf(pixels, view);
    if (this.#kind === "gray") {
      this.#warp(pixels, options, seen);
      return;
    }
    if (this.#kind === "rgb") {
      for (let plane = 0; plane < PLANES; plane++) {
        this.#warp(planeOf(pixels, plane), options, this.#levels);
        this.#interleave(this.#levels, plane, seen);
      }
      return;
    }
    this.#warp(pixels, options, this.#levels);
    this.#preprocessor.histogram(this.#levels, this.#counts);
    const change = view.threshold === 0 ? 0 : Math.round(view.threshold * deviationOf(this.#counts));
    this.divide(this.#levels, movedThresholds(this.#thresholds(), change), seen);
  }

  divided(levels: Uint8Array): DividedLevels {
    this.#warp(levels, this.#optionsOf(levels, PLAIN), this.#levels);
    this.#preprocessor.histogram(this.#levels, this.#counts);
    return {
      levels: this.#levels.slice(),
      histogram: this.#counts.slice(),
      thresholds: this.white === 1 ? this.#thresholds() : [],
      deviation: deviationOf(this.#counts),
    };
  }

  divide(levels: Uint8Array, thresholds: readonly number[], seen: Uint8Array): void {
    for (const [channel, threshold] of thresholds.entries()) {
      if (this.channels === 1) this.#preprocessor.thresholdMask(levels, threshold, seen, { format: "0/1" });
      else {
        this.#preprocessor.thresholdMask(levels, threshold, this.#mask, { format: "0/1" });
        this.#interleave(this.#mask, channel, seen);
      }
    }
  }

  silhouette(pixels: Uint8Array): Uint8Array {
    this.#warp(this.#kind === "rgb" ? grayOf(pixels) : pixels, this.#optionsOf(pixels, PLAIN), this.#levels);
    this.#preprocessor.histogram(this.#levels, this.#counts);
    const bits = new Uint8Array(this.#preprocessor.packedBytes);
    this.#preprocessor.thresholdMask(this.#levels, this.#preprocessor.otsuThreshold(this.#counts), bits);
    return bits;
  }

  /** Writes a channel of `[height, width, channels]`. */
  #interleave(values: Uint8Array, channel: number, seen: Uint8Array): void {
    for (let at = 0; at < values.length; at++) seen[this.channels * at + channel] = values[at] ?? 0;
  }

  /** The geometry and the light of a view, the same for all planes of a picture. */
  #optionsOf(pixels: Uint8Array, { affine, ramp: [x, y], darkness }: View): WarpOptions {
    let ramp: readonly [number, number] | undefined;
    if (x !== 0 || y !== 0) {
      this.#preprocessor.histogram(pixels, this.#counts);
      const deviation = deviationOf(this.#counts);
      ramp = [x * deviation, y * deviation];
    }
    const curve = darkness === 1 ? undefined : writeCurve(darkness, this.#curve);
    return { affine, ...(ramp && { ramp }), ...(curve && { curve }) };
  }

  /** The levels of a view of a plane at the network's size. */
  #warp(plane: Uint8Array, options: WarpOptions, levels: Uint8Array): void {
    const { width, height } = this.#stored;
    this.#preprocessor.warp(plane, width, height, options, levels);
  }

  /** One threshold per channel. */
  #thresholds(): readonly number[] {
    const isTwoTone = this.#counts.reduce((levels, count) => levels + (count > 0 ? 1 : 0), 0) < 3;
    if (this.channels === 2 && !isTwoTone) return [...this.#preprocessor.multiOtsuThresholds(this.#counts, 3)];
    const threshold = this.#preprocessor.otsuThreshold(this.#counts);
    return Array.from({ length: this.channels }, () => threshold);
  }
}

/** Thresholds that are all changed by `change` levels, as far as there are levels. */
export function movedThresholds(thresholds: readonly number[], change: number): readonly number[] {
  return thresholds.map((threshold) => Math.min(Math.max(threshold + change, 0), LEVELS - 1));
}

/** Standard deviation of the gray levels that `counts` counts, 0 to 127.5. */
function deviationOf(counts: Uint32Array): number {
  let [pixels, sum, squares] = [0, 0, 0];
  for (let level = 0; level < counts.length; level++) {
    const count = counts[level] ?? 0;
    pixels += count;
    sum += count * level;
    squares += count * level * level;
  }
  const mean = sum / pixels;
  return Math.sqrt(Math.max(squares / pixels - mean * mean, 0));
}

/** The level that each level becomes: see {@link View.darkness}. */
function writeCurve(darkness: number, curve: Uint8Array): Uint8Array {
  const lightest = curve.length - 1;
  for (let level = 0; level <= lightest; level++) {
    curve[level] = Math.round((lightest * level) / (level + darkness * (lightest - level)));
  }
  return curve;
}
