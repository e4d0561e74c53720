// What is behind predictions of a run's test: the pictures as its dataset has them, and where its network found the answers.

import { isDeepStrictEqual } from "node:util";

import { Preprocessor } from "@silhouette/preprocess-wasm";

import { BACKEND_CHOICES, type BackendChoice } from "../backend/names.ts";
import { factsOf, type Backend } from "../backend/operations.ts";
import { computeOrExplain } from "../backend/out-of-memory.ts";
import { isDatasetFile, pixelsText, type DatasetRow, type PictureSize } from "../dataset/format.ts";
import { maskStatistics, type MaskStatistics } from "../dataset/mask-statistics.ts";
import { networkInput, seenShape } from "../dataset/network-input.ts";
import { PictureSet, type StoredPicture } from "../dataset/picture-set.ts";
import { initPreprocessor } from "../dataset/preprocessor-kernels.ts";
import { storedSeparability } from "../dataset/separability.ts";
import type { AttentionMap } from "../network/attention.ts";
import { partsOf, withBatch } from "../network/batch.ts";
import type { Classifier } from "../network/classifier.ts";
import { unlessAborted } from "../network/unless-aborted.ts";
import type { ModelDescription } from "../model/description.ts";
import { noveltyOf } from "../training/calibration.ts";
import { evaluatePictures } from "../training/evaluate-pictures.ts";
import type { RunConfig } from "../training/run-config.ts";
import {
  abortSignal,
  callback,
  checkArgument,
  filePath,
  indices,
  oneOf,
  optional,
  optionsOf,
} from "../values/arguments.ts";
import { TrainerError, type TrainerErrorCode } from "../values/errors.ts";
import { pause } from "../values/event-loop.ts";
import { startBackend } from "./backends/start.ts";
import type { EvaluateEvent } from "./evaluate.ts";
import { runPaths } from "./files/run-folder.ts";
import { readResults } from "./run-results.ts";
import { withDataset } from "./source.ts";
import { loadUsableModel, type UsableModel } from "./usable-model.ts";

/** Pictures that are computed at once. */
const BATCH = 32;

/** Options for {@link explain}. */
export interface ExplainOptions {
  /** The run folder, of a run that has been tested. */
  readonly run: string;
  /** Indices of the predictions to explain, as `readResults` returns them. */
  readonly predictions: readonly number[];
  /** The backend. Default `auto`. */
  readonly backend?: BackendChoice;
  /** Aborts the work; {@link explain} then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called for each event, in order. */
  readonly onEvent?: (event: ExplainEvent) => void;
}

/** Events that {@link explain} emits while it works. */
export type ExplainEvent = Extract<
  EvaluateEvent,
  {
    /** The backend, once; progress before every batch. */
    readonly type: "backend" | "evaluated";
  }
>;

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

/** The result of {@link explain}. */
export interface Explanation {
  /** Temperature that the model's probabilities are corrected by; null if they are not, or the model is missing. */
  readonly temperature: number | null;
  /** Size of the silhouettes. */
  readonly size: PictureSize;
  /** One for each of the predictions, in their order; empty if the pictures are missing. */
  readonly pictures: readonly Explained[];
  /** Why the dataset's pictures cannot be shown, as a sentence without its full stop; null if they can. */
  readonly missing: string | null;
  /** Why the model cannot be loaded, as a sentence without its full stop; null if it can. */
  readonly modelMissing: string | null;
}

const OPTIONS = optionsOf<ExplainOptions>({
  run: filePath,
  predictions: indices,
  backend: optional(oneOf(BACKEND_CHOICES)),
  signal: optional(abortSignal),
  onEvent: optional(callback),
});

/**
 * Shows what is behind predictions of a run's test: silhouettes, thumbnails, Otsu's separability, and Grad-CAM at the network's last
 * feature map. A dataset that is missing, or has other pictures by now, is a result; so is a model that is missing or damaged.
 *
 * @throws {TrainerError} what {@link readResults} throws; `INVALID_ARGUMENT`, `BACKEND_UNAVAILABLE`, `BATCH_TOO_LARGE`
 * @example
 * import { explain, readResults } from "@silhouette/trainer";
 *
 * const { test } = await readResults("runs/photos");
 * const predictions = (test?.predictions ?? []).flatMap(({ label, predicted }, index) => (label === predicted ? [] : [index]));
 * const { pictures } = await explain({ run: "runs/photos", predictions });
 * for (const { separability, attention } of pictures) console.log(separability, attention?.values);
 */
export async function explain(options: ExplainOptions): Promise<Explanation> {
  checkArgument("explain()", "options", OPTIONS, options);
  const { run, signal, onEvent } = options;
  const { config, test } = await readResults(run);
  const labels = config.dataset.labels;
  const chosen = options.predictions.map((index) => {
    const prediction = test?.predictions[index];
    if (prediction !== undefined) return { index, ...prediction, predicted: labels.indexOf(prediction.predicted) };
    throw new TrainerError(
      "INVALID_ARGUMENT",
      `Expected indices of the ${test?.predictions.length ?? 0} predictions of ${run}, but received ${index}`,
      "Pass indices of the predictions that readResults returns.",
    );
  });
  const backend = await startBackend(options.backend ?? "auto");
  onEvent?.({ type: "backend", ...factsOf(backend) });
  const model = await modelOf(run, config, backend);
  try {
    const { width, height } = seenShape(config.dataset, config.recipe.input);
    const calibration = typeof model === "string" ? null : model.description.calibration;
    const about = {
      temperature: calibration?.temperature ?? null,
      size: { width, height },
      modelMissing: typeof model === "string" ? model : null,
    };
    const found = await testPictures(run, config, new Set(options.predictions), signal);
    if (typeof found === "string") return { ...about, pictures: [], missing: found };
    const { pictures: all, thumbnails } = found;
    const pictures = PictureSet.of(
      all,
      chosen.map(({ index }) => all.at(index)),
    );
    if (pictures.size === 0) return { ...about, pictures: [], missing: null };
    const seen =
      typeof model === "string"
        ? undefined
        : await seenBy(
            model,
            pictures,
            chosen.map(({ predicted }) => predicted),
            options,
          );
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
async function modelOf(run: string, config: RunConfig, backend: Backend): Promise<UsableModel | string> {
  const { model: folder } = runPaths(run);
  try {
    const model = await loadUsableModel(folder, backend);
    if (isDeepStrictEqual(seenIn(model.description), seenIn({ ...config.dataset, ...config.recipe }))) return model;
    model.classifier.network.dispose();
    return `${folder} has a model of other classes or pictures than the run`;
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
  { classifier, description: { calibration, views } }: UsableModel,
  pictures: PictureSet,
  classes: readonly number[],
  { signal, onEvent }: ExplainOptions,
): Promise<Seen> {
  const { features } = await evaluatePictures(classifier, pictures, {
    batch: BATCH,
    views,
    features: calibration !== null,
    signal,
    onBatch: (done) => onEvent?.({ type: "evaluated", done, total: pictures.size }),
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
  run: string,
  config: RunConfig,
  shown: ReadonlySet<number>,
  signal: AbortSignal | undefined,
): Promise<TestPictures | string> {
  const path = isDatasetFile(config.source) ? config.source : runPaths(run).dataset;
  const { labels } = config.dataset;
  const other = `${path} has other pictures than the run was tested on`;
  try {
    return await withDataset(path, async (dataset) => {
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
    });
  } catch (error) {
    if (error instanceof TrainerError && MISSING.has(error.code)) return error.message;
    throw error;
  }
}

/** A copy: a row is a view of its whole batch. */
function storedPicture(row: DatasetRow, labels: readonly string[]): StoredPicture {
  const { path, label, split, sourceWidth, sourceHeight, threshold, pixels } = row;
  const origin = [sourceWidth, sourceHeight, threshold] as const;
  return { path, label: labels.indexOf(label), split, origin, pixels: pixels.slice() };
}
