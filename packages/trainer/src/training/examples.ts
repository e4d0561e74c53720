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
export async function examplesOf(pictures: PictureSet): Promise<readonly Example[]> {
  const { labels, classes, input } = pictures;
  const { width, height } = input;
  const firsts = labels.map((label, index) => ({ label, first: classes.indexOf(index) })).filter(hasPictures);
  const loaded = await pictures.load(firsts.map(({ first }) => first));
  return firsts.map(({ label }, place) => ({ label, width, height, pixels: loaded.silhouette(place) }));
}

function hasPictures({ first }: { readonly first: number }): boolean {
  return first >= 0;
}
