// The settings of a training: flags over the environment over the configuration file. Defaults are the recipe's.

import { resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";

import type { InputKind, RecipeChoice, RecipeName } from "@silhouette/trainer";
import type { SilhouetteConfig } from "@silhouette/trainer/config";
import { RECIPES, TrainerError, type TrainerErrorCode } from "@silhouette/trainer/light";

import { EXIT } from "../outcome/exit-codes.ts";
import { Failed } from "../outcome/failed.ts";
import type { Report } from "../report/events.ts";
import { readConfiguration } from "./configuration-file.ts";

/** Flags that training commands share, from the command line or the environment. */
export interface TrainingFlags extends Omit<SilhouetteConfig, "recipe" | "source" | "leaveOut"> {
  readonly leaveOut?: string;
  readonly recipe?: RecipeName;
  readonly input?: InputKind;
  readonly freeze?: number;
  readonly config?: string;
  readonly printConfig?: boolean;
  readonly json?: boolean;
}

/** The settings of a command, and the configuration file that some are from. */
export interface Settings {
  readonly settings: SilhouetteConfig;
  readonly file: string | undefined;
}

/**
 * Reads the configuration file, if there is one, and reports it.
 *
 * @param source from the command line
 * @throws {Failed} what {@link readConfiguration} throws; `NETWORK_NOT_FOUND` for a run's configuration without the network
 */
export async function settingsFrom(
  source: string | undefined,
  { recipe: name, input, freeze, config, printConfig: _print, json: _json, ...flags }: TrainingFlags,
  report: Report,
): Promise<Settings> {
  const configuration = await readConfiguration(config);
  const file = configuration?.file;
  if (file !== undefined) report({ type: "configuration", file });
  if (configuration?.needsNetwork === true && flags.network === undefined) throw withoutNetwork(configuration.file);
  const recipe = mergedRecipe(configuration?.settings.recipe, { name, input, freeze });
  const settings = {
    ...configuration?.settings,
    ...(source !== undefined && { source }),
    ...flags,
    ...(flags.network !== undefined && { network: resolve(flags.network) }),
  };
  return { settings: { ...settings, ...(recipe && { recipe }) }, file };
}

/**
 * A file's recipe with the fields that flags give. Fields that a file gives as its named recipe has them are not replaced ones:
 * another name brings its own.
 */
function mergedRecipe(
  fromFile: RecipeName | RecipeChoice | undefined,
  flags: {
    readonly name: RecipeName | undefined;
    readonly input: InputKind | undefined;
    readonly freeze: number | undefined;
  },
): RecipeChoice | undefined {
  const given: RecipeChoice = typeof fromFile === "string" ? { name: fromFile } : (fromFile ?? {});
  const named = given.name === undefined ? undefined : RECIPES[given.name].recipe;
  const replaced = Object.entries(given).filter(
    ([key, value]) =>
      key === "name" || named === undefined || !isDeepStrictEqual(value, named[key as keyof typeof named]),
  );
  const choice = { ...Object.fromEntries(replaced), ...definedOf(flags) };
  return Object.keys(choice).length === 0 ? undefined : choice;
}

function definedOf(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function withoutNetwork(file: string): Failed {
  return new Failed({
    code: "NETWORK_NOT_FOUND",
    message: `Expected the network that the run of ${file} was trained with, which is not one of silhouette's`,
    hint: "Name its module: --network MODULE",
    exitCode: EXIT.input,
    cause: undefined,
  });
}

/** Errors that a setting may have caused. */
const OF_SETTINGS: ReadonlySet<TrainerErrorCode> = new Set([
  "INVALID_ARGUMENT",
  "FOLDER_NOT_FOUND",
  "DATASET_NOT_FOUND",
  "DATASET_MISMATCH",
  "LABELS_MISMATCH",
  "RUN_EXISTS",
  "RUN_NOT_FOUND",
  "LEAVE_OUT_NOT_FOUND",
  "LEAVE_OUT_UNREADABLE",
  "LEAVE_OUT_MISMATCH",
]);

/** `error`, whose hint names the configuration file if the cause may be there. */
export function alsoFrom(file: string | undefined, error: unknown): unknown {
  if (file === undefined || !(error instanceof TrainerError) || !OF_SETTINGS.has(error.code)) return error;
  return new TrainerError(error.code, error.message, `Settings come from ${file}, too. ${error.hint}`, {
    cause: error,
  });
}
