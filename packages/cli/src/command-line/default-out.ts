// Where a command writes if it is not told.

import { basename, dirname, resolve } from "node:path";

/** `runs/<name of the source><ending>`. */
export function defaultOut(source: string, ending = ""): string {
  return `runs/${nameOf(resolve(source))}${ending}`;
}

/** The name of a folder or a file; of the shards of a dataset, that of its folder. */
function nameOf(source: string): string {
  const [name, folder] = [basename(source), dirname(source)];
  if (name === "dataset.json") return basename(folder);
  if (/[*?[{]/.test(name)) return basename(basename(folder) === "shards" ? dirname(folder) : folder);
  return name.replace(/\.arrow$/, "");
}
