// The version of this package, as in its package.json.

/** Version of this package, recorded in runs and models. */
export const VERSION = "0.1.0";
