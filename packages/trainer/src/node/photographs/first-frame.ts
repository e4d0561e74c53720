// The color of the canvas outside the first frame of an animation, as Pillow 13 shows it.
//
// GIF: https://www.w3.org/Graphics/GIF/spec-gif89a.txt · WebP: https://developers.google.com/speed/webp/docs/riff_container

import type { Picture } from "@silhouette/preprocess-wasm";

/** Red, green and blue, 0 to 255. */
type Color = readonly [red: number, green: number, blue: number];

/** The part of the canvas that a GIF's first frame covers, in pixels, and the color around it. */
export interface GifFrame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly around: Color;
}

/** Size of a GIF's header, before its global color table. */
const GIF_HEADER_BYTES = 13;

/**
 * The first frame of a GIF that has no transparent color: outside of it, decoders leave the canvas black, while Pillow shows
 * the first color of the frame's color table. Undefined for anything else.
 */
export function opaqueGifFrame(content: Buffer): GifFrame | undefined {
  if (content.toString("latin1", 0, 4) !== "GIF8") return undefined;
  const tableBytes = (flags: number): number => ((flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1));
  let at = GIF_HEADER_BYTES + tableBytes(content[10] ?? 0);
  // Extensions before the first image: a label, then length-prefixed blocks, up to one of length 0.
  while (content[at] === 0x21) {
    const isGraphicControl = content[at + 1] === 0xf9;
    if (isGraphicControl && ((content[at + 3] ?? 0) & 1) === 1) return undefined;
    at += 2;
    while ((content[at] ?? 0) > 0) at += 1 + (content[at] ?? 0);
    at++;
  }
  if (content[at] !== 0x2c || at + 10 > content.length) return undefined;
  const [left, top, width, height] = [1, 3, 5, 7].map((offset) => content.readUInt16LE(at + offset)) as [
    number,
    number,
    number,
    number,
  ];
  const hasLocalTable = ((content[at + 9] ?? 0) & 0x80) !== 0;
  const [red, green, blue] = content.subarray(hasLocalTable ? at + 10 : GIF_HEADER_BYTES);
  if (red === undefined || green === undefined || blue === undefined) return undefined;
  return { left, top, width, height, around: [red, green, blue] };
}

/** Fills everything around `frame`, in place. */
export function fillAround(
  { left, top, width: frameWidth, height: frameHeight, around }: GifFrame,
  { data, width, height, channels }: Picture,
): void {
  if (left === 0 && top === 0 && frameWidth >= width && frameHeight >= height) return;
  const [red, green, blue] = around;
  const color = channels === 1 ? [Math.round(0.299 * red + 0.587 * green + 0.114 * blue)] : around;
  for (let y = 0; y < height; y++) {
    const isBeside = y < top || y >= top + frameHeight;
    for (let x = 0; x < width; x++) {
      if (isBeside || x < left || x >= left + frameWidth) data.set(color, (y * width + x) * channels);
    }
  }
}

/** Whether `content` is an animated WebP that declares no transparency: its canvas outside the frame is black. */
export function isOpaqueWebpAnimation(content: Buffer): boolean {
  const isExtended = content.toString("latin1", 0, 4) === "RIFF" && content.toString("latin1", 12, 16) === "VP8X";
  const flags = isExtended ? (content[20] ?? 0) : 0;
  return (flags & 0x02) !== 0 && (flags & 0x10) === 0;
}
