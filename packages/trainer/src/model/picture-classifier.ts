// A model that classifies decoded pictures: preprocess ─▶ views ─▶ probabilities and novelty, and what they come from.

import { Preprocessor, type Picture } from "@silhouette/preprocess-wasm";

import { computeOrExplain } from "../backend/out-of-memory.ts";
import { binarized } from "../dataset/binarized.ts";
import type { PictureSize } from "../dataset/format.ts";
import { movedThresholds, networkInput, type DividedLevels, type NetworkInput } from "../dataset/network-input.ts";
import { initPreprocessor } from "../dataset/preprocessor-kernels.ts";
import type { Skip } from "../dataset/skip.ts";
import { meanOf, viewCountOf, viewsOf, type View, type ViewCount } from "../dataset/view.ts";
import type { AttentionMap } from "../network/attention.ts";
import { pictureTensor } from "../network/batch.ts";
import type { BatchAnswer, Classifier } from "../network/classifier.ts";
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

/** What a picture is classified as. */
export interface Classified {
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

/** A picture that a model cannot use. */
export interface Unusable {
  /** Why. */
  readonly unusable: Pick<Skip, "code" | "message">;
}

/** What a picture is classified as, or why it could not be. */
export type Classification = Classified | Unusable;

/** A picture as the model's training pictures were prepared. Any number of answers can be computed from it. */
export interface PreparedPicture extends DividedLevels {
  /** The picture as a dataset of the model's training pictures would store it. */
  readonly pixels: Uint8Array;
  /** Time that the preparation took, in milliseconds. */
  readonly preparationMs: number;
}

/** Options for {@link PictureClassifier.answer}. */
export interface PictureOptions {
  /** Number of views that the answer is the mean of. Default: the model's. Black-and-white pictures have one. */
  readonly views?: ViewCount;
  /**
   * Level above which pixels are white, 0 to 255, instead of Otsu's: the lower one if the network sees two. The thresholds of all views
   * are changed by as many standard deviations. Networks that see gray levels or colors have none.
   */
  readonly threshold?: number;
  /** Whether to find where the network finds the most probable class. Default: false. */
  readonly attention?: boolean;
}

/** The answer for a picture, and what it comes from. */
export interface PictureAnswer extends Classified {
  /** What the network saw of the whole picture: `[height, width, channels]`, 0 and 1, or 0 to 255 for gray levels and colors. */
  readonly seen: Uint8Array;
  /** The thresholds of {@link PictureAnswer.seen}, one for each channel; none for gray levels and colors. */
  readonly thresholds: readonly number[];
  /** Where in the whole picture the network found the most probable class; null unless asked for, and for a network without a feature map. */
  readonly attention: AttentionMap | null;
  /** Number of views that it is the mean of. */
  readonly views: number;
  /** Times in milliseconds; the picture's preparation is in none of them. */
  readonly milliseconds: {
    /** Of the views. */
    readonly views: number;
    /** Of the network's answer. */
    readonly network: number;
    /** Of the attention. */
    readonly attention: number;
  };
}

/** Classifies pictures by a network and its description. It owns no tensors: dispose of the network after use. */
export class PictureClassifier {
  /** The model's classes, and how its pictures are preprocessed. */
  readonly description: ModelDescription;
  /** Size in pixels at which the network sees pictures. */
  readonly size: PictureSize;
  readonly #classifier: Classifier;
  readonly #preprocessor: Preprocessor;
  readonly #input: NetworkInput;

  private constructor(classifier: Classifier, description: ModelDescription, input: NetworkInput) {
    const { width, height } = description;
    this.description = description;
    this.size = { width: input.width, height: input.height };
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
    const prepared = this.prepare(picture);
    if ("unusable" in prepared) return prepared;
    const { classes, noneOfThese, novelty } = this.answer(prepared);
    return { classes, noneOfThese, novelty };
  }

  /**
   * Prepares a picture as the training pictures were prepared: the first half of {@link PictureClassifier.classify}.
   *
   * @param picture RGB, RGBA or gray pixels of any size; transparent pixels have been drawn on white
   */
  prepare(picture: Picture): PreparedPicture | Unusable {
    const begin = performance.now();
    const made = binarized(this.#preprocessor, picture, this.description.pixelFormat);
    if ("code" in made) return { unusable: { code: made.code, message: made.message } };
    const divided = this.#input.divided(made.levels);
    return { ...divided, pixels: made.pixels, preparationMs: performance.now() - begin };
  }

  /**
   * Classifies a prepared picture: the second half of {@link PictureClassifier.classify}.
   *
   * @throws {TrainerError} `BATCH_TOO_LARGE` if there is not enough memory
   */
  answer(
    prepared: PreparedPicture,
    { views: count = this.description.views, threshold, attention: isAsked = false }: PictureOptions = {},
  ): PictureAnswer {
    const { labels, pixelFormat, calibration } = this.description;
    const begin = performance.now();
    const views = viewsOf(viewCountOf(pixelFormat, count));
    const change = threshold === undefined ? 0 : threshold - (prepared.thresholds[0] ?? threshold);
    const thresholds = movedThresholds(prepared.thresholds, change);
    const all = this.#seen(prepared, thresholds, { views, change });
    const answering = performance.now();
    let attending = Infinity;
    const pictures = pictureTensor(this.#input, all);
    let answer: BatchAnswer;
    try {
      answer = computeOrExplain(() =>
        this.#classifier.answer(pictures, {
          features: calibration !== null,
          ...(isAsked && {
            attention: (each) => {
              attending = performance.now();
              return [mostProbable(meanOf(rowsOf(each, views.length)))];
            },
          }),
        }),
      );
    } finally {
      pictures.dispose();
    }
    const end = performance.now();
    const mean = [...meanOf(rowsOf(answer.probabilities, views.length))];
    const probabilities = calibration === null ? mean : calibrated(mean, calibration.temperature);
    const classes = labels
      .map((label, index) => ({ label, probability: probabilities[index] ?? 0 }))
      .toSorted((a, b) => b.probability - a.probability);
    const features = answer.features.map((block) => meanOf(rowsOf(block, views.length)));
    const novelty = calibration === null ? null : noveltyOf(calibration, featuresAt(0, features, 1));
    return {
      classes,
      noneOfThese: novelty !== null && novelty > 1,
      novelty,
      seen: all.slice(0, all.length / views.length),
      thresholds,
      attention: answer.attention?.[0] ?? null,
      views: views.length,
      milliseconds: {
        views: answering - begin,
        network: Math.min(attending, end) - answering,
        attention: Math.max(end - attending, 0),
      },
    };
  }

  /** What the network sees of all views, of which the first is the whole picture: `[views, height, width, channels]`. */
  #seen(
    { levels, pixels, deviation }: PreparedPicture,
    thresholds: readonly number[],
    { views, change }: { readonly views: readonly View[]; readonly change: number },
  ): Uint8Array {
    const { width, height, channels } = this.#input;
    const size = width * height * channels;
    const all = new Uint8Array(views.length * size);
    for (const [index, view] of views.entries()) {
      const seen = all.subarray(index * size, (index + 1) * size);
      if (index === 0 && thresholds.length > 0) this.#input.divide(levels, thresholds, seen);
      else this.#input.write(pixels, { ...view, threshold: deviation === 0 ? 0 : change / deviation }, seen);
    }
    return all;
  }
}

/** The rows of `[count, values]`. */
function rowsOf(all: Float32Array, count: number): readonly Float32Array[] {
  const size = all.length / count;
  return Array.from({ length: count }, (_, row) => all.subarray(row * size, (row + 1) * size));
}

function mostProbable(probabilities: Float32Array): number {
  return probabilities.reduce((most, each, index) => (each > (probabilities[most] ?? 0) ? index : most), 0);
}
