// Pictures in, gray levels or bits out: lays out the kernels' memory, copies in, calls, copies out.
//
// Callers own every array. All of them are checked before anything is computed: a wrong argument leaves outputs as they
// were.

import { Arena, type Address } from "./arena.ts";
import {
  checkBytes,
  checkChoice,
  checkCounts,
  checkFinite,
  checkInteger,
  checkLevels,
  checkObject,
  checkOccurring,
  checkWindow,
  LONGEST_SIDE,
} from "./check.ts";
import { compileKernels, instantiateKernels, type InstructionSet, type Kernels } from "./kernels.ts";
import { PlanCache } from "./plan-cache.ts";

/** What {@link createPreprocessor} can be told. */
export interface PreprocessorOptions {
  /** Pixels a row of the output, 1 to 16,777,215. Default 300. */
  readonly width?: number;
  /** Rows of the output, 1 to 16,777,215. Default 300. */
  readonly height?: number;
  /** Which kernels to use. Default: `simd128` where the engine has it, else `scalar`. Both give the same bytes. */
  readonly instructionSet?: InstructionSet;
}

/** A picture in the caller's memory. */
export interface Picture {
  /** `[height, width, channels]`, row by row without padding. */
  readonly data: Uint8Array | Uint8ClampedArray;
  /** Pixels a row, 1 to 16,777,215. */
  readonly width: number;
  /** Rows, 1 to 16,777,215. */
  readonly height: number;
  /** Bytes a pixel: 1 gray, 3 RGB, 4 RGBA. Alpha is ignored: put transparent pictures on a background first. */
  readonly channels: 1 | 3 | 4;
}

/** What {@link Preprocessor.sauvolaMask} can be told. */
export interface SauvolaOptions {
  /** Pixels of the window's side: odd, 1 to 2,901. Default 15. */
  readonly window?: number;
  /** How much of the mean is taken away where the window has no contrast: finite, 0 to 1 as a rule. Default 0.2. */
  readonly k?: number;
}

/** What {@link Preprocessor.localMeanMask} has to be told. */
export interface LocalMeanOptions {
  /** Pixels of the window's side: odd, 3 to 2,901. */
  readonly window: number;
  /** How many levels below its window's mean a pixel is still 1: finite, may be negative. OpenCV's `C`. */
  readonly offset: number;
}

/** Sources and outputs in WebAssembly memory at once; longer batches are computed in parts. */
const BATCH_BYTES = 64 * 2 ** 20;

/** An instance whose memory has grown beyond this is replaced after the call: WebAssembly memory never shrinks. */
const RESTING_BYTES = 128 * 2 ** 20;

/** 32-bit words of `Job` in src/abi.rs. */
const JOB_WORDS = 12;
/** Place of the threshold among them. */
const JOB_THRESHOLD = 10;

/** Bytes of `ClassTable` in src/multi_otsu.rs. */
const CLASS_TABLE_BYTES = 256 * 256 * 4;

/**
 * A preprocessor for pictures of any size and outputs of one size.
 *
 * Nothing is read or compiled before the first call; all preprocessors of a process share the compiled kernels.
 *
 * @param options the size of the outputs: 300 x 300 pixels if nothing is told
 * @throws {PreprocessError} `INVALID_ARGUMENT`, `UNSUPPORTED_ENGINE`, `KERNELS_UNAVAILABLE`, `OUT_OF_MEMORY`
 * @example
 * import { createPreprocessor } from "@silhouette/preprocess-wasm";
 *
 * const preprocessor = await createPreprocessor({ width: 300, height: 300 });
 * const bits = new Uint8Array(preprocessor.packedBytes); // 11,250
 *
 * const rgba = new Uint8Array(640 * 480 * 4).fill(200); // from a canvas, a camera, a decoder
 * const threshold = preprocessor.binarize({ data: rgba, width: 640, height: 480, channels: 4 }, bits);
 * console.log(threshold, bits);
 */
export async function createPreprocessor(options: PreprocessorOptions = {}): Promise<Preprocessor> {
  checkObject("options", options);
  const { width = 300, height = 300, instructionSet: requested } = options;
  checkInteger("width", width, 1, LONGEST_SIDE);
  checkInteger("height", height, 1, LONGEST_SIDE);
  checkChoice("instructionSet", requested, ["simd128", "scalar", undefined]);
  const { module, instructionSet } = await compileKernels(requested);
  return new Preprocessor(module, instructionSet, width, height);
}

/** Made by {@link createPreprocessor}. Each has WebAssembly memory of its own; nothing needs to be freed. */
export class Preprocessor {
  /** Pixels a row of the output. */
  readonly width: number;
  /** Rows of the output. */
  readonly height: number;
  /** Bytes of the output of {@link Preprocessor.binarize}: ceil(width * height / 8). */
  readonly packedBytes: number;
  /** The kernels in use. */
  readonly instructionSet: InstructionSet;
  readonly #module: WebAssembly.Module;
  readonly #plans = new PlanCache();
  #kernels: Kernels;

  /** @internal */
  constructor(module: WebAssembly.Module, instructionSet: InstructionSet, width: number, height: number) {
    this.width = width;
    this.height = height;
    this.packedBytes = Math.ceil((width * height) / 8);
    this.instructionSet = instructionSet;
    this.#module = module;
    this.#kernels = instantiateKernels(module);
  }

  /**
   * The whole way: {@link Preprocessor.gray}, {@link Preprocessor.resize}, {@link Preprocessor.otsuThreshold}, one bit a
   * pixel.
   *
   * @param picture read, not kept
   * @param bits `packedBytes` bytes, overwritten. Bit 7 of a byte is its first pixel, 1 is lighter than the threshold;
   * rows follow each other without padding, unused bits of the last byte are 0.
   * @returns Otsu's threshold, 0 to 255: pixels above it are 1
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  binarize(picture: Picture, bits: Uint8Array): number {
    const thresholds = new Uint8Array(1);
    this.binarizeBatch([picture], bits, thresholds);
    return thresholds[0] ?? 0;
  }

  /**
   * {@link Preprocessor.binarize} for many pictures, which may differ in size, in few calls of the kernels.
   *
   * @param pictures any number, read, not kept
   * @param bits `[pictures, packedBytes]`, overwritten with each picture's bits
   * @param thresholds `[pictures]`, overwritten with each picture's threshold, 0 to 255
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  binarizeBatch(pictures: readonly Picture[], bits: Uint8Array, thresholds: Uint8Array): void {
    for (const [index, picture] of pictures.entries()) checkPicture(`pictures[${index}]`, picture);
    checkBytes("bits", bits, pictures.length * this.packedBytes);
    checkBytes("thresholds", thresholds, pictures.length);
    let [first, bytes] = [0, 0];
    for (const [index, { data }] of pictures.entries()) {
      bytes += data.length + this.packedBytes;
      const next = pictures[index + 1];
      if (next !== undefined && bytes + next.data.length + this.packedBytes <= BATCH_BYTES) continue;
      this.#binarizePart(pictures.slice(first, index + 1), first, bits, thresholds);
      [first, bytes] = [index + 1, 0];
    }
  }

  /**
   * Gray levels at the output's size: gray first, then an antialiased bilinear resize that stretches, equal to Pillow
   * 13's `Image.resize(size, BILINEAR)` of the gray picture bit for bit.
   *
   * @param picture read, not kept
   * @param levels `[height, width]` of the output, overwritten with 0 to 255
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  resize(picture: Picture, levels: Uint8Array): void {
    checkPicture("picture", picture);
    checkBytes("levels", levels, this.width * this.height);
    this.#run([picture], levels.length, levels, (kernels, job) => kernels.resize(job));
  }

  /**
   * Gray levels at the picture's own size, by OpenCV's rule: (9798 R + 19235 G + 3735 B + 16384) >> 15, which is the luma
   * of ITU-R BT.601 (0.299 R + 0.587 G + 0.114 B), rounded. A gray picture stays as it is.
   *
   * @param picture read, not kept
   * @param levels `[height, width]` of the picture, overwritten with 0 to 255
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  gray(picture: Picture, levels: Uint8Array): void {
    checkPicture("picture", picture);
    checkBytes("levels", levels, picture.width * picture.height);
    this.#map(picture.data, levels, (kernels, source, target) =>
      kernels.gray(source, levels.length, picture.channels, target),
    );
  }

  /**
   * How often each gray level occurs.
   *
   * @param levels any number of gray levels, of 8 or 16 bits
   * @param counts 256 counts, or 65,536 of 16-bit levels, overwritten: `counts[level]` of the levels are `level`
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  histogram(levels: Uint8Array | Uint16Array, counts: Uint32Array): void {
    checkLevels("levels", levels);
    const is16 = levels instanceof Uint16Array;
    checkCounts("counts", counts, is16 ? 65_536 : 256);
    this.#map(bytesOf(levels), bytesOf(counts), (kernels, source, target) =>
      is16 ? kernels.histogram_16(source, levels.length, target) : kernels.histogram(source, levels.length, target),
    );
  }

  /**
   * Otsu's threshold of a histogram (N. Otsu, "A threshold selection method from gray-level histograms", 1979), equal to
   * OpenCV's `threshold(..., THRESH_OTSU)`: the lowest level that maximises the variance between the classes; 0 where all
   * pixels have one level.
   *
   * @param counts 256 counts, or 65,536 of 16-bit levels; not all 0
   * @returns 0 to 255, or 0 to 65,535: the levels above it are the lighter class
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  otsuThreshold(counts: Uint32Array): number {
    checkOccurring("counts", counts, 1, 256, 65_536);
    return this.#measure(counts, (kernels, source) =>
      counts.length === 256 ? kernels.otsu_threshold(source) : kernels.otsu_threshold_16(source),
    );
  }

  /**
   * A mask of 1 where a level is above the threshold, else 0.
   *
   * @param levels any number of gray levels, of 8 or 16 bits
   * @param threshold 0 to 255, or to 65,535
   * @param mask as long as `levels`, overwritten
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  thresholdMask(levels: Uint8Array | Uint16Array, threshold: number, mask: Uint8Array): void {
    checkLevels("levels", levels);
    const is16 = levels instanceof Uint16Array;
    checkInteger("threshold", threshold, 0, is16 ? 65_535 : 255);
    checkBytes("mask", mask, levels.length);
    this.#map(bytesOf(levels), mask, (kernels, source, target) =>
      is16
        ? kernels.threshold_mask_16(source, levels.length, threshold, target)
        : kernels.threshold_mask(source, levels.length, threshold, target),
    );
  }

  /**
   * Packs a mask, eight pixels a byte, in the bit order of {@link Preprocessor.binarize}.
   *
   * @param mask 0 is black, everything else white
   * @param bits ceil(mask.length / 8) bytes, overwritten
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  packBits(mask: Uint8Array, bits: Uint8Array): void {
    checkBytes("mask", mask);
    checkBytes("bits", bits, Math.ceil(mask.length / 8));
    this.#map(mask, bits, (kernels, source, target) => kernels.pack_bits(source, mask.length, target));
  }

  /**
   * The inverse of {@link Preprocessor.packBits}.
   *
   * @param bits ceil(mask.length / 8) bytes; unused bits of the last one are not looked at
   * @param mask any number of pixels, overwritten with 0 and 1
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  unpackBits(bits: Uint8Array, mask: Uint8Array): void {
    checkBytes("mask", mask);
    checkBytes("bits", bits, Math.ceil(mask.length / 8));
    this.#map(bits, mask, (kernels, source, target) => kernels.unpack_bits(source, mask.length, target));
  }

  /**
   * Otsu's thresholds between three or four classes (P.-S. Liao, T.-S. Chen and P.-C. Chung, "A fast algorithm for
   * multilevel thresholding", 2001), equal to scikit-image's `threshold_multiotsu(image, classes)`: the levels that
   * maximise the variance between the classes. Where no more levels occur than there are classes, each is a class of its
   * own.
   *
   * @param counts 256 counts; at least as many are not 0 as there are classes
   * @param classes 3 or 4
   * @returns `classes - 1` levels in rising order, 0 to 254: a class has the levels above one, up to the next
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  multiOtsuThresholds(counts: Uint32Array, classes: 3 | 4): number[] {
    checkChoice("classes", classes, [3, 4]);
    checkOccurring("counts", counts, classes, 256);
    const thresholds = new Uint8Array(classes - 1);
    this.#map(
      bytesOf(counts),
      thresholds,
      (kernels, source, target, table) => kernels.multi_otsu_thresholds(source, classes, table, target),
      CLASS_TABLE_BYTES,
    );
    return [...thresholds];
  }

  /**
   * The triangle method's threshold of a histogram with one high peak and a long tail (G. Zack, W. Rogers and S. Latt,
   * "Automatic measurement of sister chromatid exchange frequency", 1977), equal to OpenCV's
   * `threshold(..., THRESH_TRIANGLE)`.
   *
   * @param counts 256 counts, not all 0
   * @returns -1 to 256: the levels above it are the lighter class, so that -1 stands for all and 256 for none
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  triangleThreshold(counts: Uint32Array): number {
    checkOccurring("counts", counts, 1, 256);
    return this.#measure(counts, (kernels, source) => kernels.triangle_threshold(source));
  }

  /**
   * Li's threshold of a histogram, by which the cross entropy between the picture and its classes is least (C. H. Li
   * and P. K. S. Tam, "An iterative algorithm for minimum cross entropy thresholding", 1998), equal to scikit-image's
   * `threshold_li(image)` of an 8-bit picture within 1e-6.
   *
   * @param counts 256 counts, not all 0
   * @returns 0 to 255, not a whole number as a rule: the levels above it are the lighter class. The level itself where
   * only one occurs. {@link Preprocessor.thresholdMask} takes its `Math.floor`.
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  liThreshold(counts: Uint32Array): number {
    checkOccurring("counts", counts, 1, 256);
    return this.#measure(counts, (kernels, source) => kernels.li_threshold(source));
  }

  /**
   * A mask for uneven light, as on photographed paper: 1 where a level is above its window's
   * `m * (1 + k * (s / 128 - 1))`, else 0; m and s are mean and standard deviation of the window around the pixel
   * (J. Sauvola and M. Pietikäinen, "Adaptive document image binarization", 2000). Equal to scikit-image's
   * `image > threshold_sauvola(image, window, k, r=128)`: the plane is mirrored at its borders.
   *
   * @param levels `[height, width]`, gray levels
   * @param width pixels a row, 1 to 16,777,215
   * @param height rows, 1 to 16,777,215
   * @param mask `[height, width]`, overwritten
   * @param options the window's size, and how far below the mean the threshold lies
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  sauvolaMask(levels: Uint8Array, width: number, height: number, mask: Uint8Array, options: SauvolaOptions = {}): void {
    checkPlanes(levels, width, height, mask);
    checkObject("options", options);
    const { window = 15, k = 0.2 } = options;
    checkWindow("window", window, 1);
    checkFinite("k", k);
    this.#map(
      levels,
      mask,
      (kernels, source, target, workspace) => kernels.sauvola_mask(source, width, height, window, k, workspace, target),
      this.#kernels.local_workspace_bytes(width, height, window) >>> 0,
    );
  }

  /**
   * A mask for uneven light: 1 where a level is above the mean of the window around it, less an offset, else 0. Equal
   * to OpenCV's `adaptiveThreshold(..., ADAPTIVE_THRESH_MEAN_C, THRESH_BINARY, window, offset)`: the mean is rounded to a
   * level, the offset up to a whole number, and pixels beyond a border are those on it. In windows beyond 127 pixels
   * OpenCV's single precision may round a mean that lies all but halfway between two levels to the other one.
   *
   * @param levels `[height, width]`, gray levels
   * @param width pixels a row, 1 to 16,777,215
   * @param height rows, 1 to 16,777,215
   * @param mask `[height, width]`, overwritten
   * @param options the window's size and the offset
   * @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH`, `OUT_OF_MEMORY`
   */
  localMeanMask(levels: Uint8Array, width: number, height: number, mask: Uint8Array, options: LocalMeanOptions): void {
    checkPlanes(levels, width, height, mask);
    checkObject("options", options);
    const { window, offset } = options;
    checkWindow("window", window, 3);
    checkFinite("offset", offset);
    // Beyond 256 levels nothing changes any more.
    const levelsBelow = Math.ceil(Math.min(Math.max(offset, -256), 256));
    this.#map(
      levels,
      mask,
      (kernels, source, target, workspace) =>
        kernels.local_mean_mask(source, width, height, window, levelsBelow, workspace, target),
      this.#kernels.local_workspace_bytes(width, height, window) >>> 0,
    );
  }

  /** What one kernel tells of a histogram. */
  #measure(counts: Uint32Array, call: (kernels: Kernels, source: Address) => number): number {
    let measured = 0;
    this.#map(bytesOf(counts), new Uint8Array(0), (kernels, source) => (measured = call(kernels, source)));
    return measured;
  }

  /** `part` are the pictures from number `first` on. */
  #binarizePart(part: readonly Picture[], first: number, bits: Uint8Array, thresholds: Uint8Array): void {
    const packed = bits.subarray(first * this.packedBytes, (first + part.length) * this.packedBytes);
    this.#run(part, this.packedBytes, packed, (kernels, jobs, words) => {
      kernels.binarize(jobs, part.length);
      for (const index of part.keys()) {
        thresholds[first + index] = words[jobs / 4 + index * JOB_WORDS + JOB_THRESHOLD] ?? 0;
      }
    });
  }

  /** One kernel from `input` to `output`, with a workspace of as many bytes as it wants. */
  #map(
    input: Uint8Array | Uint8ClampedArray,
    output: Uint8Array,
    call: (kernels: Kernels, source: Address, target: Address, workspace: Address) => void,
    workspaceBytes = 0,
  ): void {
    const arena = new Arena(this.#kernels);
    const source = arena.reserve(input.length);
    const target = arena.reserve(output.length);
    const workspace = arena.reserve(workspaceBytes);
    const memory = arena.commit();
    memory.set(input, source);
    call(this.#kernels, source, target, workspace);
    output.set(memory.subarray(target, target + output.length));
    this.#rest();
  }

  /** One job a picture, `outputBytes` bytes each. They share the workspace, and the plans of equal lengths. */
  #run(
    pictures: readonly Picture[],
    outputBytes: number,
    output: Uint8Array,
    call: (kernels: Kernels, jobs: Address, words: Uint32Array) => void,
  ): void {
    const kernels = this.#kernels;
    // Computing a plan uses the arena from its start: before anything is reserved.
    const plans = new Map<Uint8Array, Address>();
    const planned = pictures.map(({ width, height }) => ({
      horizontal: width === this.width ? undefined : this.#plans.plan(kernels, width, this.width),
      vertical: height === this.height ? undefined : this.#plans.plan(kernels, height, this.height),
    }));

    const arena = new Arena(kernels);
    const jobs = arena.reserve(pictures.length * JOB_WORDS * 4);
    for (const plan of planned.flatMap(({ horizontal, vertical }) => [horizontal, vertical])) {
      if (plan !== undefined && !plans.has(plan)) plans.set(plan, arena.reserve(plan.length));
    }
    let workspaceBytes = 0;
    for (const { width, height, channels } of pictures) {
      const bytes = kernels.workspace_bytes(width, height, channels, this.width, this.height) >>> 0;
      workspaceBytes = Math.max(workspaceBytes, bytes);
    }
    const workspace = arena.reserve(workspaceBytes);
    const sources = pictures.map(({ data }) => arena.reserve(data.length));
    const outputs = arena.reserve(pictures.length * outputBytes);
    const memory = arena.commit();

    for (const [plan, address] of plans) memory.set(plan, address);
    // The kernels never grow their memory: one view serves before and after the call.
    const words = new Uint32Array(memory.buffer);
    const addressOf = (plan: Uint8Array | undefined): Address => (plan === undefined ? 0 : (plans.get(plan) ?? 0));
    for (const [index, { data, width, height, channels }] of pictures.entries()) {
      const source = sources[index] ?? 0;
      memory.set(data, source);
      words.set(
        [
          source,
          width,
          height,
          channels,
          this.width,
          this.height,
          addressOf(planned[index]?.horizontal),
          addressOf(planned[index]?.vertical),
          workspace,
          outputs + index * outputBytes,
        ],
        jobs / 4 + index * JOB_WORDS,
      );
    }
    call(kernels, jobs, words);
    output.set(memory.subarray(outputs, outputs + output.length));
    this.#rest();
  }

  /** Gives memory back after an unusually large picture. */
  #rest(): void {
    if (this.#kernels.memory.buffer.byteLength > RESTING_BYTES) this.#kernels = instantiateKernels(this.#module);
  }
}

function checkPicture(name: string, picture: Picture): void {
  checkObject(name, picture);
  checkInteger(`${name}.width`, picture.width, 1, LONGEST_SIDE);
  checkInteger(`${name}.height`, picture.height, 1, LONGEST_SIDE);
  checkChoice(`${name}.channels`, picture.channels, [1, 3, 4]);
  checkBytes(`${name}.data`, picture.data, picture.width * picture.height * picture.channels);
}

function checkPlanes(levels: Uint8Array, width: number, height: number, mask: Uint8Array): void {
  checkInteger("width", width, 1, LONGEST_SIDE);
  checkInteger("height", height, 1, LONGEST_SIDE);
  checkBytes("levels", levels, width * height);
  checkBytes("mask", mask, width * height);
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint8Array | Uint16Array | Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
