// Pictures in color as three planes, one after the other: red, green and blue. Each is resized and seen like a gray picture.

import type { Picture } from "@silhouette/preprocess-wasm";

/** Number of planes. */
export const PLANES = 3;

/** Plane `index`, 0 to 2, of `[3, height, width]` levels; a view of them. */
export function planeOf(colors: Uint8Array, index: number): Uint8Array {
  const size = colors.length / PLANES;
  return colors.subarray(index * size, (index + 1) * size);
}

/** Channel `index`, 0 to 2, of a picture as a gray picture; a gray picture is its own channels. */
export function channelOf(picture: Picture, index: number): Picture {
  const { data, width, height, channels, stride = width * channels, region } = picture;
  if (channels === 1) return picture;
  const levels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    let from = y * stride + index;
    for (let at = y * width; at < (y + 1) * width; at++, from += channels) levels[at] = data[from] ?? 0;
  }
  return { data: levels, width, height, channels: 1, ...(region && { region }) };
}

/** The gray levels of `[3, height, width]` colors, by OpenCV's rule: see `Preprocessor.gray`. */
export function grayOf(colors: Uint8Array): Uint8Array {
  const [red, green, blue] = [0, 1, 2].map((index) => planeOf(colors, index)) as [Uint8Array, Uint8Array, Uint8Array];
  return red.map((level, at) => (9798 * level + 19_235 * (green[at] ?? 0) + 3735 * (blue[at] ?? 0) + 16_384) >> 15);
}
