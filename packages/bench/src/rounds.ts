// Interleaved timing on tinybench: A, B, C, A, B, C, ..., so that a machine that slows down for a while slows all of
// them. In: functions. Out: each one's times over all rounds. It neither knows nor checks what the functions do.

import { Bench } from "tinybench";

import { BenchError } from "./errors.ts";

/** A function to time. */
export interface Contender {
  readonly name: string;
  /** Does the work once. An `asynchronous` one returns a promise, and its time ends when that resolves. */
  readonly run: () => unknown;
  readonly asynchronous: boolean;
}

/** How long to time. */
export interface RoundSettings {
  /** Times that each contender gets its turn. */
  readonly rounds: number;
  /** Time of one turn, after the warm-up. */
  readonly measureMilliseconds: number;
  /** Untimed calls before, at least one. */
  readonly warmupMilliseconds: number;
  /** Calls timed in a turn, however long they take. */
  readonly leastSamples: number;
}

/** Times of one call. */
export interface Timing {
  readonly name: string;
  /** Median of the rounds' medians. */
  readonly medianMilliseconds: number;
  /** The fastest call of all rounds. */
  readonly bestMilliseconds: number;
  /** Spread: the lowest and the highest of the rounds' medians. */
  readonly lowestRoundMilliseconds: number;
  readonly highestRoundMilliseconds: number;
  /** Calls timed. */
  readonly samples: number;
}

/** One contender's turn in one round. */
interface Turn {
  readonly medianMilliseconds: number;
  readonly bestMilliseconds: number;
  readonly samples: number;
}

/**
 * Times `contenders` in turns.
 *
 * @returns one timing each, in their order
 * @throws {BenchError} `NOT_MEASURED` when one of them throws
 */
export async function timeInterleaved(
  contenders: readonly Contender[],
  settings: RoundSettings,
): Promise<readonly Timing[]> {
  const entries = contenders.map((contender) => ({ contender, turns: new Array<Turn>() }));
  for (let round = 0; round < settings.rounds; round += 1) {
    for (const { contender, turns } of entries) turns.push(await timeTurn(contender, settings));
  }
  return entries.map(({ contender, turns }) => summarized(contender.name, turns));
}

async function timeTurn({ name, run, asynchronous }: Contender, settings: RoundSettings): Promise<Turn> {
  const bench = new Bench({
    time: settings.measureMilliseconds,
    iterations: settings.leastSamples,
    warmupTime: settings.warmupMilliseconds,
    warmupIterations: 1,
    timestampProvider: "hrtimeNow",
  });
  bench.add(name, run, { async: asynchronous });
  const [task] = await bench.run();
  const result = task?.result;
  if (result?.state !== "completed") {
    const cause = result?.state === "errored" ? result.error : undefined;
    throw new BenchError(
      "NOT_MEASURED",
      `Expected ${name} to run through, but it ended as ${result?.state ?? "missing"}: ${cause?.message ?? "no reason given"}`,
      { cause },
    );
  }
  return {
    medianMilliseconds: result.latency.p50,
    bestMilliseconds: result.latency.min,
    samples: result.latency.samplesCount,
  };
}

function summarized(name: string, turns: readonly Turn[]): Timing {
  const medians = turns.map((turn) => turn.medianMilliseconds).sort((a, b) => a - b);
  return {
    name,
    medianMilliseconds: medianOfSorted(medians),
    bestMilliseconds: Math.min(...turns.map((turn) => turn.bestMilliseconds)),
    lowestRoundMilliseconds: medians.at(0) ?? Number.NaN,
    highestRoundMilliseconds: medians.at(-1) ?? Number.NaN,
    samples: turns.reduce((sum, turn) => sum + turn.samples, 0),
  };
}

function medianOfSorted(values: readonly number[]): number {
  const low = values[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
  const high = values[Math.ceil((values.length - 1) / 2)] ?? Number.NaN;
  return (low + high) / 2;
}
