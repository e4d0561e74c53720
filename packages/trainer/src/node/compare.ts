// Compares two runs on the same pictures, none of which either has learned from.

import { BACKEND_CHOICES, type BackendChoice } from "../backend/names.ts";
import { comparisonOf, type Answered, type RunComparison } from "../training/paired-test.ts";
import { abortSignal, callback, checkArgument, filePath, oneOf, optional, optionsOf } from "../values/arguments.ts";
import { TrainerError } from "../values/errors.ts";
import { evaluate, type EvaluateEvent, type EvaluateOptions } from "./evaluate.ts";

/** Options for {@link compare}. */
export interface CompareOptions {
  /** The first run folder. */
  readonly first: string;
  /** The second run folder. */
  readonly second: string;
  /** Folder of photographs or dataset file, as for {@link evaluate}; for runs that see pictures differently, a folder. */
  readonly source: string;
  /** The backend. Default `auto`. */
  readonly backend?: BackendChoice;
  /** Aborts the work; {@link compare} then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called for each event, in order. */
  readonly onEvent?: (event: EvaluateEvent) => void;
}

const OPTIONS = optionsOf<CompareOptions>({
  first: filePath,
  second: filePath,
  source: filePath,
  backend: optional(oneOf(BACKEND_CHOICES)),
  signal: optional(abortSignal),
  onEvent: optional(callback),
});

/**
 * Evaluates two runs on the same pictures, and tests whether one is better: runs trained on the same folder with the same seed are
 * compared on their common test pictures. Pictures that either run has learned from are left out.
 *
 * @param options both runs, and the source of the pictures
 * @throws {TrainerError} as {@link evaluate}; `PICTURES_LEARNED` if no picture is new to both
 */
export async function compare(options: CompareOptions): Promise<RunComparison> {
  checkArgument("compare()", "options", OPTIONS, options);
  const { first, second, ...others } = options;
  const comparison = comparisonOf(await answersOf(first, others), await answersOf(second, others));
  if (comparison === undefined) {
    throw new TrainerError(
      "PICTURES_LEARNED",
      `Expected pictures in ${options.source} that neither ${first} nor ${second} has learned from, but there are none`,
      "Name other pictures, or train both runs on the same folder with the same seed.",
    );
  }
  return comparison;
}

async function answersOf(run: string, options: Omit<EvaluateOptions, "run">): Promise<readonly Answered[]> {
  const answers: Answered[] = [];
  await evaluate({
    ...options,
    run,
    onPredictions: (predictions) => {
      answers.push(...predictions.map(({ path, label, predicted }) => ({ path, label, predicted })));
    },
  });
  return answers;
}
