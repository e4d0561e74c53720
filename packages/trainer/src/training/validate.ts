// Validates a network by the validation pictures, and calibrates it by them.

import { computeOrExplain } from "../backend/out-of-memory.ts";
import type { PictureSet } from "../dataset/picture-set.ts";
import { distorted } from "../dataset/distortion.ts";
import { partsOf, pictureTensor } from "../network/batch.ts";
import type { Classifier } from "../network/classifier.ts";
import { unlessAborted } from "../network/unless-aborted.ts";
import { pause } from "../values/event-loop.ts";
import { calibrationOf, type Calibration } from "./calibration.ts";
import { validatePictures, type ValidationResults } from "./evaluate-pictures.ts";
import { featuresAt, unlikenessOf } from "./unlikeness.ts";
import type { Recipe } from "./recipe.ts";

/** Options for {@link validate} and {@link calibrationFor}. */
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

/** Evaluates the validation pictures, with what {@link calibrationFor} needs of them. @throws the signal's reason */
export async function validate(classifier: Classifier, options: ValidateOptions): Promise<ValidationResults> {
  const { recipe, validation, batch, signal } = options;
  return validatePictures(classifier, validation, {
    batch,
    views: recipe.views,
    features: isCalibrated(options),
    signal,
  });
}

/**
 * Calibrates a network by its results for the validation pictures.
 *
 * @returns null if the recipe has no calibration, or there are too few validation pictures
 * @throws the signal's reason
 */
export async function calibrationFor(
  classifier: Classifier,
  options: ValidateOptions,
  { answers }: ValidationResults,
): Promise<Calibration | null> {
  if (!isCalibrated(options)) return null;
  const known = await sampleFeatures(classifier, options, { areDistorted: false });
  const others = await sampleFeatures(classifier, options, { areDistorted: true });
  return calibrationOf(answers, unlikenessOf(known, others));
}

function isCalibrated({ recipe, validation }: ValidateOptions): boolean {
  return recipe.calibration !== "none" && validation.size >= FEWEST;
}

/** The features of the sample, each picture as it is, or distorted. */
async function sampleFeatures(
  classifier: Classifier,
  { training, sample, batch, signal }: ValidateOptions,
  { areDistorted }: { readonly areDistorted: boolean },
): Promise<readonly (readonly number[])[]> {
  const all: (readonly number[])[] = [];
  for await (const some of training.read(partsOf(sample, { batch }), signal)) {
    await pause();
    signal?.throwIfAborted();
    const seen = some.pixels();
    const size = seen.length / some.size;
    for (const place of areDistorted ? Array.from({ length: some.size }).keys() : []) {
      const own = seen.subarray(place * size, (place + 1) * size);
      own.set(distorted(own, training.input, all.length + place));
    }
    const pictures = pictureTensor(training.input, seen);
    try {
      const { features } = computeOrExplain(() =>
        unlessAborted(signal, () => classifier.answer(pictures, { features: true })),
      );
      for (let place = 0; place < some.size; place++) all.push(featuresAt(place, features, some.size));
    } finally {
      pictures.dispose();
    }
  }
  return all;
}
