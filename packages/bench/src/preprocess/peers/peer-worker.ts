// The thread of one peer on one picture, started by isolated-peer.ts. In: a job, then round settings, one message a
// turn. Out: the answer, then one turn's times for each of those messages.

/* oxlint-disable unicorn/require-post-message-target-origin -- the rule is about windows; threads have no origin */

import { on } from "node:events";
import { parentPort, workerData } from "node:worker_threads";

import { BenchError } from "../../measure/errors.ts";
import { describePackage } from "../../measure/installed-package.ts";
import type { FirstMessage } from "./isolated-peer.ts";
import { nodePeer } from "./peers.ts";
import { timeTurn, type RoundSettings } from "../../measure/rounds.ts";
import type { PeerJob } from "./running-peer.ts";

// isolated-peer.ts sends exactly this.
const { peerName, picture, width, height } = workerData as PeerJob;
const { packageName, asynchronous, create } = nodePeer(peerName);
if (parentPort === null) throw new RangeError("Expected to be a peer's thread");
const send = (message: FirstMessage): void => parentPort?.postMessage(message);

try {
  const binarize = await create(width, height);
  const mask = new Uint8Array(width * height);
  const threshold = await binarize(picture, mask);
  send({ threshold, mask, library: packageName === undefined ? undefined : describePackage(packageName) });
  for await (const [settings] of on(parentPort, "message") as AsyncIterable<[RoundSettings]>) {
    parentPort.postMessage(await timeTurn(() => binarize(picture, mask), asynchronous, settings));
  }
} catch (error) {
  // Errors lose their code between threads.
  if (!(error instanceof BenchError) || error.code !== "NOT_INSTALLED") throw error;
  send({ missing: error.message });
}
