// The plain JavaScript peer against ours.

import { init, Preprocessor } from "@silhouette/preprocess-wasm";
import { beforeAll, describe, expect, it } from "vitest";

import { photoLikePicture } from "../../measure/photo-like-picture.ts";
import { PlainJavaScriptPreprocessor } from "./plain-javascript.ts";

const SIZES: readonly { readonly why: string; readonly source: [number, number]; readonly target: [number, number] }[] =
  [
    { why: "rows first", source: [500, 375], target: [300, 300] },
    { why: "columns first: a portrait", source: [375, 500], target: [300, 300] },
    { why: "odd sizes", source: [101, 67], target: [33, 29] },
    { why: "odd sizes, columns first", source: [67, 101], target: [31, 37] },
    { why: "an odd number of pixels a byte", source: [53, 47], target: [7, 3] },
    { why: "a large window", source: [997, 613], target: [13, 11] },
    { why: "enlarged", source: [19, 23], target: [64, 61] },
    { why: "wider and lower", source: [40, 90], target: [55, 21] },
    { why: "width stays", source: [60, 90], target: [60, 41] },
    { why: "height stays", source: [90, 41], target: [37, 41] },
    { why: "both stay", source: [51, 35], target: [51, 35] },
    { why: "one pixel wide", source: [1, 50], target: [1, 20] },
    { why: "to one pixel", source: [50, 21], target: [1, 1] },
  ];

describe("plain JavaScript", () => {
  beforeAll(() => init());

  for (const channels of [1, 4] as const) {
    it.each(SIZES)(`equals ours byte for byte, ${channels} channels, $source to $target: $why`, (size) => {
      const [width, height] = size.target;
      const ours = new Preprocessor({ width, height });
      const plainJavaScript = new PlainJavaScriptPreprocessor(width, height);
      const ourMask = new Uint8Array(width * height).fill(0x55);
      const plainMask = new Uint8Array(width * height).fill(0xaa);
      for (const seed of [1, 2, 3]) {
        const picture = photoLikePicture(...size.source, channels, seed);
        const threshold = ours.binarize(picture, ourMask, { format: "0/1" });
        expect(plainJavaScript.binarize(picture, plainMask)).toBe(threshold);
        expect(plainMask).toEqual(ourMask);
      }
    });
  }

  it("forgets the last picture's size when the next has another", () => {
    const ours = new Preprocessor({ width: 20, height: 30 });
    const plainJavaScript = new PlainJavaScriptPreprocessor(20, 30);
    const ourMask = new Uint8Array(20 * 30);
    const plainMask = new Uint8Array(20 * 30);
    for (const [width, height] of [
      [50, 41],
      [41, 50],
      [50, 41],
      [20, 90],
    ] as const) {
      const picture = photoLikePicture(width, height, 4, 7);
      const threshold = ours.binarize(picture, ourMask, { format: "0/1" });
      expect(plainJavaScript.binarize(picture, plainMask)).toBe(threshold);
      expect(plainMask).toEqual(ourMask);
    }
  });
});
