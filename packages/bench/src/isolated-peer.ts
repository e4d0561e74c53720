// A peer in a thread, and so in a V8 isolate, of its own. Peers in one isolate slow each other down: V8 compiles loops
// for the arrays it has met, and as soon as any ArrayBuffer is detached, as growing WebAssembly memory does, it compiles
// all loops on typed arrays more carefully. That costs plain JavaScript a quarter of its speed.
//
// In: a peer's name, a picture, an output size. Out: its answer, then times by turns. One turn runs at a time.

/* oxlint-disable unicorn/require-post-message-target-origin -- the rule is about windows; threads have no origin */

import { once } from "node:events";
import { Worker } from "node:worker_threads";

import type { Picture } from "@silhouette/preprocess-wasm";

import { BenchError } from "./errors.ts";
import type { RoundSettings, Turn } from "./rounds.ts";

/** What a thread is started with. */
export interface PeerJob {
  readonly peerName: string;
  readonly picture: Picture;
  /** Pixels a row of the output, and its rows. */
  readonly width: number;
  readonly height: number;
}

/** What a thread says first. */
export interface PeerAnswer {
  /** Otsu's threshold, 0 to 255. */
  readonly threshold: number;
  /** ceil(width * height / 8) bytes. */
  readonly bits: Uint8Array;
}

/** Made by {@link IsolatedPeer.start}. Whoever starts it must stop it. */
export class IsolatedPeer {
  readonly name: string;
  readonly #worker: Worker;

  private constructor(name: string, worker: Worker) {
    this.name = name;
    this.#worker = worker;
  }

  /** Starts the thread; {@link IsolatedPeer.answer} must follow. */
  static start(job: PeerJob): IsolatedPeer {
    // The built file: threads cannot run TypeScript in all Node.js versions.
    const worker = new Worker(new URL("./peer-worker.js", import.meta.url), { workerData: job });
    return new IsolatedPeer(job.peerName, worker);
  }

  /**
   * The answer to the picture, once, before any turn.
   *
   * @throws {BenchError} `NOT_MEASURED`
   */
  async answer(): Promise<PeerAnswer> {
    // peer-worker.ts sends exactly this.
    return (await this.#nextMessage()) as PeerAnswer;
  }

  /**
   * Times the peer once.
   *
   * @throws {BenchError} `NOT_MEASURED`
   */
  async takeTurn(settings: RoundSettings): Promise<Turn> {
    this.#worker.postMessage(settings);
    return (await this.#nextMessage()) as Turn;
  }

  /** Ends the thread. */
  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  async #nextMessage(): Promise<unknown> {
    try {
      const [message]: unknown[] = await once(this.#worker, "message");
      return message;
    } catch (cause) {
      throw new BenchError("NOT_MEASURED", `Expected ${this.name} to run through, but it failed: ${String(cause)}`, {
        cause,
      });
    }
  }
}
