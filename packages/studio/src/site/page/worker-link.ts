// The page's side of a worker with an engine.

import { wrap, type Remote } from "comlink";

import type { ModelEngine } from "../engine/model-engine.ts";
import type { ModelSource } from "../engine/model-sources.ts";
import { passProblems, StudioError } from "../engine/problem.ts";

/** What classifying needs of an engine in its worker. */
export type ClassifierLink = Pick<Remote<ModelEngine<ModelSource>>, "glance" | "open" | "answerAgain" | "answerFrame">;

/**
 * The engine of a worker.
 *
 * @param onFailure called with a problem if the worker cannot be loaded, which no call would say
 */
export function linkTo<AnyEngine>(worker: Worker, onFailure: (error: StudioError) => void): Remote<AnyEngine> {
  passProblems();
  worker.addEventListener("error", ({ message }) => {
    const reason = message === "" || message === undefined ? "" : ` (${message})`;
    onFailure(
      new StudioError(
        "WORKER_FAILED",
        `Expected the worker of this page to run, but it failed${reason}`,
        "Reload the page. If it stays so, use a browser of 2024 or later.",
      ),
    );
  });
  return wrap<AnyEngine>(worker);
}
