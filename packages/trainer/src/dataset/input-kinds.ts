// What a network may see of a picture. Loads no library: code that only lists the choices must not wait for one.

/** Choices for what a network sees. */
export const INPUT_KINDS = ["otsu", "levels", "gray", "rgb"] as const;

/**
 * `otsu`: black and white, by Otsu's threshold. `levels`: three levels, by Otsu's two thresholds, as two channels of black and
 * white. `gray`: gray levels. `rgb`: red, green and blue, from a dataset that keeps colors.
 */
export type InputKind = (typeof INPUT_KINDS)[number];
