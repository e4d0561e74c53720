// Pictures of a report as `data:` URLs.

import type { AttentionMap } from "@silhouette/trainer";
import sharp from "sharp";

import { attentionPixels } from "./attention-pixels.ts";
import type { Size } from "./resized-silhouette.ts";

/** A JPEG. */
export function jpegUrl(file: Uint8Array): string {
  return `data:image/jpeg;base64,${Buffer.from(file.buffer, file.byteOffset, file.length).toString("base64")}`;
}

/**
 * A silhouette as a PNG with one bit per pixel.
 *
 * @param bits 1 bit per pixel, bit 7 first, without padding between rows: 1 is white
 */
export async function silhouetteUrl(bits: Uint8Array, { width, height }: Size): Promise<string> {
  const levels = Uint8Array.from({ length: width * height }, (_, at) =>
    ((bits[at >> 3] ?? 0) >> (7 - (at % 8))) & 1 ? 255 : 0,
  );
  const picture = sharp(levels, { raw: { width, height, channels: 1 } }).toColourspace("b-w");
  return pngUrl(await picture.png({ palette: true, colours: 2, compressionLevel: 9 }).toBuffer());
}

/** Attention as a PNG with a pixel per place. */
export async function attentionUrl({ values, rows, columns }: AttentionMap): Promise<string> {
  return pngUrl(
    await sharp(attentionPixels(values), { raw: { width: columns, height: rows, channels: 4 } })
      .png()
      .toBuffer(),
  );
}

function pngUrl(file: Buffer): string {
  return `data:image/png;base64,${file.toString("base64")}`;
}
