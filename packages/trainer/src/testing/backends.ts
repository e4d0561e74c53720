// For tests: the backends that this machine can run.

import { BACKEND_NAMES, type BackendName } from "../backend/names.ts";

/**
 * For `describe.each`: each backend by name. tfjs-node is included if setup reports it through the environment, which
 * `npm test` passes on; otherwise its tests do not exist.
 */
export const BACKENDS_HERE: readonly BackendName[] = BACKEND_NAMES.filter(
  (name) => name !== "node" || process.env["SILHOUETTE_TFJS_NODE"] === "1",
);
