// Reads and writes models: a folder with the files of model/codec.ts.
//
// The weights file is named after its content and written first, so that renaming model.json replaces both atomically.

import { readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { LayersModel } from "@tensorflow/tfjs-layers";

import { encodeModel, type LoadedModel } from "../../model/codec.ts";
import type { ModelDescription } from "../../model/description.ts";
import { MODEL_JSON } from "../../model/run-paths.ts";
import { readModel } from "../../model/run-reader.ts";
import { checkArgument, filePath } from "../../values/arguments.ts";
import { makeFolder, writeWhole } from "./whole-file.ts";

/** The name of a model in errors. */
const WHAT = "the model";

/**
 * Writes the network and its description to `folder`, which is created if necessary; an existing model is replaced
 * atomically. The same network and description give the same bytes. The format is that of TensorFlow.js Layers models,
 * which `tf.loadLayersModel` reads, with a checksum over everything.
 *
 * @param network `[batch, height, width, 1]` ─▶ `[batch, classes]`; the caller keeps ownership
 * @throws {TrainerError} `OUTPUT_UNWRITABLE`; `INVALID_ARGUMENT` if the description does not match the network, or a weight is
 * NaN or infinite
 * @example
 * import { loadModel, saveModel } from "@silhouette/trainer";
 * import { enableTraining } from "@silhouette/training-wasm";
 *
 * await enableTraining();
 * const { network, description } = await loadModel("runs/photos/model");
 * await saveModel("copy", network, description);
 * network.dispose();
 */
export async function saveModel(folder: string, network: LayersModel, description: ModelDescription): Promise<void> {
  checkArgument("saveModel()", "folder", filePath, folder);
  const { json, weightsName, weights } = await encodeModel(network, description);
  const path = join(folder, MODEL_JSON);
  await makeFolder(folder, WHAT);
  const weightsFile = join(folder, weightsName);
  const isNew = (await stat(weightsFile).catch(() => undefined)) === undefined;
  await writeWhole(weightsFile, "the model's weights", [weights]);
  try {
    await writeWhole(path, WHAT, [Buffer.from(json)]);
  } catch (error) {
    if (isNew) await rm(weightsFile, { force: true });
    throw error;
  }
  await removeOtherWeights(folder, weightsName);
}

/**
 * Reads what {@link saveModel} wrote and verifies all checksums. TensorFlow.js needs an initialized backend, such as that of
 * `enableTraining` in `@silhouette/training-wasm`. The caller owns the network and disposes it.
 *
 * @throws {TrainerError} `MODEL_NOT_FOUND`, `MODEL_VERSION`, `MODEL_DAMAGED`, `MODEL_PREPROCESSING`
 */
export async function loadModel(folder: string): Promise<LoadedModel> {
  checkArgument("loadModel()", "folder", filePath, folder);
  const around = dirname(folder);
  return readModel(folder, (name) => readFile(join(folder, name)), {
    name: around,
    read: (name) => readFile(join(around, name)),
  });
}

/** Removes the weights of older models. Files that cannot be removed now are removed when the next model is saved. */
async function removeOtherWeights(folder: string, current: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const others = names.filter((name) => /^weights-[0-9a-f]{8}\.bin$/.test(name) && name !== current);
  await Promise.all(others.map((name) => rm(join(folder, name), { force: true }).catch(() => undefined)));
}
