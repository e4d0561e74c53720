// For tests: results of training suites, made up.

import type { Machine } from "../measure/machine.ts";
import { FORMAT_VERSION } from "../measure/result.ts";
import type { PeerTiming } from "../measure/peer-rounds.ts";
import type { Group, TrainingResult } from "../training/result.ts";

const MACHINE: Machine = {
  processor: "Test processor",
  processors: 2,
  features: ["family 25", "avx2"],
  system: "TestOS 1 x64",
  versions: { Node: "20.0.0" },
  day: "2026-01-02",
  commit: "abc1234",
};

/** A peer whose rounds' medians lie between `low` and `high` milliseconds per picture. */
export function timed(name: string, low: number, high = low, threads = 1): PeerTiming {
  return {
    name,
    threads,
    medianMilliseconds: (low + high) / 2,
    bestMilliseconds: low,
    lowestRoundMilliseconds: low,
    highestRoundMilliseconds: high,
    samples: 10,
    peakBytes: 1.5e9,
    deviation: 0,
    versions: {},
  };
}

/** Peers of one thread, or of the threads that they say, with a step of 4 GFLOP per picture on batches of 8. */
export function groupOf(peers: readonly PeerTiming[], threads = 1): Group {
  return {
    network: "reference",
    threads,
    batch: 8,
    flopsPerPicture: 4e9,
    tileGigaflops: 40,
    tileMedianGigaflops: 40,
    augmentation: null,
    peers,
  };
}

/** A complete result of the suite train. */
export function resultOf(groups: readonly Group[], changes: Partial<TrainingResult> = {}): TrainingResult {
  return {
    formatVersion: FORMAT_VERSION,
    suite: "train",
    thoroughness: "full",
    command: "silhouette bench train",
    machine: MACHINE,
    complete: true,
    stopped: null,
    settings: { rounds: 5, measureMilliseconds: 1, warmupMilliseconds: 1, leastWarmups: 1, leastSamples: 1 },
    groups,
    operations: [],
    missing: [],
    invalid: null,
    ...changes,
  };
}
