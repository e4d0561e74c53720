// The result of the suite networks, as in its JSON file.

import type { MissingPeer } from "../measure/missing-peer.ts";
import type { PeerTiming } from "../measure/peer-rounds.ts";
import type { ResultHead } from "../measure/result.ts";
import type { RoundSettings } from "../measure/rounds.ts";
import type { Use } from "./networks.ts";

/** The result of the suite networks. */
export interface NetworksResult extends ResultHead<"networks"> {
  /** How long each turn was; without rounds, the second call of each check was timed. */
  readonly settings: RoundSettings;
  /** One per network, use and number of threads. */
  readonly groups: readonly NetworkGroup[];
  /** Which figures are invalid, and why; null if all are valid. */
  readonly invalid: string | null;
}

/** All peers with the same network, use and threads. */
export interface NetworkGroup {
  /** Its name. */
  readonly network: string;
  /** What is timed: a step of training, or inference. */
  readonly use: Use;
  /** Samples per call. */
  readonly batch: number;
  /** Threads that each may use. */
  readonly threads: number;
  /** Ours first; times in milliseconds per sample. */
  readonly peers: readonly PeerTiming[];
  /** Peers that cannot do it, whose answer is another one, or that are too slow. */
  readonly missing: readonly MissingPeer[];
}
