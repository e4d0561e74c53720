// For tests: the backends that this machine can run.

import { BACKEND_NAMES, type BackendName } from "../backend/names.ts";

/**
 * Names of the available backends, for `describe.each`. tfjs-node is available if setup sets the environment variable, as
 * `npm test` does; otherwise its tests are not defined.
 */
export const BACKENDS_HERE: readonly BackendName[] = BACKEND_NAMES.filter(
  (name) => name !== "node" || process.env["SILHOUETTE_TFJS_NODE"] === "1",
);
