// Progress of the suites whose peers take turns in processes.

/** Progress of a benchmark. */
export interface BenchmarkTurn {
  /** Turns and checks done. */
  readonly done: number;
  /** All turns and checks. */
  readonly total: number;
  /** Peer whose turn is next. */
  readonly name: string;
}
