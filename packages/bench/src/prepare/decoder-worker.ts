// A thread of decoder-turn.ts. In: files, and a message when the clock runs. Out: a message when it is ready, and when all files are taken.

/* oxlint-disable unicorn/require-post-message-target-origin -- the rule is about windows; threads have no origin */

import { once } from "node:events";
import { parentPort, workerData } from "node:worker_threads";

import { init, JpegDecoder } from "@silhouette/preprocess-wasm/jpeg";

import type { SharedFiles } from "./decoder-turn.ts";

/** Files that warm it up: engines compile kernels better once they have run. */
const WARMUPS = 300;

// decoder-turn.ts sends exactly this.
const { bytes, starts, photographs, taken } = workerData as SharedFiles;
if (parentPort === null) throw new RangeError("Expected to be a thread");
await init();
const decoder = new JpegDecoder();
const files = starts.slice(1).map((end, index) => bytes.subarray(starts[index], end));

function decode(index: number): void {
  const file = files[index % files.length];
  if (file === undefined || decoder.view(file) === undefined)
    throw new RangeError(`Expected file ${index} to be ordinary`);
}

for (let index = 0; index < WARMUPS; index++) decode(index);
parentPort.postMessage("ready");
await once(parentPort, "message");
for (let index = Atomics.add(taken, 0, 1); index < photographs; index = Atomics.add(taken, 0, 1)) decode(index);
parentPort.postMessage("done");
// Else it would wait for messages.
parentPort.close();
