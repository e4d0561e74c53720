// The file of a program's answer: all thresholds, then all masks. In: photographs. Out: bytes.

import { readFile } from "node:fs/promises";

/** Width and height of the pictures of the recipe article, in pixels. */
export const SIDE = 300;

/** Of a mask with 1 bit per pixel. */
const MASK_BYTES = (SIDE * SIDE) / 8;

/** Thresholds and masks of photographs, in the order of their paths. */
export interface Answer {
  /** Otsu's threshold of each, 0 to 255. */
  readonly thresholds: Uint8Array;
  /** `[photographs, height, width]` of {@link SIDE} x {@link SIDE} bits, without padding; null if its pictures are not binary. */
  readonly masks: Uint8Array | null;
}

/** Reads such a file. */
export async function readAnswer(file: string, photographs: number): Promise<Answer> {
  const content = new Uint8Array(await readFile(file));
  return { thresholds: content.subarray(0, photographs), masks: content.subarray(photographs) };
}

/** The bytes of such a file, for `photographs` photographs, and its parts. */
export function emptyAnswer(photographs: number): {
  readonly bytes: Uint8Array;
  readonly thresholds: Uint8Array;
  readonly maskOf: (index: number) => Uint8Array;
} {
  const bytes = new Uint8Array(photographs * (1 + MASK_BYTES));
  const maskOf = (index: number): Uint8Array => {
    const start = photographs + index * MASK_BYTES;
    return bytes.subarray(start, start + MASK_BYTES);
  };
  return { bytes, thresholds: bytes.subarray(0, photographs), maskOf };
}
