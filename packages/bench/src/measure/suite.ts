// What the suites share: their options, their progress, and how long they time processes.

import type { RoundSettings } from "./rounds.ts";

/** `full` for figures, `quick` to see that everything runs and that all answers agree. */
export type Thoroughness = "full" | "quick";

/** Options for every suite. */
export interface SuiteOptions {
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
  /** Called before each turn and check. */
  readonly onTurn?: ((turn: BenchmarkTurn) => void) | undefined;
}

/** Progress of a suite whose peers take turns in processes. */
export interface BenchmarkTurn {
  /** Turns and checks done. */
  readonly done: number;
  /** All turns and checks. */
  readonly total: number;
  /** Peer whose turn is next. */
  readonly name: string;
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
