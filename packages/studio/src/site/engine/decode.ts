// Decodes photographs as the browser does: upright, in sRGB, on white where they are transparent.

import type { Picture } from "@silhouette/preprocess-wasm";

import { StudioError } from "./problem.ts";

/**
 * The pixels of a photograph or of a frame.
 *
 * @throws {StudioError} `PICTURE_UNUSABLE` if the browser cannot decode it
 */
export async function pictureOf(source: Blob | ImageBitmap): Promise<Picture> {
  const bitmap = source instanceof Blob ? await decoded(source) : source;
  try {
    const { width, height } = bitmap;
    const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    if (context === null) throw new Error("Expected a canvas with a 2D context, but this browser has none in workers");
    context.fillStyle = "white";
    context.fillRect(0, 0, width, height);
    context.drawImage(bitmap, 0, 0);
    return { data: context.getImageData(0, 0, width, height).data, width, height, channels: 4 };
  } finally {
    bitmap.close();
  }
}

async function decoded(file: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch (cause) {
    throw new StudioError(
      "PICTURE_UNUSABLE",
      "Expected a photograph that this browser can show, but it cannot be decoded",
      "Save it as JPEG, PNG or WebP, and try again.",
      { cause },
    );
  }
}

/** Longer side of a thumbnail in pixels. */
const THUMBNAIL_SIDE = 160;

/** A thumbnail of a picture for reports: a JPEG. */
export async function thumbnailOf({ data, width, height }: Picture): Promise<Uint8Array<ArrayBuffer>> {
  const scale = Math.min(1, THUMBNAIL_SIDE / Math.max(width, height));
  const shown = (side: number): number => Math.max(1, Math.round(side * scale));
  const pixels = new ImageData(
    new Uint8ClampedArray(data.buffer as ArrayBuffer, data.byteOffset, data.length),
    width,
    height,
  );
  const bitmap = await createImageBitmap(pixels, {
    resizeWidth: shown(width),
    resizeHeight: shown(height),
    resizeQuality: "medium",
  });
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext("bitmaprenderer")?.transferFromImageBitmap(bitmap);
  const file = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.8 });
  return new Uint8Array(await file.arrayBuffer());
}
