// The recipe that a user chooses: a named one, with fields replaced.

import { closest, distance } from "fastest-levenshtein";

import { formatFor, type PixelFormat } from "../dataset/preprocessing.ts";
import { TrainerError } from "../values/errors.ts";
import { checkedRecipe, type Recipe } from "./recipe.ts";
import { RECIPE_NAMES, type RecipeName } from "./recipe-names.ts";
import { recipeFor, RECIPES, type NamedRecipe } from "./recipes.ts";

/** A recipe by its name and by the fields that replace those of the named one, each as a whole. */
export type RecipeChoice = {
  /** The recipe that has all other fields. Default `compact`; for a dataset file, the one that its pictures are for. */
  readonly name?: RecipeName;
} & Partial<Omit<Recipe, "name">>;

/** Edits between a misspelt field and the one suggested. */
const MAX_EDITS = 3;

/** The fields that `choice` gives, its name included. */
export function givenFields(choice: RecipeName | RecipeChoice | undefined): RecipeChoice {
  if (typeof choice === "string") return { name: choice };
  return Object.fromEntries(Object.entries(choice ?? {}).filter(([, value]) => value !== undefined));
}

/**
 * The recipe that a user chooses, with all its values.
 *
 * @param byDefault the named recipe, if `choice` names none
 * @throws {TrainerError} `INVALID_ARGUMENT` for a field that is unknown or out of range, or that has no effect on black-and-white
 * pictures
 */
export function chosenRecipe(choice: RecipeName | RecipeChoice | undefined, byDefault: RecipeName): NamedRecipe {
  const given = givenFields(choice);
  const { name = byDefault } = given;
  // Another name is an error of the recipe's check.
  const named = RECIPES[RECIPE_NAMES.includes(name) ? name : byDefault];
  const recipe = checkedRecipe({ ...named.recipe, ...given });
  checkKnown(given, recipe, "recipe");
  checkSeen(recipe, named);
  return { ...named, pixelFormat: formatFor(recipe.input, named.pixelFormat), recipe };
}

/**
 * The recipe that a user chooses for a dataset that was prepared already: by default, the one that its pictures are for.
 *
 * @param pixelFormat of its pictures, which may be for other recipes than the chosen one
 * @throws {TrainerError} what {@link chosenRecipe} throws
 */
export function chosenRecipeFor(pixelFormat: PixelFormat, choice: RecipeName | RecipeChoice | undefined): NamedRecipe {
  // Colors are for one input only.
  const given = { ...(pixelFormat === "rgb8" && { input: "rgb" as const }), ...givenFields(choice) };
  return chosenRecipe(given, recipeFor(pixelFormat));
}

/** A recipe's value, for messages. */
export function valueText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** @throws {TrainerError} `INVALID_ARGUMENT` for a field, at any depth, that `checked` does not have */
function checkKnown(given: object, checked: object, where: string): void {
  for (const [key, value] of Object.entries(given) as [string, unknown][]) {
    const place = `${where}.${key}`;
    if (!Object.hasOwn(checked, key)) throw unknownField(place, key, Object.keys(checked));
    const known: unknown = checked[key as keyof typeof checked];
    if (isObject(value) && isObject(known)) checkKnown(value, known, place);
  }
}

function unknownField(place: string, key: string, known: readonly string[]): TrainerError {
  const nearest = closest(key, known);
  const suggestion = distance(key, nearest) <= MAX_EDITS ? `Did you mean ${nearest}? ` : "";
  const parent = place.slice(0, -key.length - 1);
  return new TrainerError(
    "INVALID_ARGUMENT",
    `Expected only fields of ${parent}, but received ${place}`,
    `${suggestion}Its fields are ${known.join(", ")}.`,
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @throws {TrainerError} `INVALID_ARGUMENT` for what only gray pictures can be shown as, if the dataset keeps none */
function checkSeen(
  { name, ...recipe }: Recipe,
  { pixelFormat, recipe: { input, augmentation, views } }: NamedRecipe,
): void {
  if (pixelFormat !== "binary1") return;
  for (const [key, only] of Object.entries({ input, augmentation, views })) {
    const received = recipe[key as keyof typeof recipe];
    if (received === only) continue;
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected the ${key} ${valueText(only)} for the recipe ${name}, whose pictures are black and white, but received ${valueText(received)}`,
      `Use another recipe, or omit the ${key}.`,
    );
  }
}
