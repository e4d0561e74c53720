// Imports a model that Keras 3 or TensorFlow.js saved: file ─▶ network, tried on a blank picture ─▶ run folder.

import { readFile, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { INPUT_KINDS, PIXEL_RANGE_NAMES, type InputKind, type PixelRange } from "../dataset/input-kinds.ts";
import { encodeModel } from "../model/codec.ts";
import { importedModel } from "../model/import/imported-model.ts";
import type { ModelDescription } from "../model/description.ts";
import { configFile, learnedFile, modelFiles } from "../model/run-files.ts";
import { RUN_FILES } from "../model/run-paths.ts";
import { Classifier } from "../network/classifier.ts";
import { LearnedPictures } from "../training/learned-pictures.ts";
import { importedConfig } from "../training/run-config.ts";
import { checkArgument, classNames, filePath, oneOf, optional, optionsOf } from "../values/arguments.ts";
import { TrainerError } from "../values/errors.ts";
import { startBackend } from "./backends/start.ts";
import { claimNewRun } from "./files/run-claim.ts";
import { writeRunFiles } from "./files/run-folder.ts";
import { testOnBlank } from "./usable-model.ts";

/** Options for {@link importModel}. */
export interface ImportOptions {
  /** A `.keras` file of Keras 3, or the `model.json` of a TensorFlow.js Layers model beside its weights. */
  readonly model: string;
  /** The folder for the run, which must be empty or not exist yet. */
  readonly run: string;
  /** Class names, in the order of the network's output. Only for models that silhouette has not exported; then required. */
  readonly labels?: readonly string[];
  /** What the network sees of pictures. Only for models that silhouette has not exported; then required. */
  readonly input?: InputKind;
  /** The numbers that the network expects from black to white. Only for models that silhouette has not exported. Default `0..255`. */
  readonly range?: PixelRange;
}

const OPTIONS = optionsOf<ImportOptions>({
  model: filePath,
  run: filePath,
  labels: optional(classNames),
  input: optional(oneOf(INPUT_KINDS)),
  range: optional(oneOf(PIXEL_RANGE_NAMES)),
});

/** What {@link importModel} has imported. */
export interface ImportSummary {
  /** The library that saved the model, such as `Keras 3.15.1`. */
  readonly library: string;
  /** What the model is for. */
  readonly description: ModelDescription;
  /** Number of values of all weights. */
  readonly parameters: number;
}

/**
 * Imports a model of Keras 3 or TensorFlow.js as a run, which {@link evaluate}, {@link predict} and {@link exportModel} accept, and which a
 * training may start from. It has no history and no test results, and knows no pictures that it has learned from. Nothing is written
 * unless the model can be used.
 *
 * @param options at least the model, and the folder for the run
 * @throws {TrainerError} `INVALID_ARGUMENT`, `MODEL_NOT_FOUND`, `MODEL_DAMAGED`, `MODEL_VERSION`, `MODEL_PREPROCESSING`,
 * `IMPORT_UNSUPPORTED`, `BACKEND_UNAVAILABLE`, `BATCH_TOO_LARGE`, `RUN_EXISTS`, `OUTPUT_UNWRITABLE`
 * @example
 * import { importModel } from "@silhouette/trainer";
 *
 * const { library, parameters } = await importModel({
 *   model: "flowers.keras",
 *   run: "runs/flowers",
 *   labels: ["daisy", "rose"],
 *   input: "rgb",
 * });
 * console.log(library, parameters);
 */
export async function importModel(options: ImportOptions): Promise<ImportSummary> {
  checkArgument("importModel()", "options", OPTIONS, options);
  const { model: path, run, ...settings } = options;
  if (!/\.(keras|json)$/.test(path)) {
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected a .keras file, or the model.json of a TensorFlow.js model, but received ${path}`,
      "Save the model with model.save('model.keras') in Keras 3, or with model.save of TensorFlow.js.",
    );
  }
  const backend = await startBackend("wasm");
  const file = basename(path);
  const read = (name: string): Promise<Uint8Array> => readFile(join(dirname(path), name));
  const { network, description, library } = await importedModel(file, read, settings, path);
  try {
    tried(new Classifier(network, backend), description, path);
    const parameters = network.countParams();
    const encoded = await encodeModel(network, description);
    const claim = await claimNewRun(run);
    const files = [
      learnedFile(LearnedPictures.none()),
      ...modelFiles(RUN_FILES.model, encoded),
      configFile(importedConfig(description, { file, library }, backend)),
    ];
    try {
      await writeRunFiles(run, files);
    } catch (error) {
      for (const { path: name } of files) await rm(join(run, name), { force: true });
      await rmdir(join(run, RUN_FILES.model)).catch(() => undefined);
      await claim.abandon();
      throw error;
    } finally {
      await claim.release();
    }
    return { library, description, parameters };
  } finally {
    network.dispose();
  }
}

/** @throws {TrainerError} `IMPORT_UNSUPPORTED` if the network cannot be computed, `BATCH_TOO_LARGE` */
function tried(classifier: Classifier, description: ModelDescription, path: string): void {
  try {
    testOnBlank(classifier, description);
  } catch (cause) {
    if (cause instanceof TrainerError && cause.code !== "INVALID_ARGUMENT") throw cause;
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    throw new TrainerError(
      "IMPORT_UNSUPPORTED",
      `Expected a network that can be computed at ${path}, but it cannot (${reason})`,
      "Rebuild it of other layers in the library that saved it.",
      { cause },
    );
  }
}
