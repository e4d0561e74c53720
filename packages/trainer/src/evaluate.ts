// A run's model on pictures whose classes are known.

import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";

import { factsOf, startBackend, type BackendChoice, type BackendFacts } from "./backend.ts";
import { Classifier } from "./classifier.ts";
import type { PictureSize } from "./dataset-format.ts";
import { Dataset } from "./dataset-reader.ts";
import { TrainerError } from "./errors.ts";
import { evaluatePictures, type Answer } from "./evaluate-pictures.ts";
import { metricsOf, type Metrics } from "./metrics.ts";
import { labelList } from "./label-list.ts";
import { loadModel, type ModelDescription } from "./model-file.ts";
import { PictureSet } from "./picture-set.ts";
import { prepare, type PrepareEvent } from "./prepare.ts";
import { readConfig, runPaths } from "./run-folder.ts";
import { SPLITS } from "./split.ts";
import { isDatasetFile } from "./train.ts";

/** Pictures that are computed at once. */
const BATCH = 32;

/** What {@link evaluate} can be told. */
export interface EvaluateOptions {
  /** The run folder whose model is judged. */
  readonly run: string;
  /** Folder of photographs, as {@link prepare} takes it, or a dataset file (`.arrow`), with the model's classes. */
  readonly source: string;
  /** What computes. Default `auto`. */
  readonly backend?: BackendChoice;
  /** Stops the work; {@link evaluate} then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what happens. */
  readonly onEvent?: (event: EvaluateEvent) => void;
}

/** What {@link evaluate} tells while it works. */
export type EvaluateEvent =
  | PrepareEvent
  | ({
      /** Once, at first. */
      readonly kind: "backend";
    } & BackendFacts)
  | {
      /** Once, before the first picture is judged. */
      readonly kind: "pictures";
      /** Which pictures are judged. */
      readonly chosen: Chosen;
      /** Number of pictures to judge. */
      readonly total: number;
    }
  | {
      /** After every batch. */
      readonly kind: "progress";
      /** Pictures judged so far. */
      readonly done: number;
      /** Number of pictures to judge. */
      readonly total: number;
    };

/** Which pictures are judged: the test split, or all, where the source has never been split for this model. */
export type Chosen = "test" | "all";

/** What the pictures came to. */
export interface Evaluation {
  /** Which pictures were judged. */
  readonly chosen: Chosen;
  /** How good the answers are. */
  readonly metrics: Metrics;
  /** To each picture, in the order of the dataset. */
  readonly answers: readonly Answer[];
  /** Pixels of the pictures. */
  readonly size: PictureSize;
}

/**
 * Judges a run's model. Of a dataset file, of a folder with test pictures of its own (`test/<class>/*`), and of the folder
 * that the model was trained on, the test split is judged; of any other folder all pictures.
 *
 * @param options at least the run, and where the pictures come from
 * @throws {TrainerError} what {@link prepare} and {@link Dataset.open} throw; `RUN_NOT_FOUND`, `RUN_VERSION`, `RUN_DAMAGED`,
 * `MODEL_NOT_FOUND`, `MODEL_VERSION`, `MODEL_DAMAGED`, `MODEL_PREPROCESSING`, `DATASET_MISMATCH`, `CLASS_UNTESTED`,
 * `BACKEND_UNAVAILABLE`, `BATCH_TOO_LARGE`
 * @example
 * import { evaluate } from "@silhouette/trainer";
 *
 * const { metrics } = await evaluate({ run: "runs/photos", source: "photos" });
 * console.log(metrics.right, metrics.wrong, metrics.accuracy, metrics.interval95);
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { run, source, signal, onEvent } = options;
  const config = await readConfig(run);
  const backend = await startBackend(options.backend ?? "auto");
  onEvent?.({ kind: "backend", ...factsOf(backend) });
  const { network, description } = await loadModel(runPaths(run).model);
  try {
    let pictures: PictureSet;
    let chosen: Chosen = "test";
    if (isDatasetFile(source)) {
      pictures = await loadPictures(await Dataset.open(source), description, chosen);
    } else {
      const isOwn = (await realpath(source).catch(() => source)) === (await realpath(config.source).catch(() => ""));
      const directory = await mkdtemp(join(tmpdir(), "silhouette-"));
      try {
        const out = join(directory, "pictures.arrow");
        const { split } = config.dataset;
        await prepare({
          folder: source,
          out,
          size: { width: description.width, height: description.height },
          labels: description.labels,
          ...(isOwn && split.from !== "folders" && { split: split.fractions, seed: split.seed }),
          ...(signal && { signal }),
          onStart: (discovery) => {
            if (discovery.drawn.length > 0 && !isOwn) chosen = "all";
            onEvent?.({ kind: "prepareStart", discovery });
          },
          onSkip: (skip) => onEvent?.({ kind: "prepareSkip", skip }),
          onProgress: (progress) => onEvent?.({ kind: "prepareProgress", ...progress }),
          onCopies: (copies) => onEvent?.({ kind: "prepareCopies", copies }),
          onBlank: (paths) => onEvent?.({ kind: "prepareBlank", paths }),
        });
        pictures = await loadPictures(await Dataset.open(out), description, chosen);
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    }
    if (pictures.size === 0) {
      throw new TrainerError(
        "CLASS_UNTESTED",
        `Expected test pictures in ${source}, but there are none`,
        "Name a folder or a dataset with test pictures.",
      );
    }
    const total = pictures.size;
    onEvent?.({ kind: "pictures", chosen, total });
    const classifier = new Classifier(network, backend);
    try {
      const { answers, loss, confusion } = await evaluatePictures(classifier, pictures, {
        batch: BATCH,
        onBatch: async (done) => {
          await setImmediate();
          signal?.throwIfAborted();
          onEvent?.({ kind: "progress", done, total });
        },
      });
      const { width, height } = pictures;
      return { chosen, metrics: metricsOf(confusion, loss), answers, size: { width, height } };
    } finally {
      classifier.dispose();
    }
  } finally {
    network.dispose();
  }
}

/** The chosen pictures, if the dataset is of the model's kind. */
async function loadPictures(dataset: Dataset, model: ModelDescription, chosen: Chosen): Promise<PictureSet> {
  try {
    const { labels, width, height } = dataset.description;
    const isOfKind = (["labels", "width", "height", "pixelFormat", "preprocessing"] as const).every((name) =>
      isDeepStrictEqual(dataset.description[name], model[name]),
    );
    if (!isOfKind) {
      throw new TrainerError(
        "DATASET_MISMATCH",
        `Expected a dataset of ${model.labels.join(",")} with ${model.width} x ${model.height} pixels, as the model was ` +
          `trained on, but ${dataset.path} has ${labels.join(",")} with ${width} x ${height} pixels`,
        `Prepare it with --size ${model.width}x${model.height} --labels ${labelList(model.labels)}.`,
      );
    }
    return await PictureSet.load(dataset, ...(chosen === "test" ? (["test"] as const) : SPLITS));
  } finally {
    await dataset.close();
  }
}
