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
