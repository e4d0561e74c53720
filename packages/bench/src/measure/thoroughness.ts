// How long a benchmark measures.

/** `full` for figures, `quick` to see that everything runs and that all answers agree. */
export type Thoroughness = "full" | "quick";
