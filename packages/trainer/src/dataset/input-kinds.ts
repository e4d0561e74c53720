// What a network may see of a picture. Loads no library: code that only lists the choices must not wait for one.

/** Choices for what a network sees. */
export const INPUT_KINDS = ["otsu", "levels", "gray", "rgb"] as const;

/**
 * `otsu`: black and white, by Otsu's threshold. `levels`: three levels, by Otsu's two thresholds, as two channels of black and
 * white. `gray`: gray levels. `rgb`: red, green and blue, from a dataset that keeps colors.
 */
export type InputKind = (typeof INPUT_KINDS)[number];

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
