// From a picture file to its pixels: RGB or gray, 8 bits, upright, over white. The only file that decodes.

import { readFile } from "node:fs/promises";

import type { Picture } from "@silhouette/preprocess-wasm";
import sharp from "sharp";

import type { SkipReason } from "./discover.ts";
import { systemErrorCode } from "./errors.ts";

/** Pixels of the largest picture that is decoded: telephones reach 108 million; more is a mistake, or an attack. */
const MOST_PIXELS = 120_000_000;

/** How the formats begin: bytes, as Latin-1 text, from an offset on. The content decides. */
const SIGNATURES: readonly (readonly [offset: number, text: string])[] = [
  [0, "\xff\xd8\xff"], // JPEG
  [0, "\x89PNG"],
  [8, "WEBP"],
  [0, "GIF8"],
  [0, "II*\0"], // TIFF, little-endian
  [0, "MM\0*"], // TIFF, big-endian
  [0, "II+\0"], // BigTIFF
  [0, "MM\0+"],
  [4, "ftypavif"],
  [4, "ftypavis"], // AVIF, a sequence
  [4, "ftypmif1"], // AVIF under its general name
];

/** Pixels, or why there are none. */
export type Decoded =
  { readonly picture: Picture } | { readonly picture: undefined; readonly code: SkipReason; readonly message: string };

/**
 * Decodes a picture, from its file or from the file's content. JPEG, PNG, WebP, GIF and TIFF (of several pictures the first) and AVIF; EXIF
 * orientation is applied, color profiles and CMYK become sRGB, 16 bits become 8, transparency is put over white.
 *
 * Never throws: whatever is wrong with it is the result.
 */
export async function decode(source: string | Uint8Array): Promise<Decoded> {
  try {
    const content =
      typeof source === "string"
        ? await readFile(source)
        : Buffer.from(source.buffer, source.byteOffset, source.byteLength);
    if (content.length === 0) return unusable("EMPTY_FILE", "is empty");
    // sharp would read more formats, and render drawings. Asking it for the format costs a quarter of the time.
    const isKnown = SIGNATURES.some(
      ([offset, text]) => content.toString("latin1", offset, offset + text.length) === text,
    );
    if (!isKnown) return unusable("NOT_A_PICTURE", "is no picture of a known format");
    const { data, info } = await sharp(content, { limitInputPixels: MOST_PIXELS, failOn: "error", autoOrient: true })
      .flatten({ background: "white" })
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    const { channels } = info;
    if (channels !== 1 && channels !== 3) return unusable("PICTURE_DAMAGED", `decodes to ${channels} channels`);
    return { picture: { data, width: info.width, height: info.height, channels } };
  } catch (error) {
    const code = systemErrorCode(error);
    if (code !== undefined) return unusable("FILE_UNREADABLE", `cannot be read (${code})`);
    const [message = ""] = String(error instanceof Error ? error.message : error).split("\n");
    return message.includes("exceeds pixel limit")
      ? unusable("PICTURE_TOO_LARGE", `has more than ${MOST_PIXELS} pixels`)
      : unusable("PICTURE_DAMAGED", `cannot be decoded (${message})`);
  }
}

function unusable(code: SkipReason, message: string): Decoded {
  return { picture: undefined, code, message };
}
