// Public API of `@silhouette/trainer/config`: checks the settings of a training without loading what trains.

export { checkedConfig, type SilhouetteConfig } from "./node/training-settings.ts";
export { chosenRecipe, type RecipeChoice } from "./training/recipe-choice.ts";
export { recipeFor, type NamedRecipe } from "./training/recipes.ts";
