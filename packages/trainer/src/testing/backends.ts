// For tests: the backends that this machine can run.

import { BACKEND_NAMES, type BackendName } from "../backend/names.ts";

/**
 * For `describe.each`: each backend by its name. tfjs-node is there where set-up says so in the environment, as `npm test`
 * passes it on; elsewhere its tests do not exist.
 */
export const BACKENDS_HERE: readonly BackendName[] = BACKEND_NAMES.filter(
  (name) => name !== "node" || process.env["SILHOUETTE_TFJS_NODE"] === "1",
);
