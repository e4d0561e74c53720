// Pictures of a report as `data:` URLs, encoded by sharp.

import sharp from "sharp";

import type { PictureEncoder } from "./picture-encoder.ts";

/** Encodes pictures in Node.js: a silhouette has one bit per pixel. */
export const dataUrls: PictureEncoder = {
  jpeg: (file) => `data:image/jpeg;base64,${base64(file)}`,
  png: async ({ data, width, height, channels }) => {
    const picture = sharp(data, { raw: { width, height, channels } });
    const png =
      channels === 1
        ? picture.toColourspace("b-w").png({ palette: true, colours: 2, compressionLevel: 9 })
        : picture.png();
    return `data:image/png;base64,${base64(await png.toBuffer())}`;
  },
};

function base64({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString("base64");
}
