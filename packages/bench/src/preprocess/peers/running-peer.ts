// A peer at work on one picture, wherever it runs: isolated-peer.ts has threads of this process, python-peer.ts
// processes of Python. Both are asked for their answer once, then for times by turns. One turn runs at a time.

import type { Picture } from "@silhouette/preprocess-wasm";

import type { Library } from "../../measure/installed-package.ts";
import type { RoundSettings, Turn } from "../../measure/rounds.ts";

/** The job of a peer. */
export interface PeerJob {
  readonly peerName: string;
  readonly picture: Picture;
  /** Size of the output, in pixels. */
  readonly width: number;
  readonly height: number;
}

/** The answer of a peer for its picture. */
export interface PeerAnswer {
  /** Otsu's threshold, 0 to 255. */
  readonly threshold: number;
  /** `[height, width]`, 0 and 1. */
  readonly mask: Uint8Array;
  /** The library it uses, if that is not ours. */
  readonly library?: Library | undefined;
}

/** Whoever starts it must stop it. */
export interface RunningPeer {
  /** Of the peer. */
  readonly name: string;
  /**
   * The answer to the picture, once, before any turn.
   *
   * @throws {BenchError} `NOT_INSTALLED`, with the reason as its message; `NOT_MEASURED`
   */
  answer(): Promise<PeerAnswer>;
  /**
   * Times the peer once.
   *
   * @throws {BenchError} `NOT_MEASURED`
   */
  takeTurn(settings: RoundSettings): Promise<Turn>;
  /** Ends it. */
  stop(): Promise<void>;
}
