// Bundles what Node.js loads: see scripts/bundle-for-node.mjs. Pages and other bundlers get the files that tsc has written.

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

import { bundleForNode } from "../../../scripts/bundle-for-node.mjs";

await bundleForNode(
  dirname(dirname(fileURLToPath(import.meta.url))),
  { index: "ts/index.ts", files: "ts/node/index.ts", "event-file": "ts/event-file.ts" },
  { "../wasm/binaries.js": "../../../wasm/binaries.js" },
);
