// The thread of one peer on one picture, started by isolated-peer.ts. In: a job, then round settings, one message a
// turn. Out: the answer, then one turn's times for each of those messages.

/* oxlint-disable unicorn/require-post-message-target-origin -- the rule is about windows; threads have no origin */

import { on } from "node:events";
import { parentPort, workerData } from "node:worker_threads";

import type { PeerAnswer, PeerJob } from "./isolated-peer.ts";
import { PEERS } from "./peers.ts";
import { timeTurn, type RoundSettings } from "./rounds.ts";

// isolated-peer.ts sends exactly this.
const { peerName, picture, width, height } = workerData as PeerJob;
const peer = PEERS.find(({ name }) => name === peerName);
if (peer === undefined || parentPort === null) throw new RangeError(`Expected a peer's thread, not ${peerName}`);

const binarize = await peer.create(width, height);
const bits = new Uint8Array(Math.ceil((width * height) / 8));
const threshold = await binarize(picture, bits);
const answer: PeerAnswer = { threshold, bits };
parentPort.postMessage(answer);

for await (const [settings] of on(parentPort, "message") as AsyncIterable<[RoundSettings]>) {
  parentPort.postMessage(await timeTurn(() => binarize(picture, bits), peer.asynchronous, settings));
}
