// Example pictures that show what a network will see.

import type { PictureSet } from "../dataset/picture-set.ts";

/** A picture in black and white, at the size at which the network sees it. */
export interface Example {
  /** Its class. */
  readonly label: string;
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** 1 bit per pixel, bit 7 first, without padding between rows: `packedBytes` bytes. */
  readonly pixels: Uint8Array;
}

/** The first picture of each class that has one, in the order of the labels. */
export function examplesOf(pictures: PictureSet): readonly Example[] {
  const { width, height } = pictures.input;
  const examples = new Map<number, Example>();
  for (let index = 0; index < pictures.size && examples.size < pictures.labels.length; index++) {
    const { label } = pictures.at(index);
    if (!examples.has(label)) {
      examples.set(label, { label: pictures.labels[label] ?? "", width, height, pixels: pictures.silhouette(index) });
    }
  }
  return [...examples].toSorted(([one], [other]) => one - other).map(([, example]) => example);
}
