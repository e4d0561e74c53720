// Validates a network: its results for the validation pictures, and what calibration needs besides.

import { computeOrExplain } from "../backend/out-of-memory.ts";
import type { PictureSet } from "../dataset/picture-set.ts";
import { partsOf, withBatch } from "../network/batch.ts";
import type { Classifier } from "../network/classifier.ts";
import { unlessAborted } from "../network/unless-aborted.ts";
import { pause } from "../values/event-loop.ts";
import { calibrationOf, type Calibration } from "./calibration.ts";
import { evaluatePictures, type PictureResults } from "./evaluate-pictures.ts";
import { foldedFeatures, knownFeatures, type LabeledFeatures } from "./known-features.ts";
import type { Recipe } from "./recipe.ts";

/** Results of {@link validate}. */
export interface Validation extends PictureResults {
  /** How the network is calibrated; null if the recipe has no calibration, or there are too few validation pictures. */
  readonly calibration: Calibration | null;
}

/** Options for {@link validate}. */
export interface ValidateOptions {
  readonly recipe: Pick<Recipe, "views" | "calibration">;
  readonly training: PictureSet;
  /** At least one picture. */
  readonly validation: PictureSet;
  /** Indices of the training pictures that represent all of them. */
  readonly sample: Int32Array;
  /** Number of pictures to compute at once. */
  readonly batch: number;
  /** Stops the validation. */
  readonly signal?: AbortSignal | undefined;
}

/** Fewest validation pictures from which a calibration is learned: fewer say more about themselves than about the network. */
const FEWEST = 20;

/** Evaluates the validation pictures, and calibrates the network by them. @throws the signal's reason */
export async function validate(classifier: Classifier, options: ValidateOptions): Promise<Validation> {
  const { recipe, validation, batch, signal } = options;
  const results = await evaluatePictures(classifier, validation, { batch, views: recipe.views, signal });
  if (recipe.calibration === "none" || validation.size < FEWEST) return { ...results, calibration: null };
  const answers = results.predictions.map(({ probabilities }, index) => ({
    probabilities,
    features: results.features[index] ?? [],
    actual: validation.at(index).label,
  }));
  return { ...results, calibration: calibrationOf(answers, knownFeatures(await sampleFeatures(classifier, options))) };
}

/** The folded features of the sample, each picture as it is. */
async function sampleFeatures(
  classifier: Classifier,
  { training, sample, batch, signal }: ValidateOptions,
): Promise<readonly LabeledFeatures[]> {
  const all: LabeledFeatures[] = [];
  for (const indices of partsOf(sample, { batch })) {
    await pause();
    signal?.throwIfAborted();
    const { features } = withBatch(training, indices, ({ pictures }) =>
      computeOrExplain(() => unlessAborted(signal, () => classifier.answer(pictures))),
    );
    const size = features.length / indices.length;
    for (const [place, index] of indices.entries()) {
      const own = features.subarray(place * size, (place + 1) * size);
      all.push({ features: foldedFeatures(own), actual: training.at(index).label });
    }
  }
  return all;
}
