// Interleaved timing on tinybench: A, B, C, A, B, C, ..., so that a machine that slows down for a while slows all of
// them. In: functions. Out: the times of each over all rounds. What the functions do is neither known nor checked.

import { Bench } from "tinybench";

/** Something to be timed in turns. */
export interface Contender {
  readonly name: string;
  readonly takeTurn: (settings: RoundSettings) => Promise<Turn>;
}

/** How long each turn takes. */
export interface RoundSettings {
  /** Turns of each contender. */
  readonly rounds: number;
  /** Timed part of a turn, after the warm-up. */
  readonly measureMilliseconds: number;
  /** Untimed calls before it. */
  readonly warmupMilliseconds: number;
  /** Untimed calls before it, at least, however long they take. */
  readonly leastWarmups: number;
  /** Timed calls of a turn, at least, however long they take. */
  readonly leastSamples: number;
}

/** One contender's times in one round. */
export interface Turn {
  readonly medianMilliseconds: number;
  /** The fastest call. */
  readonly bestMilliseconds: number;
  /** Calls timed. */
  readonly samples: number;
}

/** One contender's times over all rounds. */
export interface Timing {
  /** Of the contender. */
  readonly name: string;
  /** Median of the rounds' medians. */
  readonly medianMilliseconds: number;
  /** The fastest call of all rounds. */
  readonly bestMilliseconds: number;
  /** The lowest of the rounds' medians. */
  readonly lowestRoundMilliseconds: number;
  /** The highest of the rounds' medians. */
  readonly highestRoundMilliseconds: number;
  /** Calls timed. */
  readonly samples: number;
}

/** Contenders that take turns. What was measured stays if a turn fails. */
export class Rounds {
  readonly #settings: RoundSettings;
  readonly #entries: readonly { readonly contender: Contender; readonly turns: Turn[] }[];

  constructor(contenders: readonly Contender[], settings: RoundSettings) {
    this.#settings = settings;
    this.#entries = contenders.map((contender) => ({ contender, turns: [] }));
  }

  /** Runs all rounds. @throws what a turn throws, after which {@link Rounds.timings} has the turns before it */
  async run(): Promise<void> {
    for (let round = 0; round < this.#settings.rounds; round += 1) {
      for (const { contender, turns } of this.#entries) turns.push(await contender.takeTurn(this.#settings));
    }
  }

  /** The timing of each contender so far, in their order; undefined before its first turn. */
  timings(): readonly (Timing | undefined)[] {
    return this.#entries.map(({ contender, turns }) =>
      turns.length === 0 ? undefined : summarized(contender.name, turns),
    );
  }
}

/** Runs all rounds of `contenders`: one timing each, in their order. */
export async function timeInterleaved(
  contenders: readonly Contender[],
  settings: RoundSettings,
): Promise<readonly Timing[]> {
  const rounds = new Rounds(contenders, settings);
  await rounds.run();
  return rounds.timings().flatMap((timing) => timing ?? []);
}

/**
 * Times one turn of `run`: a warm-up, then calls one after the other. The time of an `asynchronous` call ends when its
 * promise resolves.
 *
 * @throws what `run` throws
 */
export async function timeTurn(run: () => unknown, asynchronous: boolean, settings: RoundSettings): Promise<Turn> {
  const bench = new Bench({
    time: settings.measureMilliseconds,
    iterations: settings.leastSamples,
    warmupTime: settings.warmupMilliseconds,
    warmupIterations: settings.leastWarmups,
    // Pages have no clock but this one.
    timestampProvider: typeof process === "undefined" ? "performanceNow" : "hrtimeNow",
    throws: true,
  });
  bench.add("turn", run, { async: asynchronous });
  const [task] = await bench.run();
  if (task?.result.state !== "completed") throw new Error("Expected tinybench to complete its task");
  const { p50, min, samplesCount } = task.result.latency;
  return { medianMilliseconds: p50, bestMilliseconds: min, samples: samplesCount };
}

function summarized(name: string, turns: readonly Turn[]): Timing {
  const medians = turns.map((turn) => turn.medianMilliseconds).toSorted((a, b) => a - b);
  return {
    name,
    medianMilliseconds: median(medians),
    bestMilliseconds: Math.min(...turns.map((turn) => turn.bestMilliseconds)),
    lowestRoundMilliseconds: medians.at(0) ?? Number.NaN,
    highestRoundMilliseconds: medians.at(-1) ?? Number.NaN,
    samples: turns.reduce((sum, turn) => sum + turn.samples, 0),
  };
}

/** The median; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  const high = sorted[Math.ceil((sorted.length - 1) / 2)] ?? Number.NaN;
  return (low + high) / 2;
}

/** The times of a batch, per sample of it, such as a picture. */
export function perSample(timing: Timing, batch: number): Timing {
  return {
    name: timing.name,
    samples: timing.samples,
    medianMilliseconds: timing.medianMilliseconds / batch,
    bestMilliseconds: timing.bestMilliseconds / batch,
    lowestRoundMilliseconds: timing.lowestRoundMilliseconds / batch,
    highestRoundMilliseconds: timing.highestRoundMilliseconds / batch,
  };
}
