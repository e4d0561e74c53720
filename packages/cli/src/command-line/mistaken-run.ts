// Detects arguments in the wrong order, and folders of photographs in place of a run.

import { existsSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

import { commandLine } from "./called-as.ts";

/** Commands whose first argument is a run: that of others is a folder of photographs. */
const OF_RUNS: ReadonlySet<string> = new Set(["evaluate", "compare", "report", "predict", "export"]);

/** Files of folders of results that are no runs. */
const RESULTS = ["cross-validation.json", "learning-rates.csv"] as const;

/** Whether `path` is a run folder, judging by its file names. */
export function isRun(path: string): boolean {
  return existsSync(join(path, "config.json"));
}

/**
 * What to type if the first path is not a run.
 *
 * @param command its name, such as `evaluate`
 * @param paths its arguments
 * @returns a sentence that ends with a command line; undefined if there is no better advice than to name a run
 */
export function mistakenRunHint(command: string, paths: readonly string[]): string | undefined {
  const [first, ...rest] = paths;
  if (!OF_RUNS.has(command) || first === undefined || isRun(first)) return undefined;
  // The message says what it is: neither a run nor photographs.
  if (RESULTS.some((name) => existsSync(join(first, name)))) return undefined;
  const above = dirname(resolve(first));
  if (isRun(above)) {
    const named = [{ path: relative("", above) || "." }, ...rest.map((path) => ({ path }))];
    return `The run is its parent folder: ${commandLine([command, ...named])}`;
  }
  // Several runs have no order.
  const run = command === "report" ? undefined : paths.find(isRun);
  if (run !== undefined) {
    const others = paths.filter((path) => path !== run).map((path) => ({ path }));
    return `The run comes first: ${commandLine([command, { path: run }, ...others])}`;
  }
  if (statSync(first, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined;
  return `To train a classifier on a folder of photographs: ${commandLine(["train", { path: first }])}`;
}
