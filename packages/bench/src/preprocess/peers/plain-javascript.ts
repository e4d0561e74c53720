// The same arithmetic in plain JavaScript, as fast as we could make it, without WebAssembly and without approximation:
// OpenCV's gray, Pillow 13's antialiased bilinear resize, OpenCV's Otsu, a mask of 0 and 1. In: a picture. Out: the
// mask and the threshold, byte for byte those of @silhouette/preprocess-wasm, whose src/ gives the sources of the
// rules.
//
// Hot loops run on typed arrays that are made once for a picture size. `?? 0` only satisfies the type checker: no index
// leaves its array, and compiled code is as fast without it.

import type { Picture } from "@silhouette/preprocess-wasm";

/** Gray: weights times 2^15, which sum to 2^15, and one half. */
const RED = 9798;
const GREEN = 19235;
const BLUE = 3735;
const GRAY_FRACTION_BITS = 15;
const GRAY_HALF = 1 << (GRAY_FRACTION_BITS - 1);

/** Resize: fraction bits of a weight, and one half. A weighted sum is at most about 255 * 2^22 < 2^31. */
const FRACTION_BITS = 22;
const HALF = 1 << (FRACTION_BITS - 1);

/** Rows that the horizontal pass computes at once, so that a weight is read once for all of them. */
const STRIP_ROWS = 4;

/** Rows that the vertical pass adds at once, so that a sum is stored once for all of them. */
const TAP_ROWS = 4;

/** Tables of the histogram, which take turns: a run of equal pixels does not wait for its own last store. */
const TABLES = 4;

/** Otsu: a class with less than this share of the pixels is not a class. OpenCV's `FLT_EPSILON`. */
const SMALLEST_SHARE = 2 ** -23;

/** Bytes of any kind: pixels, gray levels. */
type Bytes = Uint8Array | Uint8ClampedArray;

/** Windows and weights that turn one length into another. */
interface AxisPlan {
  /** `[target]`, first input pixel of each output pixel. */
  readonly starts: Int32Array;
  /** `[target]`, number of input pixels of each output pixel. */
  readonly counts: Int32Array;
  /** `[target][taps]`, 0 behind a window's count. */
  readonly weights: Int32Array;
  /** Weights kept for each output pixel, a multiple of `TAP_ROWS`. */
  readonly taps: number;
}

/** Plans and memory for pictures of one size. */
interface Prepared {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Undefined where the length stays. */
  readonly horizontal: AxisPlan | undefined;
  readonly vertical: AxisPlan | undefined;
  readonly columnsFirst: boolean;
  /** Gray levels of the picture: of `STRIP_ROWS` rows, or of all where columns come first. */
  readonly gray: Uint8Array;
  /** The plane between the two passes. */
  readonly between: Uint8Array;
  /** One sum a column. */
  readonly sums: Int32Array;
}

/** The peer: like ours, one output size for pictures of any size; plans are kept while pictures keep their size. */
export class PlainJavaScriptPreprocessor {
  readonly #width: number;
  readonly #height: number;
  readonly #levels: Uint8Array;
  readonly #counts = new Uint32Array(256);
  #prepared: Prepared | undefined;

  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
    this.#levels = new Uint8Array(width * height);
  }

  /** Gray, resize, Otsu, 0 or 1 a pixel into `mask` (width * height bytes). Returns the threshold. */
  binarize(picture: Picture, mask: Uint8Array): number {
    this.#resize(picture);
    return otsuMask(this.#levels, this.#counts, mask);
  }

  #resize({ data, width, height, channels }: Picture): void {
    const prepared = this.#preparedFor(width, height, channels);
    const { horizontal, vertical, columnsFirst, gray, between, sums } = prepared;
    const levels = this.#levels;
    if (horizontal === undefined || columnsFirst) {
      const plane = channels === 1 ? data : gray;
      if (channels !== 1) grayLevels(data, 0, channels, gray, width * height);
      if (vertical === undefined) {
        levels.set(plane);
      } else if (horizontal === undefined) {
        verticalPass(plane, width, vertical, sums, levels);
      } else {
        verticalPass(plane, width, vertical, sums, between);
        for (let y = 0; y < this.#height; y += STRIP_ROWS) {
          horizontalStrip(between, y * width, width, horizontal, this.#height - y, levels, y * this.#width);
        }
      }
      return;
    }
    const narrowed = vertical === undefined ? levels : between;
    for (let y = 0; y < height; y += STRIP_ROWS) {
      const rows = Math.min(STRIP_ROWS, height - y);
      if (channels === 1) {
        horizontalStrip(data, y * width, width, horizontal, rows, narrowed, y * this.#width);
      } else {
        grayLevels(data, y * width * channels, channels, gray, rows * width);
        horizontalStrip(gray, 0, width, horizontal, rows, narrowed, y * this.#width);
      }
    }
    if (vertical !== undefined) verticalPass(between, this.#width, vertical, sums, levels);
  }

  #preparedFor(width: number, height: number, channels: number): Prepared {
    const last = this.#prepared;
    if (last?.width === width && last.height === height && last.channels === channels) return last;
    const shrinksBy = { width: width - this.#width, height: height - this.#height };
    // Pillow 13's choice: columns first where the height shrinks by more than twice what the width does.
    const columnsFirst = shrinksBy.height > 0 && shrinksBy.height > 2 * shrinksBy.width;
    const wantsPlane = columnsFirst || width === this.#width;
    const prepared = {
      width,
      height,
      channels,
      horizontal: width === this.#width ? undefined : axisPlan(width, this.#width),
      vertical: height === this.#height ? undefined : axisPlan(height, this.#height),
      columnsFirst,
      gray: new Uint8Array(channels === 1 ? 0 : width * (wantsPlane ? height : STRIP_ROWS)),
      between: new Uint8Array(columnsFirst ? width * this.#height : this.#width * height),
      sums: new Int32Array(Math.max(width, this.#width)),
    };
    this.#prepared = prepared;
    return prepared;
  }
}

/** Gray levels of `pixels` pixels of 3 or 4 bytes from `firstByte` on, into the start of `levels`. */
export function grayLevels(data: Bytes, firstByte: number, channels: number, levels: Uint8Array, pixels: number): void {
  let byte = firstByte;
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    const red = Math.imul(RED, data[byte] ?? 0);
    const green = Math.imul(GREEN, data[byte + 1] ?? 0);
    const blue = Math.imul(BLUE, data[byte + 2] ?? 0);
    levels[pixel] = (red + green + blue + GRAY_HALF) >> GRAY_FRACTION_BITS;
    byte += channels;
  }
}

/** Otsu's threshold of gray levels, and the mask by it; `counts` is overwritten with the levels' histogram. */
export function otsuMask(levels: Uint8Array, counts: Uint32Array, mask: Uint8Array): number {
  histogram(levels, counts);
  const threshold = otsuThreshold(counts);
  maskAbove(levels, threshold, mask);
  return threshold;
}

/** Counts each of the 256 gray levels. */
export function histogram(levels: Uint8Array, counts: Uint32Array): void {
  tables.fill(0);
  const whole = levels.length - (levels.length % TABLES);
  for (let pixel = 0; pixel < whole; pixel += TABLES) {
    count(levels[pixel] ?? 0);
    count(256 + (levels[pixel + 1] ?? 0));
    count(512 + (levels[pixel + 2] ?? 0));
    count(768 + (levels[pixel + 3] ?? 0));
  }
  for (let pixel = whole; pixel < levels.length; pixel += 1) count(levels[pixel] ?? 0);
  for (let level = 0; level < 256; level += 1) {
    counts[level] =
      (tables[level] ?? 0) + (tables[256 + level] ?? 0) + (tables[512 + level] ?? 0) + (tables[768 + level] ?? 0);
  }
}

const tables = new Uint32Array(TABLES * 256);

function count(entry: number): void {
  tables[entry] = (tables[entry] ?? 0) + 1;
}

/**
 * The level that maximises the variance between the classes `level <= t` and `level > t`; the lowest of equals, and 0
 * where all pixels have one level. The order of the operations is OpenCV's: on ties the last bit decides.
 *
 * Legend: `p` share of level i; `q1`, `q2` shares of the classes; `mu1`, `mu2` their means; `mu` the mean of all.
 */
function otsuThreshold(counts: Uint32Array): number {
  let pixels = 0;
  let mu = 0;
  for (let level = 0; level < 256; level += 1) {
    pixels += counts[level] ?? 0;
    mu += level * (counts[level] ?? 0);
  }
  const scale = 1 / pixels;
  mu *= scale;

  let threshold = 0;
  let largestVariance = 0;
  let mu1 = 0;
  let q1 = 0;
  for (let level = 0; level < 256; level += 1) {
    const p = (counts[level] ?? 0) * scale;
    mu1 *= q1;
    q1 += p;
    const q2 = 1 - q1;
    if (Math.min(q1, q2) < SMALLEST_SHARE || Math.max(q1, q2) > 1 - SMALLEST_SHARE) continue;
    mu1 = (mu1 + level * p) / q1;
    const mu2 = (mu - q1 * mu1) / q2;
    const variance = q1 * q2 * (mu1 - mu2) * (mu1 - mu2);
    if (variance > largestVariance) {
      largestVariance = variance;
      threshold = level;
    }
  }
  return threshold;
}

/** 1 where a level is above the threshold, else 0. */
function maskAbove(levels: Uint8Array, threshold: number, mask: Uint8Array): void {
  // The sign bit of (threshold - level) says that the level is above.
  for (let pixel = 0; pixel < levels.length; pixel += 1) mask[pixel] = (threshold - (levels[pixel] ?? 0)) >>> 31;
}

/**
 * ```text
 * scale   = source / target              support = max(1, scale): half the width of the triangle
 * center  = (i + .5) * scale             window  = [int(center - support + .5), int(center + support + .5))
 * weight  = 1 - |x + .5 - center| / support, divided by the window's sum, rounded to 22 bits
 * ```
 */
function axisPlan(source: number, target: number): AxisPlan {
  const scale = source / target;
  const support = Math.max(1, scale);
  const perSupport = 1 / support;
  const taps = Math.ceil((2 * Math.ceil(support) + 1) / TAP_ROWS) * TAP_ROWS;
  const starts = new Int32Array(target);
  const counts = new Int32Array(target);
  const weights = new Int32Array(target * taps);
  for (let output = 0; output < target; output += 1) {
    const center = (output + 0.5) * scale;
    const start = Math.trunc(Math.max(0, center - support + 0.5));
    const end = Math.min(source, Math.trunc(center + support + 0.5));
    const triangle = (x: number): number => Math.max(0, 1 - Math.abs((x - center + 0.5) * perSupport));
    let sum = 0;
    for (let x = start; x < end; x += 1) sum += triangle(x);
    for (let x = start; x < end; x += 1) {
      weights[output * taps + x - start] = Math.trunc(0.5 + (triangle(x) / sum) * 2 ** FRACTION_BITS);
    }
    starts[output] = start;
    counts[output] = end - start;
  }
  return { starts, counts, weights, taps };
}

/**
 * Up to `STRIP_ROWS` rows of `plane`, `width` bytes each from `first` on, into rows of `output` from `firstOutput` on.
 * Of fewer rows the last is computed again in the place of each that is missing.
 */
function horizontalStrip(
  plane: Bytes,
  first: number,
  width: number,
  { starts, counts, weights, taps }: AxisPlan,
  rows: number,
  output: Uint8Array,
  firstOutput: number,
): void {
  const target = starts.length;
  const row1 = rows > 1 ? width : 0;
  const row2 = rows > 2 ? 2 * width : row1;
  const row3 = rows > 3 ? 3 * width : row2;
  const output1 = rows > 1 ? firstOutput + target : firstOutput;
  const output2 = rows > 2 ? firstOutput + 2 * target : output1;
  const output3 = rows > 3 ? firstOutput + 3 * target : output2;
  for (let x = 0; x < target; x += 1) {
    let sum0 = HALF;
    let sum1 = HALF;
    let sum2 = HALF;
    let sum3 = HALF;
    let weightIndex = x * taps;
    const start = first + (starts[x] ?? 0);
    const end = start + (counts[x] ?? 0);
    for (let tap = start; tap < end; tap += 1) {
      const weight = weights[weightIndex] ?? 0;
      sum0 = (sum0 + Math.imul(plane[tap] ?? 0, weight)) | 0;
      sum1 = (sum1 + Math.imul(plane[tap + row1] ?? 0, weight)) | 0;
      sum2 = (sum2 + Math.imul(plane[tap + row2] ?? 0, weight)) | 0;
      sum3 = (sum3 + Math.imul(plane[tap + row3] ?? 0, weight)) | 0;
      weightIndex += 1;
    }
    // Rounded weights can sum to a little more than one.
    output[firstOutput + x] = Math.min(255, sum0 >> FRACTION_BITS);
    output[output1 + x] = Math.min(255, sum1 >> FRACTION_BITS);
    output[output2 + x] = Math.min(255, sum2 >> FRACTION_BITS);
    output[output3 + x] = Math.min(255, sum3 >> FRACTION_BITS);
  }
}

/**
 * Every output row from a window of the rows of `plane`, which are `width` bytes apart: `TAP_ROWS` of them at once into
 * `sums`, the last of them into `output`.
 */
function verticalPass(
  plane: Bytes,
  width: number,
  { starts, counts, weights, taps }: AxisPlan,
  sums: Int32Array,
  output: Uint8Array,
): void {
  for (let y = 0; y < starts.length; y += 1) {
    let row = (starts[y] ?? 0) * width;
    let weightIndex = y * taps;
    sums.fill(HALF, 0, width);
    for (let left = counts[y] ?? 0; left > 0; left -= TAP_ROWS) {
      const weight0 = weights[weightIndex] ?? 0;
      const weight1 = weights[weightIndex + 1] ?? 0;
      const weight2 = weights[weightIndex + 2] ?? 0;
      const weight3 = weights[weightIndex + 3] ?? 0;
      // Behind the window the last row is read again; its weight is 0 there.
      const row1 = left > 1 ? row + width : row;
      const row2 = left > 2 ? row1 + width : row1;
      const row3 = left > 3 ? row2 + width : row2;
      if (left > TAP_ROWS) {
        for (let x = 0; x < width; x += 1) {
          sums[x] =
            (sums[x] ?? 0) +
            Math.imul(plane[row + x] ?? 0, weight0) +
            Math.imul(plane[row1 + x] ?? 0, weight1) +
            Math.imul(plane[row2 + x] ?? 0, weight2) +
            Math.imul(plane[row3 + x] ?? 0, weight3);
        }
      } else {
        const firstOutput = y * width;
        for (let x = 0; x < width; x += 1) {
          const sum =
            (sums[x] ?? 0) +
            Math.imul(plane[row + x] ?? 0, weight0) +
            Math.imul(plane[row1 + x] ?? 0, weight1) +
            Math.imul(plane[row2 + x] ?? 0, weight2) +
            Math.imul(plane[row3 + x] ?? 0, weight3);
          output[firstOutput + x] = Math.min(255, sum >> FRACTION_BITS);
        }
      }
      row += TAP_ROWS * width;
      weightIndex += TAP_ROWS;
    }
  }
}
