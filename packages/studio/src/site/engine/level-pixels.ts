// Gray levels as pixels to look at: as they are, or as a network sees them that divides them by thresholds.

/**
 * RGBA of `levels`: each as light as the share of `thresholds` that it is above, or as it is if there are none.
 *
 * @param levels `[height, width]`, 0 to 255
 */
export function levelPixels(levels: Uint8Array, thresholds: readonly number[]): Uint8ClampedArray<ArrayBuffer> {
  const shades = Uint8Array.from({ length: 256 }, (_, level) => {
    const passed = thresholds.filter((threshold) => level > threshold).length;
    return thresholds.length === 0 ? level : (255 * passed) / thresholds.length;
  });
  const pixels = new Uint8ClampedArray(4 * levels.length).fill(255);
  for (const [at, level] of levels.entries()) pixels.fill(shades[level] ?? 0, 4 * at, 4 * at + 3);
  return pixels;
}
