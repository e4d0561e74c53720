// Pictures in color as three planes, one after the other: red, green and blue. Each is resized and seen like a gray picture.

/** Number of planes. */
export const PLANES = 3;

/** Plane `index`, 0 to 2, of `[3, height, width]` levels; a view of them. */
export function planeOf(colors: Uint8Array, index: number): Uint8Array {
  const size = colors.length / PLANES;
  return colors.subarray(index * size, (index + 1) * size);
}

/** The gray levels of `[3, height, width]` colors, by OpenCV's rule: see `Preprocessor.gray`. */
export function grayOf(colors: Uint8Array): Uint8Array {
  const [red, green, blue] = [0, 1, 2].map((index) => planeOf(colors, index)) as [Uint8Array, Uint8Array, Uint8Array];
  return red.map((level, at) => (9798 * level + 19_235 * (green[at] ?? 0) + 3735 * (blue[at] ?? 0) + 16_384) >> 15);
}
