// Pictures of a report as URLs: what is drawn, and what encodes it, which differs between Node.js and pages.

import type { AttentionMap } from "@silhouette/trainer/browser";

import type { Size } from "./resized-silhouette.ts";

/** Pixels to encode. */
export interface ReportPixels extends Size {
  /** `[height, width, channels]`, 0 to 255. */
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  /** 1 for black and white, 4 for RGBA that is not premultiplied. */
  readonly channels: 1 | 4;
}

/** Encodes pictures as URLs: `data:` URLs for files; a page may also use those of `URL.createObjectURL`, and revoke them. */
export interface PictureEncoder {
  /**
   * The URL of a photograph.
   *
   * @param file a JPEG
   */
  jpeg(file: Uint8Array): string | Promise<string>;
  /**
   * The URL of a picture without loss, such as a PNG.
   *
   * @param pixels to encode; they are not used otherwise
   */
  png(pixels: ReportPixels): string | Promise<string>;
}

/** Color of attention, which shows on black, on white, and on most photographs. */
const ATTENTION = [255, 80, 0] as const;

/** Opacity where attention is highest, 0 to 255. */
const OPACITY = 210;

/**
 * A silhouette in black and white.
 *
 * @param bits 1 bit per pixel, bit 7 first, without padding between rows: 1 is white
 */
export function silhouettePixels(bits: Uint8Array, { width, height }: Size): ReportPixels {
  const data = Uint8ClampedArray.from({ length: width * height }, (_, at) =>
    ((bits[at >> 3] ?? 0) >> (7 - (at % 8))) & 1 ? 255 : 0,
  );
  return { data, width, height, channels: 1 };
}

/** Attention with a pixel per place, the more opaque the higher it is. Browsers scale it smoothly. */
export function attentionPixels({ values, rows, columns }: AttentionMap): ReportPixels {
  const data = new Uint8ClampedArray(4 * values.length);
  for (const [place, value] of values.entries()) data.set([...ATTENTION, Math.round(OPACITY * value)], 4 * place);
  return { data, width: columns, height: rows, channels: 4 };
}
