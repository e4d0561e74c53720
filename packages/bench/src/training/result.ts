// The result of a training suite, as in its JSON file.

import type { MissingPeer } from "../measure/missing-peer.ts";
import { readResultFile, type ResultHead } from "../measure/result.ts";
import type { PeerTiming } from "../measure/peer-rounds.ts";
import type { RoundSettings, Timing } from "../measure/rounds.ts";
import type { NetworkName } from "./built-in-networks.ts";
import { TRAINING_SUITES, type Operation, type TrainingSuite } from "./turn.ts";

/** The result of a training suite. */
export interface TrainingResult extends ResultHead<TrainingSuite> {
  /** How long each turn was. */
  readonly settings: RoundSettings;
  /** One per network, number of threads and batch. */
  readonly groups: readonly Group[];
  /** Profiles of a step, by peer. */
  readonly operations: readonly StepProfile[];
  /** Peers that are not installed, or that have no memory for a batch. */
  readonly missing: readonly MissingPeer[];
  /** Which figures are invalid, and why; null if all are valid. */
  readonly invalid: string | null;
}

/** All peers with the same network, threads and batch. */
export interface Group {
  /** The network; for the suite load, the one that the pictures are for. */
  readonly network: NetworkName;
  /** Threads that each may use. */
  readonly threads: number;
  /** Pictures per call. */
  readonly batch: number;
  /** Floating-point operations per picture, counted as direct convolutions; 0 where nothing is multiplied. */
  readonly flopsPerPicture: number;
  /** What the register tile of our kernels reached in the same rounds, on all threads together: GFLOP/s, at its best. */
  readonly tileGigaflops: number;
  /** The same by the median of the rounds' medians. */
  readonly tileMedianGigaflops: number;
  /**
   * Making new views of the pictures before a step, on one thread, in the same rounds: milliseconds per picture. Null where
   * pictures are not augmented.
   */
  readonly augmentation: Timing | null;
  /** Ours first. */
  readonly peers: readonly PeerTiming[];
}

/** A warmed-up step of a peer. */
export interface StepProfile {
  /** Of the peer. */
  readonly name: string;
  /** The network. */
  readonly network: NetworkName;
  /** Threads that it used. */
  readonly threads: number;
  /** Pictures of the step. */
  readonly batch: number;
  /** The profiled step by the clock, in milliseconds per picture. */
  readonly stepMilliseconds: number;
  /** All its operations together, in milliseconds per picture. */
  readonly operationsMilliseconds: number;
  /** The longest operations, in milliseconds per picture, the longest first. */
  readonly operations: readonly Operation[];
}

/**
 * Reads the result of a training suite.
 *
 * @throws {BenchError} `NOT_A_RESULT`, `RESULT_VERSION` and `RESULT_SUITE`
 */
export async function readResult(path: string): Promise<TrainingResult> {
  return readResultFile<TrainingResult>(path, TRAINING_SUITES);
}
