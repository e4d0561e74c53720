// Reads this package's own package.json.

import { readFileSync } from "node:fs";

/** The fields that are used. */
interface Manifest {
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly dependencies: { readonly sharp: string };
}

/** Reads the file on every call. */
export function ownManifest(): Manifest {
  return JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as Manifest;
}
