// The pictures that a recipe needs of a dataset.

import type { PictureSize, StoredSize } from "../dataset/format.ts";
import { storedSize } from "../dataset/network-input.ts";
import type { NamedRecipe } from "./recipes.ts";

/**
 * Size and format of the pictures of a dataset for a recipe.
 *
 * @param size at which the network sees them. Default: the recipe's
 */
export function storedFor({ size: own, pixelFormat }: NamedRecipe, size: PictureSize = own): StoredSize {
  return storedSize(size, pixelFormat);
}
