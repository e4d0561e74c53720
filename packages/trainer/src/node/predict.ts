// A run's model on the pictures of files and folders, one after another.

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
import { picturesBelow, type PicturesBelow } from "./photographs/discover.ts";
import type { Skip } from "../dataset/skip.ts";
import { systemErrorCode, TrainerError } from "../values/errors.ts";
import { LeftOutTally, type LeftOut } from "./photographs/left-out.ts";
import { Predictor, type ClassProbability } from "./predictor.ts";

/** What {@link predict} can be told. */
export interface PredictOptions {
  /** The run folder whose model answers. */
  readonly run: string;
  /** Picture files, and folders whose pictures are all taken. */
  readonly paths: readonly string[];
  /** What computes. Default `auto`. */
  readonly backend?: BackendChoice;
  /** Stops the work; {@link predict} then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called for each event, before the first prediction. */
  readonly onEvent?: (event: PredictEvent) => void;
}

/** What {@link predict} reports besides its predictions. */
export type PredictEvent =
  | ({
      /** Once, at first. */
      readonly type: "backend";
    } & BackendFacts)
  | {
      /** Once, if the folders hold anything besides pictures. */
      readonly type: "leftOut";
      /** By kind, the most frequent first. */
      readonly leftOut: readonly LeftOut[];
    };

const OPTIONS = optionsOf<PredictOptions>({
  run: filePath,
  paths: filePaths,
  backend: optional(oneOf(BACKEND_CHOICES)),
  signal: optional(abortSignal),
  onEvent: optional(callback),
});

/** The prediction for a picture, or why there is none. */
export type Prediction =
  | {
      /** The picture was classified. */
      readonly type: "prediction";
      /** Of the picture, as it was named or found below a folder that was named. */
      readonly path: string;
      /** All classes, the most probable first. */
      readonly classes: readonly ClassProbability[];
    }
  | ({
      /** The picture could not be used; its path is as it was named or found below a folder that was named. */
      readonly type: "skip";
    } & Skip);

/**
 * Answers for pictures, one after another, in the order of their paths. Whatever is wrong with one is its result.
 *
 * @param options the run, and the pictures
 * @throws {TrainerError} `MODEL_NOT_FOUND`, `MODEL_VERSION`, `MODEL_DAMAGED`, `MODEL_PREPROCESSING`,
 * `PICTURE_NOT_FOUND`, `FOLDER_UNREADABLE`, `BACKEND_UNAVAILABLE`, `BATCH_TOO_LARGE`; `NO_PICTURES` at the end, if none could be answered for
 * @example
 * import { predict } from "@silhouette/trainer";
 *
 * for await (const answer of predict({ run: "runs/photos", paths: ["street.jpg"] })) {
 *   if (answer.type === "prediction") console.log(answer.path, answer.classes[0]);
 * }
 */
export async function* predict(options: PredictOptions): AsyncGenerator<Prediction, void, undefined> {
  checkArgument("predict()", "options", OPTIONS, options);
  const { run, signal, onEvent } = options;
  const predictor = await Predictor.load(run, options.backend);
  try {
    onEvent?.({ type: "backend", ...predictor.backend });
    const { photographs, skips, leftOut } = await collect(options.paths, signal);
    if (leftOut.length > 0) onEvent?.({ type: "leftOut", leftOut });
    for (const skip of skips) yield { type: "skip", ...skip };
    let answered = 0;
    const answers = concurrently(
      photographs,
      async ({ path, file }) => ({ path, answer: await predictor.classify(file) }),
      { concurrency: availableParallelism() + 1, signal },
    );
    for await (const { path, answer } of answers) {
      if ("unusable" in answer) yield { type: "skip", path, ...answer.unusable };
      else {
        answered++;
        yield { type: "prediction", path, classes: answer.classes };
      }
    }
    if (answered === 0) {
      throw new TrainerError(
        "NO_PICTURES",
        `Expected usable pictures in ${options.paths.join(", ")}, but there are none`,
        "Name pictures, or folders of pictures: JPEG, PNG, WebP, GIF, TIFF and AVIF are read.",
      );
    }
  } finally {
    predictor.dispose();
  }
}

/** The files that `paths` name, and those in the folders among them. */
async function collect(paths: readonly string[], signal: AbortSignal | undefined): Promise<PicturesBelow> {
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
        ? picturesBelow(path, signal)
        : { photographs: [{ path, file: path }], skips: [], leftOut: [] };
    }),
  );
  const leftOut = new LeftOutTally();
  for (const each of found.flatMap((below) => below.leftOut)) leftOut.add(each);
  return {
    photographs: found.flatMap(({ photographs }) => photographs),
    skips: found.flatMap(({ skips }) => skips),
    leftOut: leftOut.kinds,
  };
}
