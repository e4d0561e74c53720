// The peers of the suite networks.

import type { TensorflowPeer } from "../measure/tensorflow-backends.ts";

/** The same network of tf.layers on some backend. */
export interface NetworkPeer {
  readonly name: TensorflowPeer;
  /** Threads that it can use; default all. */
  readonly mostThreads?: number;
  /** Most seconds for the two calls of its check. Such a peer is too slow for rounds: the second call is all that is timed. */
  readonly mostSeconds?: number;
}

/** In the order of their turns and columns. The first is the one that the others are compared with. */
export const NETWORK_PEERS: readonly [NetworkPeer, ...NetworkPeer[]] = [
  { name: "tf.layers on silhouette's WASM" },
  { name: "tf.layers on tfjs-node" },
  { name: "tf.layers on stock WASM", mostThreads: 1 },
  { name: "tf.layers on cpu", mostThreads: 1, mostSeconds: 60 },
];
