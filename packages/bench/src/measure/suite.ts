// What the suites share: their options, and how long they time processes.

import type { RoundSettings } from "./rounds.ts";
import type { ProgressListeners } from "./turns.ts";

/** `full` for figures, `quick` to see that everything runs and that all answers agree. */
export type Thoroughness = "full" | "quick";

/** Options for every suite. */
export interface SuiteOptions extends ProgressListeners {
  readonly thoroughness: Thoroughness;
  /** The command that repeats the measurement. */
  readonly command: string;
  /** Names of the peers to measure beside ours. Default: all. */
  readonly peers?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Options for a suite whose peers take turns in processes. */
export interface ProcessSuiteOptions extends SuiteOptions {
  readonly threads: readonly number[];
}

/** A call to warm up, and one that is timed. */
export const QUICK_SETTINGS: RoundSettings = {
  rounds: 1,
  measureMilliseconds: 0,
  warmupMilliseconds: 0,
  leastWarmups: 1,
  leastSamples: 1,
};

/** A process starts cold: two calls and a second warm up engines and allocators. */
export const PROCESS_SETTINGS: Readonly<Record<Thoroughness, RoundSettings>> = {
  full: { rounds: 5, measureMilliseconds: 1000, warmupMilliseconds: 1000, leastWarmups: 2, leastSamples: 2 },
  quick: QUICK_SETTINGS,
};

/** Until a process calls anything, in seconds: the larger libraries of Python take longer, Node.js alone is faster. */
export const PROCESS_START_SECONDS = 3;
