// `--print-config`: the settings of a training with all their values, as a configuration file.

import { existsSync } from "node:fs";
import { join, relative } from "node:path";

import type { RecipeName } from "@silhouette/trainer";
import type { NamedRecipe, SilhouetteConfig } from "@silhouette/trainer/config";
import { isDatasetFile, TRAIN_DEFAULTS } from "@silhouette/trainer/light";

import { loaded } from "../outcome/libraries.ts";

/**
 * Prints the settings with all their values.
 *
 * @throws {TrainerError} what {@link completeConfig} throws
 */
export async function printConfig(settings: SilhouetteConfig): Promise<void> {
  process.stdout.write(`${JSON.stringify(await completeConfig(settings), undefined, 2)}\n`);
}

/**
 * The settings with every value that is known before the pictures are read. Size and labels of a dataset, labels and shares of a
 * folder are those of the pictures, unless they are set. Paths are relative to the current folder, where the file belongs.
 *
 * @throws {TrainerError} `INVALID_ARGUMENT`; what `openDataset` throws
 */
async function completeConfig(settings: SilhouetteConfig): Promise<SilhouetteConfig> {
  const { checkedConfig, chosenRecipe } = await loaded(import("@silhouette/trainer/config"));
  const { source, out, network, init, leaveOut, backend, recipe, epochs, batch, size, seed, ...others } = checkedConfig(
    settings,
    "the resolved configuration",
  );
  const isDataset = source !== undefined && (isDatasetFile(source) || existsSync(join(source, "dataset.json")));
  const named = chosenRecipe(recipe, isDataset ? await recipeOf(source) : TRAIN_DEFAULTS.recipe);
  return {
    ...(source !== undefined && { source: shown(source) }),
    ...(out !== undefined && { out: shown(out) }),
    backend: backend ?? TRAIN_DEFAULTS.backend,
    recipe: named.recipe,
    epochs: epochs ?? named.epochs,
    batch: batch ?? named.batch,
    ...sizeOf(size, named, isDataset),
    ...others,
    seed: seed ?? TRAIN_DEFAULTS.seed,
    ...(network !== undefined && { network: shown(network) }),
    ...(init !== undefined && { init: shown(init) }),
    ...(leaveOut !== undefined && { leaveOut: typeof leaveOut === "string" ? shown(leaveOut) : leaveOut }),
  };
}

function sizeOf(
  size: SilhouetteConfig["size"],
  named: NamedRecipe,
  isDataset: boolean,
): Pick<SilhouetteConfig, "size"> {
  if (size !== undefined) return { size };
  return isDataset ? {} : { size: named.size };
}

/** The recipe that a dataset's pictures are for. */
async function recipeOf(dataset: string): Promise<RecipeName> {
  const { openDataset } = await loaded(import("@silhouette/trainer/datasets"));
  const { recipeFor } = await loaded(import("@silhouette/trainer/config"));
  const opened = await openDataset(dataset);
  const { pixelFormat } = opened.description;
  await opened.close();
  return recipeFor(pixelFormat);
}

/** A path relative to the current folder. */
function shown(path: string): string {
  return relative("", path) || ".";
}
