// What is behind predictions of a run's test: the pictures as its dataset has them, and where its network found the answers.

import { Preprocessor } from "@silhouette/preprocess-wasm";

import { computeOrExplain } from "../backend/out-of-memory.ts";
import { pixelsText, type DatasetRow, type PictureSize } from "../dataset/format.ts";
import { maskStatistics, type MaskStatistics } from "../dataset/mask-statistics.ts";
import { networkInput, seenShape, type NetworkInput } from "../dataset/network-input.ts";
import { PictureIndex, type StoredPicture } from "../dataset/picture-index.ts";
import { PictureSet } from "../dataset/picture-set.ts";
import { initPreprocessor } from "../dataset/preprocessor-kernels.ts";
import type { Dataset } from "../dataset/reader.ts";
import { storedSeparability } from "../dataset/separability.ts";
import type { AttentionMap } from "../network/attention.ts";
import { partsOf, withBatch } from "../network/batch.ts";
import type { Classifier } from "../network/classifier.ts";
import { unlessAborted } from "../network/unless-aborted.ts";
import { noveltyOf } from "../training/calibration.ts";
import { pictureFeatures } from "../training/evaluate-pictures.ts";
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
    const shown = chosen.flatMap(({ index, predicted }) => {
      const picture = found.shown.get(index);
      return picture === undefined ? [] : [{ index, predicted, picture }];
    });
    const pictures = PictureSet.of(
      { labels, input: found.input },
      shown.map(({ picture }) => picture),
    );
    if (pictures.size === 0) return { ...about, pictures: [], missing: null };
    const classes = shown.map(({ predicted }) => predicted);
    const seen = typeof model === "string" ? undefined : await seenBy(model, pictures, classes, { signal, onBatch });
    const preprocessor = new Preprocessor({ width, height });
    const mask = new Uint8Array(width * height);
    return {
      ...about,
      missing: null,
      pictures: shown.map(({ index, picture: { pixels, origin, thumbnail } }, place) => {
        const threshold = origin[2];
        const silhouette = found.input.silhouette(pixels);
        preprocessor.unpackBits(silhouette, mask);
        return {
          prediction: index,
          isNone: calibration !== null && noveltyOf(calibration, seen?.features[place] ?? []) > 1,
          threshold,
          separability: storedSeparability({ pixels, threshold }, config.dataset),
          silhouette,
          mask: maskStatistics(mask, { width, height }),
          thumbnail,
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
  const features =
    calibration === null ? [] : await pictureFeatures(classifier, pictures, { batch: BATCH, views, signal });
  const maps = await attentionTo(classifier, pictures, classes, { signal, onBatch });
  return { features, maps };
}

/** Where the network finds `classes` in the whole pictures, one each. */
async function attentionTo(
  classifier: Classifier,
  pictures: PictureSet,
  classes: readonly number[],
  { signal, onBatch }: Pick<ExplainPredictions, "signal" | "onBatch">,
): Promise<readonly AttentionMap[] | undefined> {
  const maps: AttentionMap[] = [];
  const all = Int32Array.from(classes, (_, index) => index);
  for await (const part of pictures.read(partsOf(all, { batch: BATCH }), signal)) {
    await pause();
    signal?.throwIfAborted();
    onBatch?.(maps.length, pictures.size);
    const some = withBatch(part, (batch) =>
      computeOrExplain(() =>
        unlessAborted(signal, () =>
          classifier.attention(batch.pictures, classes.slice(maps.length, maps.length + part.size)),
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

/** The test pictures of a run that are shown. */
interface TestPictures {
  readonly input: NetworkInput;
  /** By their index in the run's predictions. */
  readonly shown: ReadonlyMap<number, ShownPicture>;
}

interface ShownPicture extends StoredPicture {
  readonly thumbnail: Uint8Array | null;
}

/** @returns why they are missing, if they are */
async function testPictures(
  openDataset: () => Promise<Dataset>,
  config: RunConfig,
  indices: ReadonlySet<number>,
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
    const index = new PictureIndex(dataset.rows);
    const shown = new Map<number, ShownPicture>();
    for await (const row of dataset) {
      signal?.throwIfAborted();
      if (row.split !== "test") continue;
      const picture = storedPicture(row, labels);
      if (indices.has(index.size)) shown.set(index.size, copied(picture, row.thumbnail));
      index.add(picture);
    }
    return index.fingerprintOf(index.places()) === config.fingerprints.test ? { input, shown } : other;
  } catch (error) {
    if (error instanceof TrainerError && MISSING.has(error.code)) return error.message;
    throw error;
  } finally {
    await dataset?.close();
  }
}

function storedPicture(row: DatasetRow, labels: readonly string[]): StoredPicture {
  const { path, label, split, sourceWidth, sourceHeight, threshold, pixels } = row;
  const origin = [sourceWidth, sourceHeight, threshold] as const;
  return { path, label: labels.indexOf(label), split, origin, pixels };
}

/** A copy: a row is a view of its whole batch. */
function copied(picture: StoredPicture, thumbnail: Uint8Array): ShownPicture {
  return { ...picture, pixels: picture.pixels.slice(), thumbnail: thumbnail.length === 0 ? null : thumbnail.slice() };
}
