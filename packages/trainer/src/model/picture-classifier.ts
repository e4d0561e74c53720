// A model that classifies decoded pictures: preprocess ─▶ views ─▶ probabilities and novelty.

import { Preprocessor, type Picture } from "@silhouette/preprocess-wasm";

import { computeOrExplain } from "../backend/out-of-memory.ts";
import { binarized } from "../dataset/binarized.ts";
import { networkInput, type NetworkInput } from "../dataset/network-input.ts";
import { initPreprocessor } from "../dataset/preprocessor-kernels.ts";
import type { Skip } from "../dataset/skip.ts";
import { meanOf, viewsOf, type View } from "../dataset/view.ts";
import { pictureTensor } from "../network/batch.ts";
import { meanFeatures, type BatchAnswer, type Classifier } from "../network/classifier.ts";
import { calibrated, noveltyOf } from "../training/calibration.ts";
import { featuresAt } from "../training/unlikeness.ts";
import type { ModelDescription } from "./description.ts";

/** A class and its probability. */
export interface ClassProbability {
  /** A class of the model. */
  readonly label: string;
  /** 0 to 1; the probabilities of all classes add up to 1. */
  readonly probability: number;
}

/** What a picture is classified as, or why it could not be. */
export type Classification =
  | {
      /** All classes, the most probable first. */
      readonly classes: readonly ClassProbability[];
      /** Whether the picture is so unlike the training pictures that it is probably of none of the classes: a novelty above 1. */
      readonly noneOfThese: boolean;
      /**
       * How unlike the training pictures the picture is, as the network sees it: 0 or more. 5 % of the validation pictures that
       * were classified correctly are above 1. Null if the model has no calibration.
       */
      readonly novelty: number | null;
    }
  | {
      /** Why the picture could not be used. */
      readonly unusable: Pick<Skip, "code" | "message">;
    };

/** Classifies pictures by a network and its description. It owns no tensors: dispose of the network after use. */
export class PictureClassifier {
  /** The model's classes, and how its pictures are preprocessed. */
  readonly description: ModelDescription;
  readonly #classifier: Classifier;
  readonly #preprocessor: Preprocessor;
  readonly #input: NetworkInput;

  private constructor(classifier: Classifier, description: ModelDescription, input: NetworkInput) {
    const { width, height } = description;
    this.description = description;
    this.#classifier = classifier;
    this.#preprocessor = new Preprocessor({ width, height });
    this.#input = input;
  }

  /** @throws {TrainerError} `BACKEND_UNAVAILABLE` if the preprocessor's kernels cannot be loaded */
  static async of(classifier: Classifier, description: ModelDescription): Promise<PictureClassifier> {
    await initPreprocessor();
    return new PictureClassifier(classifier, description, await networkInput(description, description.input));
  }

  /**
   * Classifies a picture as its training pictures were prepared, by the mean of the model's views.
   *
   * @param picture RGB, RGBA or gray pixels of any size; transparent pixels have been drawn on white
   * @throws {TrainerError} `BATCH_TOO_LARGE` if there is not enough memory
   */
  classify(picture: Picture): Classification {
    const { labels, views, pixelFormat, calibration } = this.description;
    const made = binarized(this.#preprocessor, picture, pixelFormat);
    if ("code" in made) return { unusable: { code: made.code, message: made.message } };
    const { pixels } = made;
    const answers = viewsOf(views).map((view) => this.#answer(pixels, view));
    const mean = [...meanOf(answers.map((each) => each.probabilities))];
    const probabilities = calibration === null ? mean : calibrated(mean, calibration.temperature);
    const classes = labels
      .map((label, index) => ({ label, probability: probabilities[index] ?? 0 }))
      .toSorted((a, b) => b.probability - a.probability);
    const novelty = calibration === null ? null : noveltyOf(calibration, featuresAt(0, meanFeatures(answers), 1));
    return { classes, noneOfThese: novelty !== null && novelty > 1, novelty };
  }

  #answer(pixels: Uint8Array, view: View): BatchAnswer {
    const { width, height, channels } = this.#input;
    const seen = new Uint8Array(width * height * channels);
    this.#input.write(pixels, view, seen);
    const picture = pictureTensor(this.#input, seen);
    try {
      return computeOrExplain(() =>
        this.#classifier.answer(picture, { features: this.description.calibration !== null }),
      );
    } finally {
      picture.dispose();
    }
  }
}
