// How well Otsu's threshold separates the gray levels of a picture: pictures whose object and background have the same levels give
// masks that do not show the object.

import { Preprocessor } from "@silhouette/preprocess-wasm";

import { grayOf } from "./colors.ts";
import type { DatasetRow, StoredSize } from "./format.ts";

const LEVELS = 256;

/**
 * Otsu's separability of gray levels (N. Otsu, "A Threshold Selection Method from Gray-Level Histograms", 1979, η): the variance between
 * the levels up to the threshold and those above it, as a share of the total variance.
 *
 * @param counts `[256]`: number of pixels of each level
 * @param threshold 0 to 255
 * @returns 0 to 1; 0 if all pixels are on one side
 */
export function separabilityOf(counts: ArrayLike<number>, threshold: number): number {
  const dark = momentsOf(counts, 0, threshold);
  const light = momentsOf(counts, threshold + 1, LEVELS - 1);
  const pixels = dark.pixels + light.pixels;
  if (dark.pixels === 0 || light.pixels === 0) return 0;
  const mean = (dark.sum + light.sum) / pixels;
  const total = (dark.squares + light.squares) / pixels - mean * mean;
  const difference = dark.sum / dark.pixels - light.sum / light.pixels;
  const between = (dark.pixels / pixels) * (light.pixels / pixels) * difference * difference;
  // Both are equal for two levels, except for rounding.
  return Math.min(1, between / total);
}

/**
 * The separability of a dataset's picture at its stored size. Requires the preprocessor's kernels: see `initPreprocessor`.
 *
 * @returns 0 to 1; null for a picture of which only black and white are kept
 */
export function storedSeparability(
  { pixels, threshold }: Pick<DatasetRow, "pixels" | "threshold">,
  { width, height, pixelFormat }: StoredSize,
): number | null {
  if (pixelFormat === "binary1") return null;
  const counts = new Uint32Array(LEVELS);
  new Preprocessor({ width, height }).histogram(pixelFormat === "rgb8" ? grayOf(pixels) : pixels, counts);
  return separabilityOf(counts, threshold);
}

/** Number of pixels of the levels `from` to `to`, and the sums of their levels and of their squares. */
function momentsOf(
  counts: ArrayLike<number>,
  from: number,
  to: number,
): { readonly pixels: number; readonly sum: number; readonly squares: number } {
  let [pixels, sum, squares] = [0, 0, 0];
  for (let level = from; level <= to; level++) {
    const count = counts[level] ?? 0;
    pixels += count;
    sum += count * level;
    squares += count * level * level;
  }
  return { pixels, sum, squares };
}
