// What networks of other programs expect pixels to be. Loads nothing.

/** The numbers of black and white, by the name of the range. */
export const PIXEL_RANGES = {
  "-1..1": { black: -1, white: 1 },
  "0..1": { black: 0, white: 1 },
  "0..255": { black: 0, white: 255 },
} as const;

/** The numbers that a network expects from black to white. */
export type PixelRange = keyof typeof PIXEL_RANGES;

/** All of them. */
export const PIXEL_RANGE_NAMES = Object.keys(PIXEL_RANGES) as readonly PixelRange[];
