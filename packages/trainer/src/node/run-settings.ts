// The settings that repeat a run: its configuration as the options of another training.

import { seenShape } from "../dataset/network-input.ts";
import { decodeConfig, type RunConfig } from "../training/run-config.ts";
import { Damage, TrainerError } from "../values/errors.ts";
import type { SilhouetteConfig } from "./training-settings.ts";

/** The settings of a run. */
export interface RunSettings {
  /** The settings, without the run folder and without a network of the user's own, which a run does not record. */
  readonly settings: SilhouetteConfig;
  /** The run's network: a training with the same settings needs the user's own again. */
  readonly network: RunConfig["network"];
}

/**
 * Reads the settings of a run. A training with all of them, on the same pictures, gives the same weights.
 *
 * @param json the content of the run's `config.json`
 * @param file its path, for messages
 * @throws {TrainerError} `RUN_VERSION`, `RUN_DAMAGED`
 */
export function settingsOfRun(json: string, file: string): RunSettings {
  const config = decoded(json, file);
  const { source, dataset, epochs, batch, seed, recipe, network, init, backend, leaveOut, thumbnails } = config;
  const { width, height } = seenShape(dataset, recipe.input);
  const { split, labels } = dataset;
  return {
    settings: {
      source,
      backend,
      recipe,
      epochs,
      batch,
      size: { width, height },
      labels,
      ...(split.from !== "folders" && { split: split.fractions }),
      ...(leaveOut && { leaveOut }),
      ...(thumbnails === false && { thumbnails }),
      seed,
      ...(init !== null && { init: init.run }),
    },
    network,
  };
}

function decoded(json: string, file: string): RunConfig {
  try {
    return decodeConfig(json, file);
  } catch (cause) {
    if (!(cause instanceof Damage)) throw cause;
    throw new TrainerError(
      "RUN_DAMAGED",
      `Expected ${file} as silhouette wrote it, but ${cause.message}`,
      "Restore an intact copy of it. To change settings, write them to a silhouette.config.json instead.",
      { cause },
    );
  }
}
