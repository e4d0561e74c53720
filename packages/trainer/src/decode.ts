// From a picture file to its pixels: RGB or gray, 8 bits, upright, over white. The only file that decodes.

import { stat } from "node:fs/promises";

import type { Picture } from "@silhouette/preprocess-wasm";
import sharp from "sharp";

import type { SkipReason } from "./discover.ts";
import { systemErrorCode } from "./errors.ts";

/** Pixels of the largest picture that is decoded (sharp's own limit): more is a mistake, or an attack. */
export const MOST_PIXELS = 0x3fff * 0x3fff;

/** What sharp calls the formats of `PICTURE_ENDINGS`. The content decides, not the ending. */
const FORMATS: ReadonlySet<string> = new Set(["jpeg", "png", "webp", "gif", "tiff", "heif"]);

/** Pixels, or why there are none. */
export type Decoded =
  { readonly picture: Picture } | { readonly picture: undefined; readonly code: SkipReason; readonly message: string };

/**
 * Decodes the picture in `file`. JPEG, PNG, WebP, GIF and TIFF (of several pictures the first) and AVIF; EXIF
 * orientation is applied, color profiles and CMYK become sRGB, 16 bits become 8, transparency is put over white.
 *
 * Never throws: whatever is wrong with the file is the result.
 */
export async function decode(file: string): Promise<Decoded> {
  try {
    if ((await stat(file)).size === 0) return unusable("EMPTY_FILE", "is empty");
    const input = sharp(file, { limitInputPixels: false, failOn: "error", autoOrient: true });
    const { format, width, height } = await input.metadata();
    if (!FORMATS.has(format)) return unusable("NOT_A_PICTURE", `has the content of another format (${format})`);
    if (width * height > MOST_PIXELS) {
      return unusable("PICTURE_TOO_LARGE", `has ${width} x ${height} pixels, more than ${MOST_PIXELS} in all`);
    }
    const { data, info } = await input
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
    const message = error instanceof Error ? decoderMessage(error, file) : String(error);
    return /unsupported image format/i.test(message)
      ? unusable("NOT_A_PICTURE", "is no picture of a known format")
      : unusable("PICTURE_DAMAGED", `cannot be decoded (${message})`);
  }
}

function unusable(code: SkipReason, message: string): Decoded {
  return { picture: undefined, code, message };
}

/** The first line of what libvips says, without the file's name. */
function decoderMessage(error: Error, file: string): string {
  return (error.message.split("\n")[0] ?? "").replace(`${file}: `, "");
}
