// Where a command writes if it is not told.

import { basename, resolve } from "node:path";

/** `runs/<name of the source><ending>`. */
export function defaultOut(source: string, ending = ""): string {
  return `runs/${basename(resolve(source)).replace(/\.arrow$/, "")}${ending}`;
}
