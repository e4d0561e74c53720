// Loads a saved model and tests it on a blank picture: a model file may have valid checksums and still contain a network that
// cannot be computed, which is thus detected before the first photograph is read.

import { zeros, type Rank } from "@tensorflow/tfjs-core";

import { computeOrExplain } from "../backend/out-of-memory.ts";
import type { Backend } from "../backend/operations.ts";
import { seenShape } from "../dataset/network-input.ts";
import { Classifier } from "../network/classifier.ts";
import { TrainerError } from "../values/errors.ts";
import { loadModel } from "./files/model-folder.ts";
import type { ModelDescription } from "../model/description.ts";

/** A model and its classifier. Dispose the network after use. */
export interface UsableModel {
  readonly classifier: Classifier;
  readonly description: ModelDescription;
}

/**
 * Loads the model of `folder` for `backend`.
 *
 * @throws {TrainerError} what `loadModel` throws; `MODEL_DAMAGED` if its network cannot be computed, `BATCH_TOO_LARGE` if a
 * single picture does not fit into memory
 */
export async function loadUsableModel(folder: string, backend: Backend): Promise<UsableModel> {
  const { network, description } = await loadModel(folder);
  try {
    const classifier = new Classifier(network, backend);
    testOnBlank(classifier, description);
    return { classifier, description };
  } catch (cause) {
    network.dispose();
    if (cause instanceof TrainerError && cause.code !== "INVALID_ARGUMENT") throw cause;
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    throw new TrainerError(
      "MODEL_DAMAGED",
      `Expected an intact model in ${folder}, but its network cannot be computed (${reason})`,
      "Restore an intact copy, or train it again.",
      { cause },
    );
  }
}

/** Computes the probabilities of a blank picture. @throws the errors of TensorFlow.js; {@link TrainerError} `BATCH_TOO_LARGE` */
export function testOnBlank(classifier: Classifier, description: ModelDescription): void {
  const { labels } = description;
  const { width, height, channels } = seenShape(description, description.input);
  const blank = zeros<Rank.R4>([1, height, width, channels]);
  try {
    const outputs = computeOrExplain(() => classifier.probabilities(blank)).length;
    if (outputs !== labels.length) throw new TypeError(`${outputs} outputs for ${labels.length} classes`);
  } finally {
    blank.dispose();
  }
}
