// Decodes photographs as the browser does: upright, in sRGB, on white where they are transparent.
//
//   file ─▶ size from its header ─▶ bitmap ─▶ pixels, part by part        bitmap ─▶ smaller pictures for the page

import type { Picture } from "@silhouette/preprocess-wasm";
import { HEAD_BYTES, recognise, type Unusable } from "@silhouette/trainer/browser";
import { imageDimensionsFromData } from "image-dimensions";

/** Maximum number of pixels to decode: phones reach 108 million; more is a mistake, or an attack. */
const MOST_PIXELS = 120_000_000;

/** Bytes in which a header is looked for: it comes after the metadata, which may have a thumbnail. */
const HEADER_BYTES = 1024 * 1024;

/** Largest part of a picture that is drawn at once: browsers limit the sides of a canvas, and its memory. */
const PART = { width: 8192, pixels: 8_000_000 };

/**
 * Decodes a photograph. The caller closes the bitmap.
 *
 * @returns the first frame of an animation; or why there is none, as the end of a sentence that starts with the file's name
 */
export async function decoded(file: Blob): Promise<ImageBitmap | Unusable> {
  if (file.size === 0) return unusable("EMPTY_FILE", "is empty");
  let head: Uint8Array;
  try {
    head = new Uint8Array(await file.slice(0, HEADER_BYTES).arrayBuffer());
  } catch {
    return unusable("FILE_UNREADABLE", "cannot be read: it may have been moved or changed since it was chosen");
  }
  const size = sizeFrom(head);
  if (size !== undefined && size.width * size.height > MOST_PIXELS) {
    return unusable(
      "PICTURE_TOO_LARGE",
      `has ${size.width} x ${size.height} pixels: reduce it to at most ${MOST_PIXELS / 1e6} million`,
    );
  }
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    const format = recognise(head.subarray(0, HEAD_BYTES));
    if (format.kind === "other") return unusable("FORMAT_NOT_READ", format.message);
    if (format.kind === "none") return unusable("NOT_A_PICTURE", "is not a picture in a known format");
    const pixels = size === undefined ? "" : ` (${size.width} x ${size.height} pixels)`;
    return unusable(
      "PICTURE_DAMAGED",
      `cannot be decoded by this browser${pixels}: it is damaged, too large for this browser, or needs to be saved as JPEG or PNG`,
    );
  }
}

/** The size that a header says; undefined if it cannot be told. */
function sizeFrom(head: Uint8Array): { readonly width: number; readonly height: number } | undefined {
  try {
    return imageDimensionsFromData(head);
  } catch {
    return undefined;
  }
}

/**
 * The pixels of a photograph or of a frame, on white.
 *
 * @returns `[height, width, 4]`; or that they do not fit into memory
 */
export function pixelsOf(bitmap: ImageBitmap): Picture | Unusable {
  const { width, height } = bitmap;
  const columns = Math.min(width, PART.width);
  const rows = Math.min(height, Math.max(1, Math.floor(PART.pixels / columns)));
  try {
    const context = partContext(columns, rows);
    const part = (x: number, y: number): Uint8ClampedArray => {
      context.fillRect(0, 0, columns, rows);
      context.drawImage(bitmap, -x, -y);
      return context.getImageData(0, 0, columns, rows).data;
    };
    if (columns === width && rows === height) return { data: part(0, 0), width, height, channels: 4 };
    const data = new Uint8ClampedArray(4 * width * height);
    for (let y = 0; y < height; y += rows) {
      for (let x = 0; x < width; x += columns) {
        const pixels = part(x, y);
        const bytes = 4 * Math.min(columns, width - x);
        for (let row = 0; row < Math.min(rows, height - y); row++) {
          const from = 4 * columns * row;
          data.set(pixels.subarray(from, from + bytes), 4 * (width * (y + row) + x));
        }
      }
    }
    return { data, width, height, channels: 4 };
  } catch (error) {
    if (!(error instanceof RangeError) && !(error instanceof DOMException)) throw error;
    return unusable("PICTURE_TOO_LARGE", `does not fit into memory (${width} x ${height} pixels): reduce it`);
  }
}

/** The photograph on white, not larger than `side` x `side` pixels. */
export function reduced(bitmap: ImageBitmap, side: number): OffscreenCanvas {
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(scale * bitmap.width));
  const height = Math.max(1, Math.round(scale * bitmap.height));
  const context = contextOf(width, height);
  context.imageSmoothingQuality = "medium";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  return context.canvas;
}

/** What parts are drawn on: kept, because frames have one size. */
let parts: OffscreenCanvasRenderingContext2D | undefined;

function partContext(width: number, height: number): OffscreenCanvasRenderingContext2D {
  if (parts?.canvas.width !== width || parts.canvas.height !== height) parts = contextOf(width, height);
  return parts;
}

/** A white brush on a canvas. */
function contextOf(width: number, height: number): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (context === null) throw new Error("Expected a canvas with a 2D context, but this browser has none in workers");
  context.fillStyle = "white";
  return context;
}

function unusable(code: Unusable["unusable"]["code"], message: string): Unusable {
  return { unusable: { code, message } };
}
