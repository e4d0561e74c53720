// What networks of other programs expect pixels to be. Loads nothing.

/** The numbers that a network expects from black to white. */
export type PixelRange = "-1..1" | "0..1" | "0..255";

/** The numbers of black and white. */
export const PIXEL_RANGES: Readonly<Record<PixelRange, { readonly black: number; readonly white: number }>> = {
  "-1..1": { black: -1, white: 1 },
  "0..1": { black: 0, white: 1 },
  "0..255": { black: 0, white: 255 },
};

/** The names of all ranges. */
export const PIXEL_RANGE_NAMES = Object.keys(PIXEL_RANGES) as readonly PixelRange[];
