// Classifies picture files and the pictures in folders with the model of a run.

import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";

import {
  abortSignal,
  callback,
  checkArgument,
  filePath,
  filePaths,
  oneOf,
  optional,
  optionsOf,
} from "../values/arguments.ts";
import { concurrently } from "../values/concurrently.ts";
import { BACKEND_CHOICES, type BackendChoice } from "../backend/names.ts";
import type { BackendFacts } from "../backend/operations.ts";
import { picturesBelow, type PicturesBelow } from "../dataset/photographs/find-photographs.ts";
import type { Photograph } from "../dataset/photographs/photographs.ts";
import type { Skip } from "../dataset/skip.ts";
import { systemErrorCode, TrainerError } from "../values/errors.ts";
import { DISK } from "./photographs/listing.ts";
import { IgnoredTally, type Ignored } from "../dataset/photographs/ignored.ts";
import type { ClassProbability } from "../model/picture-classifier.ts";
import { Predictor } from "./predictor.ts";

/** Options for {@link predict}. */
export interface PredictOptions {
  /** The run folder with the model. */
  readonly run: string;
  /** Picture files, and folders, whose pictures are all classified. */
  readonly paths: readonly string[];
  /** The backend. Default `auto`. */
  readonly backend?: BackendChoice;
  /** Aborts the work; {@link predict} then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called for each event, before the first prediction. */
  readonly onEvent?: (event: PredictEvent) => void;
}

/** What {@link predict} reports besides its predictions. */
export type PredictEvent =
  | ({
      /** Once, at the start. */
      readonly type: "backend";
    } & BackendFacts)
  | {
      /** Once, if the folders hold anything besides pictures. */
      readonly type: "ignored";
      /** By kind, the most frequent first. */
      readonly ignored: readonly Ignored[];
    };

const OPTIONS = optionsOf<PredictOptions>({
  run: filePath,
  paths: filePaths,
  backend: optional(oneOf(BACKEND_CHOICES)),
  signal: optional(abortSignal),
  onEvent: optional(callback),
});

/** The prediction for a picture, or the reason why there is none. */
export type Prediction =
  | {
      /** The picture was classified. */
      readonly type: "prediction";
      /** Path of the picture, as given or found below a given folder. */
      readonly path: string;
      /** All classes, the most probable first. */
      readonly classes: readonly ClassProbability[];
      /** Whether it is probably none of them: a novelty above 1. */
      readonly noneOfThese: boolean;
      /** How unlike the training pictures the picture is, 0 or more; null if the model has no calibration. */
      readonly novelty: number | null;
    }
  | ({
      /** The picture could not be used; its path is as given or found below a given folder. */
      readonly type: "skip";
    } & Skip);

/**
 * Classifies pictures one by one, in the order of their paths. Any problem with a picture is its result.
 *
 * @param options the run, and the pictures
 * @throws {TrainerError} `MODEL_NOT_FOUND`, `MODEL_VERSION`, `MODEL_DAMAGED`, `MODEL_PREPROCESSING`, `PICTURE_NOT_FOUND`,
 * `FOLDER_UNREADABLE`, `BACKEND_UNAVAILABLE`, `BATCH_TOO_LARGE`; `NO_PICTURES` at the end if none could be classified
 * @example
 * import { predict } from "@silhouette/trainer";
 *
 * for await (const prediction of predict({ run: "runs/photos", paths: ["street.jpg"] })) {
 *   if (prediction.type === "prediction") console.log(prediction.path, prediction.classes[0]);
 * }
 */
export async function* predict(options: PredictOptions): AsyncGenerator<Prediction, void, undefined> {
  checkArgument("predict()", "options", OPTIONS, options);
  const { run, signal, onEvent } = options;
  const predictor = await Predictor.load(run, options.backend);
  try {
    onEvent?.({ type: "backend", ...predictor.backend });
    const { photographs, skips, ignored } = await collect(options.paths, signal);
    if (ignored.length > 0) onEvent?.({ type: "ignored", ignored });
    for (const skip of skips) yield { type: "skip", ...skip };
    let classified = 0;
    const classifications = concurrently(
      photographs,
      async ({ path, file }) => ({ path, classification: await predictor.classify(file) }),
      { concurrency: availableParallelism() + 1, signal },
    );
    for await (const { path, classification } of classifications) {
      if ("unusable" in classification) yield { type: "skip", path, ...classification.unusable };
      else {
        classified++;
        yield { type: "prediction", path, ...classification };
      }
    }
    if (classified === 0) {
      throw new TrainerError(
        "NO_PICTURES",
        `Expected usable pictures in ${options.paths.join(", ")}, but there are none`,
        "Name pictures, or folders of pictures, in JPEG, PNG, WebP, GIF, TIFF or AVIF format.",
      );
    }
  } finally {
    predictor.dispose();
  }
}

/** Pictures to classify. */
interface FoundPictures extends Omit<PicturesBelow, "photographs"> {
  readonly photographs: Iterable<Pick<Photograph, "path" | "file">>;
}

/** The pictures named by `paths`, and all pictures in the folders among them. */
async function collect(paths: readonly string[], signal: AbortSignal | undefined): Promise<FoundPictures> {
  const found = await Promise.all(
    paths.map(async (path) => {
      const kind = await stat(path).catch((cause: unknown) => {
        throw new TrainerError(
          "PICTURE_NOT_FOUND",
          `Expected a picture or a folder of pictures at ${path}, but it cannot be opened (${systemErrorCode(cause) ?? String(cause)})`,
          "Name pictures, or folders of pictures.",
          { cause },
        );
      });
      return kind.isDirectory()
        ? picturesBelow(DISK, path, signal)
        : { photographs: [{ path, file: path }], skips: [], ignored: [] };
    }),
  );
  const ignored = new IgnoredTally();
  for (const each of found.flatMap((below) => below.ignored)) ignored.add(each);
  return {
    photographs: (function* () {
      for (const { photographs } of found) yield* photographs;
    })(),
    skips: found.flatMap(({ skips }) => skips),
    ignored: ignored.kinds,
  };
}
