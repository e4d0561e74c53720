// Attention as pixels to lay over a picture.

/** Color of attention, which shows on black, on white, and on most photographs. */
const COLOR = [255, 80, 0] as const;

/** Opacity where attention is highest, 0 to 255. */
const OPACITY = 210;

/** RGBA with a pixel per place, the more opaque the higher its value of 0 to 1 is. Browsers scale it smoothly. */
export function attentionPixels(values: Float32Array): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(4 * values.length);
  for (const [place, value] of values.entries()) pixels.set([...COLOR, Math.round(OPACITY * value)], 4 * place);
  return pixels;
}
