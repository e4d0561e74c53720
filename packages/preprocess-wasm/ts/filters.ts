// The filters of a resize.

/**
 * Filters of a resize, all of them antialiased and equal to Pillow 13's filters of the same names: `box` is the mean of
 * the pixels, `bilinear` a triangle, `hamming` nearly as sharp as `bicubic` at the cost of `bilinear`, `lanczos3` the
 * sharpest.
 */
export type Filter = "box" | "bilinear" | "hamming" | "bicubic" | "lanczos3";

/** In the order of their numbers in src/abi. */
export const FILTERS: readonly Filter[] = ["box", "bilinear", "hamming", "bicubic", "lanczos3"];
