// The package's main class: one method per operation, which checks its arguments and says what the kernels compute.
//
// Callers own every array. All of them are checked before anything is computed: an invalid argument leaves outputs
// unchanged.

import { newBytes } from "./arena.ts";
import {
  bytesOf,
  checkApart,
  checkChoice,
  checkFinite,
  checkInteger,
  checkWindow,
  countsOf,
  levelsOf,
  LONGEST_SIDE,
  occurringCountsOf,
  readOptions,
} from "./check.ts";
import { FILTERS, type Filter } from "./filters.ts";
import { KernelRunner, rawBytesOf } from "./kernel-runner.ts";
import { INSTRUCTION_SETS, KERNELS, type InstructionSet } from "./kernels.ts";
import { styleBy, styleOf, type MaskOptions, type MaskStyle } from "./mask-style.ts";
import { readPicture, readPictures, sourceOf, type Picture, type PictureSource } from "./picture.ts";
import type { Target } from "./resize-runner.ts";
import { LONGEST_WARPED_SIDE, warpingOf, type WarpOptions } from "./warp-options.ts";

/** Options for a {@link Preprocessor}. */
export interface PreprocessorOptions {
  /** Pixels per row of the output, 1 to 16,777,215. Default 300. */
  readonly width?: number;
  /** Rows of the output, 1 to 16,777,215. Default 300. */
  readonly height?: number;
  /** The filter of the resize. Default `bilinear`. */
  readonly filter?: Filter;
  /** Which of the initialized kernels to use. Default: `simd128`, else `scalar`. Both give the same bytes. */
  readonly instructionSet?: InstructionSet;
}

/** Options for {@link Preprocessor.binarize}. */
export interface BinarizeOptions extends MaskOptions {
  /** `[height, width]` of the output, overwritten with the gray levels that the mask is made of; must not overlap it. Default: they are not kept. */
  readonly levels?: Uint8Array;
}

/** Options for {@link Preprocessor.sauvolaMask}. */
export interface SauvolaOptions extends MaskOptions {
  /** Side of the window in pixels: odd, 1 to 2,901. Default 15. */
  readonly window?: number;
  /** Share of the mean that is subtracted in a window without contrast: finite, usually 0 to 1. Default 0.2. */
  readonly k?: number;
}

/** Options for {@link Preprocessor.localMeanMask}. */
export interface LocalMeanOptions extends MaskOptions {
  /** Side of the window in pixels: odd, 3 to 2,901. */
  readonly window: number;
  /** Levels below the window's mean down to which a pixel is marked: finite, may be negative. OpenCV's `C`. */
  readonly offset: number;
}

const LEVELS = 256;

/** Bytes of `ClassTable` in src/threshold/multi_otsu.rs. */
const CLASS_TABLE_BYTES = 256 * 256 * 4;

/**
 * Makes outputs of one size from pictures of any size. Each has WebAssembly memory of its own; nothing needs to be
 * freed.
 *
 * @example
 * import { init, Preprocessor } from "@silhouette/preprocess-wasm";
 *
 * await init();
 * const preprocessor = new Preprocessor({ width: 300, height: 300 });
 * const bits = new Uint8Array(preprocessor.packedBytes); // 11,250
 *
 * const rgba = new Uint8Array(640 * 480 * 4).fill(200); // from a canvas, a camera, a decoder
 * const threshold = preprocessor.binarize({ data: rgba, width: 640, height: 480, channels: 4 }, bits);
 * console.log(threshold, bits);
 */
export class Preprocessor {
  /** Pixels per row of the output. */
  readonly width: number;
  /** Rows of the output. */
  readonly height: number;
  /** Bytes of a mask with 1 bit per pixel: ceil(width * height / 8). */
  readonly packedBytes: number;
  /** The filter of the resize. */
  readonly filter: Filter;
  /** The kernels in use. */
  readonly instructionSet: InstructionSet;
  /** Gray levels of the outputs' size, out of callers' reach. */
  readonly #size: Target;
  readonly #runner: KernelRunner;

  /**
   * A preprocessor with the kernels that `init` or `initSync` initialized.
   *
   * @param options the size of the outputs, by default 300 x 300 pixels, filter and kernels
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `NOT_INITIALIZED`, `OUT_OF_MEMORY`
   */
  constructor(options: PreprocessorOptions = {}) {
    const read = readOptions(options, "width", "height", "filter", "instructionSet");
    const { width = 300, height = 300, filter = "bilinear", instructionSet: requested } = read;
    checkInteger("width", width, 1, LONGEST_SIDE);
    checkInteger("height", height, 1, LONGEST_SIDE);
    checkChoice("filter", filter, FILTERS);
    checkChoice("instructionSet", requested, [...INSTRUCTION_SETS, undefined]);
    const { module, instructionSet } = KERNELS.ready(requested);
    this.width = width;
    this.height = height;
    this.packedBytes = Math.ceil((width * height) / 8);
    this.instructionSet = instructionSet;
    this.filter = filter;
    this.#size = { width, height, planes: 1 };
    this.#runner = new KernelRunner(module, filter);
  }

  /**
   * All steps in one call: {@link Preprocessor.gray}, {@link Preprocessor.resize}, {@link Preprocessor.otsuThreshold},
   * {@link Preprocessor.thresholdMask}.
   *
   * @param picture read, not kept
   * @param mask `[height, width]` of the output, overwritten: `packedBytes` bytes for `bits`, else one byte per pixel
   * @param options how the mask is written, by default 1 bit per pixel; and where the gray levels are written, if they are needed, too
   * @returns Otsu's threshold, 0 to 255: pixels above it are marked
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  binarize(picture: Picture, mask: Uint8Array, options: BinarizeOptions = {}): number {
    const read = readPicture("picture", picture);
    const { levels, ...masks } = readOptions(options, "format", "invert", "levels");
    const style = styleBy(masks);
    const source = sourceOf("picture", read);
    const output = bytesOf("mask", mask, style.bytes(this.#pixels));
    const levelOutput = levels === undefined ? undefined : bytesOf("levels", levels, this.#pixels);
    if (levelOutput !== undefined) checkApart("levels", levelOutput, "mask", output);
    return this.#binarized(source, style, (marked, threshold, gray) => {
      levelOutput?.set(gray);
      output.set(marked);
      return threshold;
    });
  }

  /**
   * {@link Preprocessor.binarize} for many pictures, which may differ in size. Outputs are overwritten only once all of
   * them are computed.
   *
   * @param pictures any number, read, not kept
   * @param masks `[pictures]` masks, one after the other, overwritten
   * @param thresholds `[pictures]`, overwritten with each picture's threshold, 0 to 255; must not overlap `masks`
   * @param options how the masks are written; default 1 bit per pixel
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  binarizeBatch(
    pictures: readonly Picture[],
    masks: Uint8Array,
    thresholds: Uint8Array,
    options: MaskOptions = {},
  ): void {
    const read = readPictures(pictures);
    const style = styleOf(options);
    const sources = read.map((picture, index) => sourceOf(`pictures[${index}]`, picture));
    const maskBytes = style.bytes(this.#pixels);
    const maskOutput = bytesOf("masks", masks, sources.length * maskBytes);
    const thresholdOutput = bytesOf("thresholds", thresholds, sources.length);
    checkApart("masks", maskOutput, "thresholds", thresholdOutput);
    // A picture may be in the outputs' memory: they are written last.
    const [computedMasks, computedThresholds] = [newBytes(maskOutput.length), newBytes(sources.length)];
    for (const [index, source] of sources.entries()) {
      this.#binarized(source, style, (marked, threshold) => {
        computedMasks.set(marked, index * maskBytes);
        computedThresholds[index] = threshold;
      });
    }
    maskOutput.set(computedMasks);
    thresholdOutput.set(computedThresholds);
  }

  /**
   * Otsu's threshold of a picture at the output's size, as {@link Preprocessor.binarize} returns it, without writing
   * pixels.
   *
   * @param picture read, not kept
   * @returns 0 to 255
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  threshold(picture: Picture): number {
    const source = sourceOf("picture", readPicture("picture", picture));
    return this.#runner.resized(source, this.#size, noOutput, ({ kernels, levels, pixels, counts }) => {
      kernels.histogram(levels, pixels, counts);
      return kernels.otsu_threshold(counts);
    });
  }

  /**
   * Counts the gray levels of a picture at the output's size, without writing pixels.
   *
   * @param picture read, not kept
   * @param counts 256 counts, overwritten: `counts[level]` is the number of pixels with that level
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  pictureHistogram(picture: Picture, counts: Uint32Array): void {
    const source = sourceOf("picture", readPicture("picture", picture));
    const output = rawBytesOf(countsOf("counts", counts, LEVELS));
    this.#runner.resized(source, this.#size, noOutput, (resized) => {
      resized.kernels.histogram(resized.levels, resized.pixels, resized.counts);
      output.set(resized.memory.subarray(resized.counts, resized.counts + output.length));
    });
  }

  /**
   * Gray levels at the output's size: converts to gray, then resizes with antialiasing, without keeping the aspect
   * ratio. Equal to Pillow 13's `Image.resize(size, filter)` of the gray picture, bit for bit.
   *
   * @param picture read, not kept
   * @param levels `[height, width]` of the output, overwritten with 0 to 255
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  resize(picture: Picture, levels: Uint8Array): void {
    const source = sourceOf("picture", readPicture("picture", picture));
    this.#writeLevels(source, this.#size, bytesOf("levels", levels, this.#pixels));
  }

  /**
   * {@link Preprocessor.resize} of red, green and blue, each as if it were a gray picture: equal to Pillow 13's
   * `Image.resize(size, filter)` of the RGB picture, bit for bit.
   *
   * @param picture read, not kept; a gray one is its own red, green and blue
   * @param colors `[3, height, width]` of the output, overwritten with 0 to 255
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  resizeColors(picture: Picture, colors: Uint8Array): void {
    const source = sourceOf("picture", readPicture("picture", picture));
    const output = bytesOf("colors", colors, 3 * this.#pixels);
    if (source.channels === 1) {
      const levels = output.subarray(0, this.#pixels);
      this.#writeLevels(source, this.#size, levels);
      output.set(levels, this.#pixels);
      output.set(levels, 2 * this.#pixels);
    } else {
      this.#writeLevels(source, { ...this.#size, planes: 3 }, output);
    }
  }

  /**
   * Gray levels at the picture's own size, by OpenCV's rule: (9798 R + 19235 G + 3735 B + 16384) >> 15, which is the
   * luma of ITU-R BT.601 (0.299 R + 0.587 G + 0.114 B), rounded. Gray pictures are copied.
   *
   * @param picture read, not kept
   * @param levels `[height, width]` of the picture, overwritten with 0 to 255
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  gray(picture: Picture, levels: Uint8Array): void {
    const source = sourceOf("picture", readPicture("picture", picture));
    const { width, height } = source;
    this.#writeLevels(source, { width, height, planes: 1 }, bytesOf("levels", levels, width * height));
  }

  /**
   * Counts the gray levels.
   *
   * @param levels any number of gray levels, of 8 or 16 bits
   * @param counts 256 counts, or 65,536 for 16-bit levels, overwritten: `counts[level]` is the number of such pixels
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  histogram(levels: Uint8Array | Uint16Array, counts: Uint32Array): void {
    const input = levelsOf("levels", levels);
    const is16 = input instanceof Uint16Array;
    const output = countsOf("counts", counts, is16 ? 65_536 : LEVELS);
    this.#runner.map(rawBytesOf(input), rawBytesOf(output), (kernels, source, target) =>
      is16 ? kernels.histogram_16(source, input.length, target) : kernels.histogram(source, input.length, target),
    );
  }

  /**
   * Otsu's threshold of a histogram (N. Otsu, "A threshold selection method from gray-level histograms", 1979), equal
   * to OpenCV's `threshold(..., THRESH_OTSU)`: the lowest level that maximizes the variance between the classes; 0 if
   * all pixels have the same level.
   *
   * @param counts 256 counts, or 65,536 for 16-bit levels; not all 0
   * @returns 0 to 255, or 0 to 65,535: the levels above it are the lighter class
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  otsuThreshold(counts: Uint32Array): number {
    const occurring = occurringCountsOf("counts", counts, 1, LEVELS, 65_536);
    return this.#runner.measure(occurring, (kernels, source) =>
      occurring.length === LEVELS ? kernels.otsu_threshold(source) : kernels.otsu_threshold_16(source),
    );
  }

  /**
   * A mask of the levels that are above a threshold, equal to OpenCV's `threshold(..., THRESH_BINARY)`, or with
   * `invert` to its `THRESH_BINARY_INV`.
   *
   * @param levels any number of gray levels, of 8 or 16 bits
   * @param threshold 0 to 255, or to 65,535; or one beyond, as the triangle method may return: -1 to 256, or to 65,536
   * @param mask ceil(levels.length / 8) bytes for `bits`, else as long as `levels`; overwritten
   * @param options how the mask is written; default 1 bit per pixel
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  thresholdMask(
    levels: Uint8Array | Uint16Array,
    threshold: number,
    mask: Uint8Array,
    options: MaskOptions = {},
  ): void {
    const asked = styleOf(options);
    const input = levelsOf("levels", levels);
    const is16 = input instanceof Uint16Array;
    const lightest = is16 ? 65_535 : 255;
    checkInteger("threshold", threshold, -1, lightest + 1);
    const output = bytesOf("mask", mask, asked.bytes(input.length));
    // All levels are above -1, and none is above the lightest.
    const style: MaskStyle = threshold === -1 ? { ...asked, inverted: asked.inverted === 1 ? 0 : 1 } : asked;
    const within = threshold === -1 ? lightest : Math.min(threshold, lightest);
    if (is16) {
      this.#runner.writeMask(input, output, style, (kernels, source, marked) =>
        kernels.threshold_mask_16(source, input.length, within, marked),
      );
      return;
    }
    this.#runner.map(input, output, (kernels, source, target) =>
      kernels.write_mask(source, input.length, within, style.format, style.inverted, target),
    );
  }

  /**
   * Packs a mask, eight pixels per byte, in the bit order of {@link MaskOptions.format}.
   *
   * @param mask 0 is black, everything else white
   * @param bits ceil(mask.length / 8) bytes, overwritten
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  packBits(mask: Uint8Array, bits: Uint8Array): void {
    const input = bytesOf("mask", mask);
    this.thresholdMask(input, 0, bytesOf("bits", bits, Math.ceil(input.length / 8)));
  }

  /**
   * The inverse of {@link Preprocessor.packBits}.
   *
   * @param bits ceil(mask.length / 8) bytes; unused bits of the last one are ignored
   * @param mask any number of pixels, overwritten with 0 and 1
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  unpackBits(bits: Uint8Array, mask: Uint8Array): void {
    const output = bytesOf("mask", mask);
    const input = bytesOf("bits", bits, Math.ceil(output.length / 8));
    this.#runner.map(input, output, (kernels, source, target) => kernels.unpack_bits(source, output.length, target));
  }

  /**
   * Otsu's thresholds between three or four classes (P.-S. Liao, T.-S. Chen and P.-C. Chung, "A fast algorithm for
   * multilevel thresholding", 2001), equal to scikit-image's `threshold_multiotsu(image, classes)`: the levels that
   * maximize the variance between the classes. If only as many levels occur as there are classes, each is its own
   * class.
   *
   * @param counts 256 counts, of which at least `classes` are not 0
   * @param classes 3 or 4
   * @returns `classes - 1` levels in ascending order, 0 to 254: the last level of each class but the lightest
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  multiOtsuThresholds(counts: Uint32Array, classes: 3 | 4): number[] {
    checkChoice("classes", classes, [3, 4]);
    const occurring = occurringCountsOf("counts", counts, classes, LEVELS);
    const thresholds = new Uint8Array(classes - 1);
    this.#runner.map(
      rawBytesOf(occurring),
      thresholds,
      (kernels, source, target, table) => kernels.multi_otsu_thresholds(source, classes, table, target),
      () => CLASS_TABLE_BYTES,
    );
    return [...thresholds];
  }

  /**
   * The triangle method's threshold of a histogram with one high peak and a long tail (G. Zack, W. Rogers and S. Latt,
   * "Automatic measurement of sister chromatid exchange frequency", 1977), equal to OpenCV's
   * `threshold(..., THRESH_TRIANGLE)`.
   *
   * @param counts 256 counts, not all 0
   * @returns -1 to 256: the levels above it are the lighter class: all of them for -1, none for 256
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  triangleThreshold(counts: Uint32Array): number {
    const occurring = occurringCountsOf("counts", counts, 1, LEVELS);
    return this.#runner.measure(occurring, (kernels, source) => kernels.triangle_threshold(source));
  }

  /**
   * Li's threshold of a histogram, which minimizes the cross entropy between the picture and its classes (C. H. Li
   * and P. K. S. Tam, "An iterative algorithm for minimum cross entropy thresholding", 1998), equal to scikit-image's
   * `threshold_li(image)` of an 8-bit picture within 1e-6.
   *
   * @param counts 256 counts, not all 0
   * @returns 0 to 255, usually not an integer: the levels above it are the lighter class. The level itself if only one
   * occurs. {@link Preprocessor.thresholdMask} takes its `Math.floor`.
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  liThreshold(counts: Uint32Array): number {
    const occurring = occurringCountsOf("counts", counts, 1, LEVELS);
    return this.#runner.measure(occurring, (kernels, source) => kernels.li_threshold(source));
  }

  /**
   * A mask for uneven light, as on photographed paper: marks the levels that are above their window's
   * `m * (1 + k * (s / 128 - 1))`; m and s are mean and standard deviation of the window around the pixel
   * (J. Sauvola and M. Pietikäinen, "Adaptive document image binarization", 2000). Equal to scikit-image's
   * `image > threshold_sauvola(image, window, k, r=128)`: the plane is mirrored at its borders.
   *
   * @param levels `[height, width]`, gray levels
   * @param width pixels per row, 1 to 16,777,215
   * @param height rows, 1 to 16,777,215
   * @param mask ceil(width * height / 8) bytes for `bits`, else `[height, width]`; overwritten
   * @param options the window's size, how far below the mean the threshold lies, and how the mask is written
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  sauvolaMask(levels: Uint8Array, width: number, height: number, mask: Uint8Array, options: SauvolaOptions = {}): void {
    const read = readOptions(options, "window", "k", "format", "invert");
    const { window = 15, k = 0.2 } = read;
    const { input, output, style } = planesOf(levels, width, height, mask, read);
    checkWindow("window", window, 1);
    checkFinite("k", k);
    this.#runner.writeMask(
      input,
      output,
      style,
      (kernels, source, marked, workspace) => kernels.sauvola_mask(source, width, height, window, k, workspace, marked),
      (kernels) => kernels.local_workspace_bytes(width, height, window) >>> 0,
    );
  }

  /**
   * A mask for uneven light: marks the levels that are above the mean of the window around them, less an offset. Equal
   * to OpenCV's `adaptiveThreshold(..., ADAPTIVE_THRESH_MEAN_C, THRESH_BINARY, window, offset)`: the mean is rounded to
   * a level, the offset up to a whole number, and pixels beyond a border are those on it. In windows larger than 127
   * pixels, OpenCV's single precision may round a mean that is almost halfway between two levels to the other one.
   *
   * @param levels `[height, width]`, gray levels
   * @param width pixels per row, 1 to 16,777,215
   * @param height rows, 1 to 16,777,215
   * @param mask ceil(width * height / 8) bytes for `bits`, else `[height, width]`; overwritten
   * @param options the window's size, the offset, and how the mask is written
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  localMeanMask(levels: Uint8Array, width: number, height: number, mask: Uint8Array, options: LocalMeanOptions): void {
    const read = readOptions(options, "window", "offset", "format", "invert");
    const { window, offset } = read;
    const { input, output, style } = planesOf(levels, width, height, mask, read);
    checkWindow("window", window, 3);
    checkFinite("offset", offset);
    // Offsets beyond 256 levels change nothing.
    const levelsBelow = Math.ceil(Math.min(Math.max(offset, -256), 256));
    this.#runner.writeMask(
      input,
      output,
      style,
      (kernels, source, marked, workspace) =>
        kernels.local_mean_mask(source, width, height, window, levelsBelow, workspace, marked),
      (kernels) => kernels.local_workspace_bytes(width, height, window) >>> 0,
    );
  }

  /**
   * Gray levels at the output's size, seen through an affine map, under a ramp of light, by a curve: the mirrored,
   * cropped, rotated or sheared pictures that a network is trained with, and the views that its predictions are averaged
   * over.
   *
   * Each level is the mean of four samples, at the centres of the pixel's quarters. A sample is bilinear between the
   * centres of the source's pixels; beyond its edges are the pixels on them. Equal within one level to PyTorch's
   * `affine_grid` and `grid_sample(..., padding_mode="border")`, both with `align_corners=False`, at twice the output's
   * size, and `avg_pool2d(..., 2)`. A mirrored map gives exactly the mirrored levels.
   *
   * The source is best about twice as large as what is seen of it in the output. A much larger one is not antialiased:
   * {@link Preprocessor.resize} it before.
   *
   * @param levels `[height, width]`, gray levels
   * @param width pixels per row, 1 to 65,535
   * @param height rows, 1 to 65,535
   * @param options the map, the ramp and the curve; the levels are only resized by default
   * @param warped `[height, width]` of the output, overwritten with 0 to 255
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   *
   * @example
   * // The middle half of a picture, mirrored, under light from the right, as its negative.
   * const [view, negative] = [new Preprocessor({ width: 96, height: 96 }), new Uint8Array(256)];
   * for (const level of negative.keys()) negative[level] = 255 - level;
   * const warped = new Uint8Array(96 * 96);
   * const affine = [-0.5, 0, 0, 0, 0.5, 0] as const;
   * view.warp(new Uint8Array(192 * 192), 192, 192, { affine, ramp: [20, 0], curve: negative }, warped);
   */
  warp(levels: Uint8Array, width: number, height: number, options: WarpOptions, warped: Uint8Array): void {
    const warping = warpingOf(options);
    checkInteger("width", width, 1, LONGEST_WARPED_SIDE);
    checkInteger("height", height, 1, LONGEST_WARPED_SIDE);
    const input = bytesOf("levels", levels, width * height);
    const output = bytesOf("warped", warped, this.#pixels);
    this.#runner.warp(input, { width, height }, warping, this.#size, output);
  }

  get #pixels(): number {
    return this.#size.width * this.#size.height;
  }

  /** The result of `use` of a picture's mask, its threshold and its gray levels; the arrays are valid until it returns. */
  #binarized<Result>(
    source: PictureSource,
    style: MaskStyle,
    use: (marked: Uint8Array, threshold: number, gray: Uint8Array) => Result,
  ): Result {
    const maskBytes = style.bytes(this.#pixels);
    return this.#runner.resized(
      source,
      this.#size,
      () => maskBytes,
      ({ kernels, memory, levels, pixels, counts, output }) => {
        kernels.histogram(levels, pixels, counts);
        const threshold = kernels.otsu_threshold(counts);
        kernels.write_mask(levels, pixels, threshold, style.format, style.inverted, output);
        const [marked, gray] = [memory.subarray(output, output + maskBytes), memory.subarray(levels, levels + pixels)];
        return use(marked, threshold, gray);
      },
    );
  }

  #writeLevels(source: PictureSource, target: Target, levels: Uint8Array): void {
    this.#runner.resized(source, target, noOutput, (resized) => {
      levels.set(resized.memory.subarray(resized.levels, resized.levels + levels.length));
    });
  }
}

/** Nothing but the levels is needed. */
const noOutput = (): number => 0;

/** The arrays of a local threshold, checked after its other arguments. */
function planesOf(
  levels: Uint8Array,
  width: number,
  height: number,
  mask: Uint8Array,
  options: MaskOptions,
): { readonly input: Uint8Array; readonly output: Uint8Array; readonly style: MaskStyle } {
  checkInteger("width", width, 1, LONGEST_SIDE);
  checkInteger("height", height, 1, LONGEST_SIDE);
  const style = styleBy(options);
  const input = bytesOf("levels", levels, width * height);
  return { input, output: bytesOf("mask", mask, style.bytes(width * height)), style };
}
