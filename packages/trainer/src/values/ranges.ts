// Ranges of whole numbers that functions and commands take. Plain data: it loads no library.

/** Whole numbers from `min` to `max`. */
export interface WholeRange {
  /** The lowest one. */
  readonly min: number;
  /** The highest one. */
  readonly max: number;
}

/** Settings that are whole numbers. */
export type WholeSetting = "epochs" | "batch" | "folds" | "seed" | "freeze" | "shards";

/** Ranges by the name of the setting. */
export const RANGES: Readonly<Record<WholeSetting, WholeRange>> = {
  epochs: { min: 1, max: 1_000_000 },
  batch: { min: 1, max: 1_000_000 },
  folds: { min: 2, max: 100 },
  seed: { min: 0, max: Number.MAX_SAFE_INTEGER },
  freeze: { min: 0, max: Number.MAX_SAFE_INTEGER },
  // Their names have five digits.
  shards: { min: 1, max: 99_999 },
};
