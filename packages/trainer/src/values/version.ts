// Of this package, as its package.json has it.

/** Recorded in runs and models. */
export const VERSION = "0.1.0";
