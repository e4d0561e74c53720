// Arguments in the wrong order, and folders of photographs where a run is wanted.

import { existsSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

import { commandLine } from "./called-as.ts";

/** Whether `path` is a run folder, as far as its files' names say. */
export function isRun(path: string): boolean {
  return existsSync(join(path, "config.json"));
}

/**
 * What to type where the first path is no run.
 *
 * @param command like `evaluate`
 * @param paths its arguments
 * @returns a sentence that ends with a command line; undefined where nothing better is known than to name a run
 */
export function mistakenRunHint(command: string, paths: readonly string[]): string | undefined {
  const [first, ...rest] = paths;
  if (first === undefined || isRun(first)) return undefined;
  const above = dirname(resolve(first));
  if (isRun(above)) {
    const named = [{ path: relative("", above) || "." }, ...rest.map((path) => ({ path }))];
    return `The run is the folder above: ${commandLine([command, ...named])}`;
  }
  const run = paths.find(isRun);
  if (run !== undefined) {
    const others = paths.filter((path) => path !== run).map((path) => ({ path }));
    return `The run comes first: ${commandLine([command, { path: run }, ...others])}`;
  }
  if (statSync(first, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined;
  return `A classifier is trained on a folder of photographs by: ${commandLine(["train", { path: first }])}`;
}
