// Names of the recipes. Loads no library: code that only lists them must not wait for one.

/** Names of the recipes, the default first. */
export const RECIPE_NAMES = ["compact", "levels", "article"] as const;

/**
 * `compact`: a small network on augmented black-and-white pictures. `levels`: the same on pictures of three levels. `article`: the
 * network and the training of the reference article.
 */
export type RecipeName = (typeof RECIPE_NAMES)[number];
