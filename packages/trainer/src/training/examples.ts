// Example pictures that show what a network will see.

import type { PictureSet } from "../dataset/picture-set.ts";

/** A picture as the network sees it. */
export interface Example {
  /** Its class. */
  readonly label: string;
  /** 1 bit per pixel, bit 7 first, without padding between rows: `packedBytes` bytes. */
  readonly pixels: Uint8Array;
}

/** The first picture of each class that has one, in the order of the labels. */
export function examplesOf(pictures: PictureSet): readonly Example[] {
  const examples = new Map<number, Example>();
  for (let index = 0; index < pictures.size && examples.size < pictures.labels.length; index++) {
    const { label, pixels } = pictures.at(index);
    if (!examples.has(label)) examples.set(label, { label: pictures.labels[label] ?? "", pixels });
  }
  return [...examples].toSorted(([one], [other]) => one - other).map(([, example]) => example);
}
