// The mean silhouette of a class: where its pictures are light.

import type { PictureSet } from "./picture-set.ts";

/**
 * The mean of the black-and-white pictures of each class, at the network's size.
 *
 * @returns for each label, `[height, width]`: the share of its pictures that are light there, 0 to 1; null for a class without pictures
 */
export async function meanSilhouettes(pictures: PictureSet): Promise<readonly (Float32Array<ArrayBuffer> | null)[]> {
  const { width, height } = pictures.input;
  const { counts } = pictures;
  const sums = pictures.labels.map(() => new Float32Array(width * height));
  for await (const picture of pictures.read(singles(pictures.size))) {
    const sum = sums[picture.at(0).label];
    if (sum === undefined) continue;
    const bits = picture.silhouette(0);
    for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] ?? 0) + (((bits[at >> 3] ?? 0) >> (7 - (at % 8))) & 1);
  }
  return sums.map((sum, label) => {
    const count = counts[label] ?? 0;
    return count === 0 ? null : sum.map((light) => light / count);
  });
}

/** Each picture as a part. */
function* singles(size: number): Generator<Int32Array, void, undefined> {
  for (let index = 0; index < size; index++) yield Int32Array.of(index);
}
