// A peer in a thread, and so in a V8 isolate, of its own. Peers in one isolate slow each other down: V8 compiles loops
// for the arrays it has met, and as soon as any ArrayBuffer is detached, as growing WebAssembly memory does, it
// compiles all loops on typed arrays more conservatively, which costs plain JavaScript a quarter of its speed.
//
// In: a peer's name, a picture, an output size. Out: its answer, then times by turns.

/* oxlint-disable unicorn/require-post-message-target-origin -- the rule is about windows; threads have no origin */

import { once } from "node:events";
import { Worker } from "node:worker_threads";

import { notInstalled, notMeasured } from "../../measure/errors.ts";
import type { RoundSettings, Turn } from "../../measure/rounds.ts";
import type { PeerAnswer, PeerJob, RunningPeer } from "./running-peer.ts";

/** The first message of a thread: its answer, or why it has none. */
export type FirstMessage = PeerAnswer | { readonly missing: string };

/** A peer in a thread of its own. */
export class IsolatedPeer implements RunningPeer {
  readonly name: string;
  readonly #worker: Worker;

  /** Starts the thread; {@link IsolatedPeer.answer} must follow. */
  constructor(job: PeerJob) {
    this.name = job.peerName;
    // The built file: threads cannot run TypeScript in all Node.js versions.
    this.#worker = new Worker(new URL("./peer-worker.js", import.meta.url), { workerData: job });
  }

  async answer(): Promise<PeerAnswer> {
    // peer-worker.ts sends exactly this.
    const message = (await this.#nextMessage()) as FirstMessage;
    if ("missing" in message) throw notInstalled(message.missing);
    return message;
  }

  async takeTurn(settings: RoundSettings): Promise<Turn> {
    this.#worker.postMessage(settings);
    return (await this.#nextMessage()) as Turn;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  async #nextMessage(): Promise<unknown> {
    try {
      const [message]: unknown[] = await once(this.#worker, "message");
      return message;
    } catch (cause) {
      throw notMeasured(`Expected ${this.name} to finish, but it failed: ${String(cause)}`, cause);
    }
  }
}
