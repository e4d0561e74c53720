// How well Otsu's threshold separates the gray levels of a picture: pictures whose object and background have the same levels give
// masks that do not show the object.

import { grayOf } from "./colors.ts";
import type { DatasetRow, StoredSize } from "./format.ts";

/**
 * Otsu's separability of gray levels (N. Otsu, "A Threshold Selection Method from Gray-Level Histograms", 1979, η): the variance between
 * the levels up to the threshold and those above it, as a share of the total variance.
 *
 * @param levels gray levels, 0 to 255
 * @param threshold 0 to 255
 * @returns 0 to 1; 0 if all pixels are on one side
 */
export function separability(levels: Uint8Array, threshold: number): number {
  let [dark, darkSum, sum, squares] = [0, 0, 0, 0];
  for (const level of levels) {
    sum += level;
    squares += level * level;
    if (level > threshold) continue;
    dark++;
    darkSum += level;
  }
  const light = levels.length - dark;
  if (dark === 0 || light === 0) return 0;
  const mean = sum / levels.length;
  const total = squares / levels.length - mean * mean;
  const difference = darkSum / dark - (sum - darkSum) / light;
  const between = (dark / levels.length) * (light / levels.length) * difference * difference;
  // Both are equal for two levels, except for rounding.
  return Math.min(1, between / total);
}

/**
 * The separability of a dataset's picture at its stored size.
 *
 * @returns 0 to 1; null for a picture of which only black and white are kept
 */
export function storedSeparability(
  { pixels, threshold }: Pick<DatasetRow, "pixels" | "threshold">,
  { pixelFormat }: Pick<StoredSize, "pixelFormat">,
): number | null {
  if (pixelFormat === "binary1") return null;
  return separability(pixelFormat === "rgb8" ? grayOf(pixels) : pixels, threshold);
}
