// The result of the suite prepare, as in its JSON file.

import type { MissingPeer } from "../measure/missing-peer.ts";
import type { PeerTiming } from "../measure/peer-rounds.ts";
import type { ResultHead } from "../measure/result.ts";
import type { Distance } from "./answers.ts";

/** The result of the suite prepare. */
export interface PrepareResult extends ResultHead<"prepare"> {
  /** Turns of each peer: each prepares all photographs once. */
  readonly rounds: number;
  /** What is prepared. */
  readonly photographs: Photographs;
  /** Ours first; times in milliseconds per photograph. */
  readonly peers: readonly PreparePeerTiming[];
  /** Largest resident sets of our command, with few photographs and with all; empty if there are only few. */
  readonly memory: readonly PreparedMemory[];
  /** Peers that are not installed. */
  readonly missing: readonly MissingPeer[];
  /** Which figures are invalid, and why; null if all are valid. */
  readonly invalid: string | null;
}

/** Photographs that our command reads. */
export interface Photographs {
  /** All of them. */
  readonly count: number;
  /** Files of their own, which are checked: the others are links to them. */
  readonly distinct: number;
  /** Of the distinct ones, those that our JPEG kernels decode; null if they were not asked. */
  readonly ordinary: number | null;
  /** Mean size, in pixels. */
  readonly meanPixels: number;
  /** Mean size of their files, in bytes. */
  readonly meanBytes: number;
}

/** A peer. Its deviation is the mean difference of its thresholds from ours, in gray levels. */
export interface PreparePeerTiming extends PeerTiming {
  /** Time of all its threads and processes, by the user and by the system, per photograph: the median of its turns. */
  readonly processorMilliseconds: number;
  /** How far its answer is from ours; null for our decoder, whose pixels are the same. */
  readonly distance: Distance | null;
}

/** Memory of our command. */
export interface PreparedMemory {
  /** Number of photographs. */
  readonly photographs: number;
  /** Largest resident set, in bytes. */
  readonly peakBytes: number;
}
