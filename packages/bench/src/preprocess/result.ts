// The result of the suite preprocess, as in its JSON file.

import type { BinarySize } from "../measure/binary-sizes.ts";
import type { Library } from "../measure/installed-package.ts";
import type { MissingPeer } from "../measure/missing-peer.ts";
import type { RoundSettings, Timing } from "../measure/rounds.ts";
import type { ResultHead } from "../measure/result.ts";
import type { HistogramTiming } from "./histogram.ts";
import type { PoolTiming } from "./pool.ts";

/** The result of the suite preprocess. */
export interface PreprocessResult extends ResultHead<"preprocess"> {
  /** One per kind of picture. */
  readonly cases: readonly CaseReport[];
  /** Peers that are not installed. */
  readonly missing: readonly MissingPeer[];
  /** Our histogram on several kinds of planes. */
  readonly histograms: readonly HistogramTiming[];
  /** Our pool with each number of workers; empty on a single processor. */
  readonly pools: readonly PoolTiming[];
  /** Cold starts to the first mask, one peer per library. */
  readonly coldStarts: readonly Timing[];
  /** Sizes of our kernels. */
  readonly binaries: readonly BinarySize[];
}

/** The answer of a peer. */
export interface Answer {
  /** Otsu's threshold, 0 to 255. */
  readonly threshold: number;
  /** Share of the mask's pixels that equal ours, 0 to 1. */
  readonly agreement: number;
}

/** A peer's times and answer. */
export interface PeerReport extends Timing, Answer {
  /** Its median relative to ours. */
  readonly ratio: number;
  /** The library it uses, if that is not ours. */
  readonly library?: Library | undefined;
}

/** All peers on one picture. Ours, by simd128, is the first. */
export interface CaseReport {
  /** Which picture, and the size of its mask. */
  readonly name: string;
  /** How long it was timed. */
  readonly settings: RoundSettings;
  /** Share of the mask's pixels that are white. */
  readonly whiteShare: number;
  /** In the order of their turns. */
  readonly peers: readonly PeerReport[];
}
