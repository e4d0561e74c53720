// A chosen recipe has the values of a named one, except those that the user replaces.

import { describe, expect, it } from "vitest";

import { chosenRecipe, type RecipeChoice } from "./recipe-choice.ts";
import { RECIPES } from "./recipes.ts";

const refused = (message: string, hint: string) =>
  expect.objectContaining({
    code: "INVALID_ARGUMENT",
    message: expect.stringContaining(message) as string,
    hint: expect.stringContaining(hint) as string,
  }) as Error;

describe("a chosen recipe", () => {
  it("is the named one, or the default", () => {
    expect(chosenRecipe("levels", "compact")).toEqual(RECIPES.levels);
    expect(chosenRecipe(undefined, "article")).toEqual(RECIPES.article);
    expect(chosenRecipe({}, "article")).toEqual(RECIPES.article);
    expect(chosenRecipe({ name: "article" }, "compact")).toEqual(RECIPES.article);
  });

  it("replaces fields as a whole, and keeps all others, those that are undefined too", () => {
    const choice = { input: "gray", optimizer: { method: "sgd", momentum: 0.9 }, augmentation: null } as const;
    const views: unknown = undefined;
    expect(chosenRecipe({ ...choice, views } as RecipeChoice, "levels")).toEqual({
      ...RECIPES.levels,
      recipe: { ...RECIPES.levels.recipe, ...choice },
    });
  });

  it.each<[object, string, string]>([
    [{ name: "best" }, 'recipe.name is "best" instead of "compact" or "levels" or "article"', ""],
    [{ name: "toString" }, 'recipe.name is "toString"', ""],
    [{ name: null }, "recipe.name is null", ""],
    [{ labelSmothing: 0 }, "received recipe.labelSmothing", "Did you mean labelSmoothing? Its fields are name, input,"],
    [{ epochs: 5 }, "received recipe.epochs", "Its fields are name, input,"],
    [{ labelSmoothing: "0.1" }, 'recipe.labelSmoothing is "0.1" instead of a number', ""],
    [{ labelSmoothing: Number.NaN }, "recipe.labelSmoothing is NaN instead of a number from 0 to below 1", ""],
    [{ labelSmoothing: () => 1 }, "recipe.labelSmoothing is a function instead of a number", ""],
    [{ learningRate: { schedule: "cosine", rate: 1 } }, "recipe.learningRate.warmupEpochs is missing", ""],
    [
      { optimizer: { method: "adam", weightDecay: 1 } },
      "Expected only fields of recipe.optimizer",
      "Its fields are method.",
    ],
    [
      { augmentation: { ...RECIPES.compact.recipe.augmentation, rotations: 5 } },
      "received recipe.augmentation.rotations",
      "Did you mean rotation?",
    ],
    [{ name: "article", input: "gray" }, "the input otsu for the recipe article", "omit the input"],
    [{ name: "article", views: 4 }, "the views 1 for the recipe article", "omit the views"],
    [
      { name: "article", augmentation: RECIPES.compact.recipe.augmentation },
      "the augmentation null for the recipe article",
      "omit the augmentation",
    ],
  ])("is refused: %o", (choice, message, hint) => {
    expect(() => chosenRecipe(choice as RecipeChoice, "compact")).toThrow(refused(message, hint));
  });

  it("is refused if it refers to itself", () => {
    const optimizer: Record<string, unknown> = {};
    optimizer["method"] = optimizer;
    expect(() => chosenRecipe({ optimizer } as unknown as RecipeChoice, "compact")).toThrow(
      refused("recipe.optimizer.method is an object that is not JSON instead of", ""),
    );
    const augmentation = { ...RECIPES.compact.recipe.augmentation, self: undefined as unknown };
    augmentation.self = augmentation;
    expect(() => chosenRecipe({ augmentation } as RecipeChoice, "compact")).toThrow(
      refused("recipe.augmentation.self", ""),
    );
  });
});
