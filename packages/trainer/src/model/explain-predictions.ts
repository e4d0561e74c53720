// What is behind predictions of a run's test: the pictures as its dataset has them, and where its network found the answers.

import { Preprocessor } from "@silhouette/preprocess-wasm";

import { computeOrExplain } from "../backend/out-of-memory.ts";
import { pixelsText, type DatasetRow, type PictureSize } from "../dataset/format.ts";
import { maskStatistics, type MaskStatistics } from "../dataset/mask-statistics.ts";
import { networkInput, seenShape } from "../dataset/network-input.ts";
import { PictureSet, type StoredPicture } from "../dataset/picture-set.ts";
import { initPreprocessor } from "../dataset/preprocessor-kernels.ts";
import type { Dataset } from "../dataset/reader.ts";
import { storedSeparability } from "../dataset/separability.ts";
import type { AttentionMap } from "../network/attention.ts";
import { partsOf, withBatch } from "../network/batch.ts";
import type { Classifier } from "../network/classifier.ts";
import { unlessAborted } from "../network/unless-aborted.ts";
import { noveltyOf } from "../training/calibration.ts";
import { evaluatePictures } from "../training/evaluate-pictures.ts";
import type { RunConfig } from "../training/run-config.ts";
import { TrainerError, type TrainerErrorCode } from "../values/errors.ts";
import { pause } from "../values/event-loop.ts";
import type { ModelDescription } from "./description.ts";
import type { RunResults } from "./run-reader.ts";

/** Pictures that are computed at once. */
const BATCH = 32;

/** What is behind a prediction. */
export interface Explained {
  /** Index of the prediction. */
  readonly prediction: number;
  /** Whether the picture is probably of none of the classes; false for a model that is missing or has no calibration. */
  readonly isNone: boolean;
  /** Otsu's threshold of the picture, 0 to 255. */
  readonly threshold: number;
  /** How well it separates the picture's gray levels, 0 to 1; null if the dataset has only black and white. */
  readonly separability: number | null;
  /** The picture in black and white: 1 bit per pixel, bit 7 first, without padding between rows. */
  readonly silhouette: Uint8Array;
  /** Measures of the silhouette. */
  readonly mask: MaskStatistics;
  /** A JPEG of the photograph; null if the dataset has none. */
  readonly thumbnail: Uint8Array | null;
  /** Where the network found the predicted class (Grad-CAM); null for a model that is missing or has no feature map. */
  readonly attention: AttentionMap | null;
}

/** The result of {@link explainPredictions}. */
export interface Explanation {
  /** Temperature that the model's probabilities are corrected by; null if they are not, or the model is missing. */
  readonly temperature: number | null;
  /** Size of the silhouettes. */
  readonly size: PictureSize;
  /** One for each of the predictions, in their order; empty if the pictures are missing. */
  readonly pictures: readonly Explained[];
  /** Why the dataset's pictures cannot be shown, as a sentence without its full stop; null if they can. */
  readonly missing: string | null;
  /** Why the model cannot be used, as a sentence without its full stop; null if it can. */
  readonly modelMissing: string | null;
}

/** A model that explains its predictions. */
export interface ExplainedModel {
  /** Its network, on a backend. */
  readonly classifier: Classifier;
  /** Its description. */
  readonly description: ModelDescription;
}

/** Options for {@link explainPredictions}. */
export interface ExplainPredictions {
  /** The results of the run, which has been tested. */
  readonly results: RunResults;
  /** Indices of the predictions to explain. */
  readonly predictions: readonly number[];
  /** Loads the model that was tested; its network is disposed of afterwards. What it throws if there is none is a result, too. */
  readonly openModel: () => Promise<ExplainedModel>;
  /** Opens the dataset of the run, which is closed afterwards. What it throws if there is none is a result, too. */
  readonly openDataset: () => Promise<Dataset>;
  /** Aborts the work; {@link explainPredictions} then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called before each batch with the number of pictures done, and that of all. */
  readonly onBatch?: ((done: number, total: number) => void) | undefined;
}

/**
 * Shows what is behind predictions of a run's test: silhouettes, thumbnails, Otsu's separability, and Grad-CAM at the network's last
 * feature map. A dataset that is missing, or has other pictures by now, is a result, and so is a model that is missing or damaged.
 *
 * @throws {TrainerError} `INVALID_ARGUMENT` for an index without a prediction; `BATCH_TOO_LARGE`; the signal's reason
 */
export async function explainPredictions({
  results: { config, test },
  predictions: indices,
  openModel,
  openDataset,
  signal,
  onBatch,
}: ExplainPredictions): Promise<Explanation> {
  const labels = config.dataset.labels;
  const chosen = indices.map((index) => {
    const prediction = test?.predictions[index];
    if (prediction !== undefined) return { index, ...prediction, predicted: labels.indexOf(prediction.predicted) };
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected indices of the ${test?.predictions.length ?? 0} predictions of the run, but received ${index}`,
      "Pass indices of the predictions that the results of the run have.",
    );
  });
  const model = await usableModel(openModel, config);
  try {
    const { width, height } = seenShape(config.dataset, config.recipe.input);
    const calibration = typeof model === "string" ? null : model.description.calibration;
    const about = {
      temperature: calibration?.temperature ?? null,
      size: { width, height },
      modelMissing: typeof model === "string" ? model : null,
    };
    const found = await testPictures(openDataset, config, new Set(indices), signal);
    if (typeof found === "string") return { ...about, pictures: [], missing: found };
    const { pictures: all, thumbnails } = found;
    const pictures = PictureSet.of(
      all,
      chosen.map(({ index }) => all.at(index)),
    );
    if (pictures.size === 0) return { ...about, pictures: [], missing: null };
    const classes = chosen.map(({ predicted }) => predicted);
    const seen = typeof model === "string" ? undefined : await seenBy(model, pictures, classes, { signal, onBatch });
    const preprocessor = new Preprocessor({ width, height });
    const mask = new Uint8Array(width * height);
    return {
      ...about,
      missing: null,
      pictures: chosen.map(({ index }, place) => {
        const { pixels, origin } = pictures.at(place);
        const threshold = origin[2];
        const silhouette = pictures.silhouette(place);
        preprocessor.unpackBits(silhouette, mask);
        return {
          prediction: index,
          isNone: calibration !== null && noveltyOf(calibration, seen?.features[place] ?? []) > 1,
          threshold,
          separability: storedSeparability({ pixels, threshold }, config.dataset),
          silhouette,
          mask: maskStatistics(mask, { width, height }),
          thumbnail: thumbnails.get(index) ?? null,
          attention: seen?.maps?.[place] ?? null,
        };
      }),
    };
  } finally {
    if (typeof model !== "string") model.classifier.network.dispose();
  }
}

/** Errors of a model that is not there, or cannot be used. */
const NO_MODEL: ReadonlySet<TrainerErrorCode> = new Set([
  "MODEL_NOT_FOUND",
  "MODEL_VERSION",
  "MODEL_DAMAGED",
  "MODEL_PREPROCESSING",
]);

/** @returns the model of a run, or why it cannot be used */
async function usableModel(
  openModel: ExplainPredictions["openModel"],
  { dataset, recipe }: RunConfig,
): Promise<ExplainedModel | string> {
  try {
    const model = await openModel();
    if (JSON.stringify(seenIn(model.description)) === JSON.stringify(seenIn({ ...dataset, ...recipe }))) return model;
    model.classifier.network.dispose();
    return "Its model is of other classes or pictures than the run";
  } catch (error) {
    if (error instanceof TrainerError && NO_MODEL.has(error.code)) return error.message;
    throw error;
  }
}

/** What a model tells apart, and what it sees. */
function seenIn({ labels, width, height, pixelFormat, input }: Seeing): Seeing {
  return { labels, width, height, pixelFormat, input };
}

type Seeing = Pick<ModelDescription, "labels" | "width" | "height" | "pixelFormat" | "input">;

/** What a model makes of pictures, one each. */
interface Seen {
  readonly features: readonly (readonly number[])[];
  /** Undefined for a network without a feature map. */
  readonly maps: readonly AttentionMap[] | undefined;
}

/** @param classes those whose places are searched, one per picture */
async function seenBy(
  { classifier, description: { calibration, views } }: ExplainedModel,
  pictures: PictureSet,
  classes: readonly number[],
  { signal, onBatch }: Pick<ExplainPredictions, "signal" | "onBatch">,
): Promise<Seen> {
  const { features } = await evaluatePictures(classifier, pictures, {
    batch: BATCH,
    views,
    features: calibration !== null,
    signal,
    onBatch: (done) => onBatch?.(done, pictures.size),
  });
  const maps = await attentionTo(classifier, pictures, classes, signal);
  return { features, maps };
}

/** Where the network finds `classes` in the whole pictures, one each. */
async function attentionTo(
  classifier: Classifier,
  pictures: PictureSet,
  classes: readonly number[],
  signal: AbortSignal | undefined,
): Promise<readonly AttentionMap[] | undefined> {
  const maps: AttentionMap[] = [];
  const all = Int32Array.from(classes, (_, index) => index);
  for (const part of partsOf(all, { batch: BATCH })) {
    await pause();
    signal?.throwIfAborted();
    const some = withBatch(pictures, part, (batch) =>
      computeOrExplain(() =>
        unlessAborted(signal, () =>
          classifier.attention(
            batch.pictures,
            Array.from(part, (index) => classes[index] ?? 0),
          ),
        ),
      ),
    );
    if (some === undefined) return undefined;
    maps.push(...some);
  }
  return maps;
}

/** Errors of a dataset that is not there, or not as the run saw it. */
const MISSING: ReadonlySet<TrainerErrorCode> = new Set([
  "DATASET_NOT_FOUND",
  "NOT_A_DATASET",
  "DATASET_VERSION",
  "DATASET_DAMAGED",
]);

/** The test pictures of a run, in the order of its predictions, and thumbnails of those that are `shown`. */
interface TestPictures {
  readonly pictures: PictureSet;
  readonly thumbnails: ReadonlyMap<number, Uint8Array>;
}

/** @returns why they are missing, if they are */
async function testPictures(
  openDataset: () => Promise<Dataset>,
  config: RunConfig,
  shown: ReadonlySet<number>,
  signal: AbortSignal | undefined,
): Promise<TestPictures | string> {
  let dataset: Dataset | undefined;
  try {
    dataset = await openDataset();
    const { labels } = config.dataset;
    const other = `${dataset.path} has other pictures than the run was tested on`;
    if (pixelsText(dataset.description) !== pixelsText(config.dataset)) return other;
    await initPreprocessor();
    const input = await networkInput(config.dataset, config.recipe.input);
    const all: StoredPicture[] = [];
    const thumbnails = new Map<number, Uint8Array>();
    for await (const row of dataset) {
      signal?.throwIfAborted();
      if (row.split !== "test") continue;
      if (shown.has(all.length) && row.thumbnail.length > 0) thumbnails.set(all.length, row.thumbnail.slice());
      all.push(storedPicture(row, labels));
    }
    const pictures = PictureSet.of({ labels, input }, all);
    return pictures.fingerprint === config.fingerprints.test ? { pictures, thumbnails } : other;
  } catch (error) {
    if (error instanceof TrainerError && MISSING.has(error.code)) return error.message;
    throw error;
  } finally {
    await dataset?.close();
  }
}

/** A copy: a row is a view of its whole batch. */
function storedPicture(row: DatasetRow, labels: readonly string[]): StoredPicture {
  const { path, label, split, sourceWidth, sourceHeight, threshold, pixels } = row;
  const origin = [sourceWidth, sourceHeight, threshold] as const;
  return { path, label: labels.indexOf(label), split, origin, pixels: pixels.slice() };
}
