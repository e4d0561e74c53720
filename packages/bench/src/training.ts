// The training suites: a step of the reference network, its answers, and the pictures that a step takes, by us and by peers.
// Every peer's answer is checked before anything is timed. In: what to measure. Out: a result after each group.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { networkCost } from "@silhouette/trainer/step";

import { BenchError } from "./errors.ts";
import { describeMachine } from "./machine.ts";
import type { Thoroughness } from "./preprocess.ts";
import { RESULT_FORMAT, type Group, type PeerTiming, type StepProfile, type TrainingResult } from "./result.ts";
import { timeInterleaved, type Contender, type RoundSettings, type Timing } from "./rounds.ts";
import { TILE_FLOPS } from "./tile-peak.ts";
import { SHAPE, writeInputs } from "./training-input.ts";
import { INSTALL_PEERS, REGISTER_TILE, TRAINING_PEERS, type TrainingPeer } from "./training-peers.ts";
import { runTurn, type Job, type Operation, type ToldAnswer, type ToldTimes, type TrainingSuite } from "./turn.ts";

/** How far a benchmark is. */
export interface BenchmarkTurn {
  /** Turns and checks that are done. */
  readonly done: number;
  /** All turns and checks. */
  readonly total: number;
  /** Of the peer whose turn comes. */
  readonly name: string;
}

/** What is measured, and how. */
export interface TrainingOptions {
  readonly suite: TrainingSuite;
  readonly thoroughness: Thoroughness;
  /** Pictures a call. */
  readonly batches: readonly number[];
  readonly threads: readonly number[];
  /** The command that repeats it. */
  readonly command: string;
  readonly signal?: AbortSignal | undefined;
  /** Told before each turn and check. */
  readonly onTurn?: ((turn: BenchmarkTurn) => void) | undefined;
}

/** A process starts cold: two calls and a second bring engines and allocators to their speed. */
const SETTINGS: Readonly<Record<Thoroughness, RoundSettings>> = {
  full: { rounds: 5, measureMilliseconds: 1000, warmupMilliseconds: 1000, leastWarmups: 2, leastSamples: 2 },
  quick: { rounds: 1, measureMilliseconds: 0, warmupMilliseconds: 0, leastWarmups: 1, leastSamples: 1 },
};

/** A training step is a forward pass and two products of its size for the gradients. */
const PASSES: Readonly<Record<TrainingSuite, number>> = { train: 3, predict: 1, load: 0 };

/**
 * How far an answer may be from ours: a loss, as a share of the loss before the first step; a probability; a checksum.
 * Later losses may part further, since Adam's first steps divide gradients of nearly 0 by their own size.
 */
const TOLERANCES: Readonly<Record<TrainingSuite, { readonly first: number; readonly later: number }>> = {
  train: { first: 1e-3, later: 2e-2 },
  predict: { first: 1e-4, later: 1e-4 },
  load: { first: 0, later: 0 },
};

/** Keras may be as much faster than TensorFlow.js' native backend, which computes with the same library. */
const MOST_KERAS_AHEAD = 1.15;

/** Operations of a step that are kept, the longest. */
const OPERATIONS_KEPT = 10;

/** Has a process do its part of a suite. */
type Run = <Result extends ToldAnswer | ToldTimes>(
  peer: Pick<TrainingPeer, "name" | "program">,
  job: Pick<Job, "threads" | "batch" | "want">,
) => Promise<Result>;

/** What the check of all peers came to. */
interface Checked extends Pick<TrainingResult, "operations" | "missing"> {
  readonly present: readonly TrainingPeer[];
  /** How far a peer's answer to a batch is from ours. */
  readonly deviationOf: (name: string, batch: number) => number;
}

/**
 * Checks all answers, then measures group by group.
 *
 * @throws {BenchError} `ANSWERS_DIFFER` before anything is timed; `NOT_MEASURED`; and the signal's reason
 */
export async function* runTrainingSuite(options: TrainingOptions): AsyncGenerator<TrainingResult> {
  const { suite, thoroughness, batches, threads, command, signal, onTurn } = options;
  const settings = SETTINGS[thoroughness];
  const folder = await mkdtemp(join(tmpdir(), "silhouette-bench-"));
  try {
    const inputOf = await writeInputs(folder, batches);
    const possible = TRAINING_PEERS.filter(({ suites }) => suites.includes(suite));
    const turns = threads.flatMap((count) => batches.map(() => possible.filter((peer) => canUse(peer, count)).length));
    const total = possible.length * batches.length + settings.rounds * turns.reduce((sum, each) => sum + each, 0);
    let done = 0;
    const run: Run = async (peer, job) => {
      if (peer !== REGISTER_TILE) onTurn?.({ done: done++, total, name: peer.name });
      return runTurn(
        peer.program,
        { ...job, ...inputOf(job.batch), ...SHAPE, suite, peer: peer.name, settings },
        signal,
      );
    };
    const { present, missing, operations, deviationOf } = await checkAnswers(possible, options, run);
    const groups: Group[] = [];
    for (const count of threads) {
      for (const batch of batches) {
        const peers = present.filter((peer) => canUse(peer, count));
        // Its turns will not come.
        done += settings.rounds * (possible.filter((peer) => canUse(peer, count)).length - peers.length);
        groups.push(await measureGroup(peers, { threads: count, batch, settings, deviationOf }, run));
        yield {
          format: RESULT_FORMAT,
          suite,
          thoroughness,
          command,
          machine: describeMachine(),
          settings,
          flopsAPicture: 2 * networkCost(SHAPE).multiplyAdds * PASSES[suite],
          groups: [...groups],
          operations,
          missing,
          void: reasonForVoid(groups),
        };
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whether it has a row of its own with so many threads. */
function canUse({ mostThreads = Infinity }: TrainingPeer, threads: number): boolean {
  return threads <= mostThreads;
}

/** Asks every peer for its answers, and those of training where a step's time goes. */
async function checkAnswers(
  peers: readonly TrainingPeer[],
  { suite, batches, threads }: TrainingOptions,
  run: Run,
): Promise<Checked> {
  const present: TrainingPeer[] = [];
  const missing: { name: string; reason: string }[] = [];
  const operations: StepProfile[] = [];
  const ours = new Map<number, readonly number[]>();
  const deviations = new Map<string, number>();
  for (const peer of peers) {
    const most = Math.min(Math.max(...threads), peer.mostThreads ?? Infinity);
    try {
      for (const batch of batches) {
        const answer = await run<ToldAnswer>(peer, { threads: most, batch, want: "answer" });
        if (peer === peers[0]) ours.set(batch, answer.values);
        deviations.set(
          `${peer.name} ${batch}`,
          checkedDeviation(suite, peer.name, answer.values, ours.get(batch) ?? []),
        );
        if (answer.operations !== undefined) {
          operations.push({ name: peer.name, threads: most, batch, operations: longest(answer.operations, batch) });
        }
      }
      present.push(peer);
    } catch (error) {
      if (!(error instanceof BenchError) || error.code !== "NOT_INSTALLED" || peer === peers[0]) throw error;
      missing.push({ name: peer.name, reason: `${error.message}. ${INSTALL_PEERS}` });
    }
  }
  return {
    present,
    missing,
    operations,
    deviationOf: (name, batch) => deviations.get(`${name} ${batch}`) ?? Number.NaN,
  };
}

/** @throws {BenchError} `ANSWERS_DIFFER` */
function checkedDeviation(
  suite: TrainingSuite,
  name: string,
  values: readonly number[],
  ours: readonly number[],
): number {
  const { first, later } = TOLERANCES[suite];
  const scale = suite === "train" ? Math.abs(ours[0] ?? Number.NaN) : 1;
  const deviations = ours.map((value, index) => Math.abs((values[index] ?? Number.NaN) - value) / scale);
  const isWithin = deviations.every((deviation, index) => deviation <= (index === 0 ? first : later));
  if (isWithin && values.length === ours.length) return Math.max(...deviations);
  const shown = (list: readonly number[]): string => list.slice(0, 6).join(", ");
  throw new BenchError(
    "ANSWERS_DIFFER",
    `Expected ${name} to answer as we do, ${shown(ours)}, but received ${shown(values)}. Nothing was timed.`,
  );
}

function longest(operations: readonly Operation[], batch: number): readonly Operation[] {
  return operations
    .map(({ name, milliseconds }) => ({ name, milliseconds: milliseconds / batch }))
    .toSorted((one, other) => other.milliseconds - one.milliseconds)
    .slice(0, OPERATIONS_KEPT);
}

/** Times all peers, and the register tile, in turns. */
async function measureGroup(
  peers: readonly TrainingPeer[],
  {
    threads,
    batch,
    settings,
    deviationOf,
  }: Pick<Group, "threads" | "batch"> & { settings: RoundSettings } & Pick<Checked, "deviationOf">,
  run: Run,
): Promise<Group> {
  const told = new Map<string, ToldTimes[]>();
  const contenders = [REGISTER_TILE, ...peers].map((peer): Contender => {
    const turns: ToldTimes[] = [];
    told.set(peer.name, turns);
    return {
      name: peer.name,
      takeTurn: async () => {
        const turn = await run<ToldTimes>(peer, { threads, batch, want: "times" });
        turns.push(turn);
        return turn;
      },
    };
  });
  const [tile, ...timings] = await timeInterleaved(contenders, settings);
  return {
    threads,
    batch,
    tileGigaflops: (threads * TILE_FLOPS) / (1e6 * (tile?.bestMilliseconds ?? Number.NaN)),
    peers: timings.map((timing): PeerTiming => {
      const turns = told.get(timing.name) ?? [];
      return {
        ...perPicture(timing, batch),
        peakBytes: Math.max(...turns.map(({ peakBytes }) => peakBytes)),
        deviation: deviationOf(timing.name, batch),
        versions: turns[0]?.versions ?? {},
      };
    }),
  };
}

function perPicture(timing: Timing, batch: number): Timing {
  return {
    name: timing.name,
    samples: timing.samples,
    medianMilliseconds: timing.medianMilliseconds / batch,
    bestMilliseconds: timing.bestMilliseconds / batch,
    lowestRoundMilliseconds: timing.lowestRoundMilliseconds / batch,
    highestRoundMilliseconds: timing.highestRoundMilliseconds / batch,
  };
}

/** Keras and tfjs-node compute with the same library: where Keras is far ahead, tfjs-node was built or run badly. */
function reasonForVoid(groups: readonly Group[]): string | null {
  for (const { threads, batch, peers } of groups) {
    const keras = peers.find(({ name }) => name === "Keras");
    const native = peers.filter(({ name }) => name.endsWith("on tfjs-node"));
    if (keras === undefined || native.length === 0) continue;
    const best = Math.min(...native.map(({ medianMilliseconds }) => medianMilliseconds));
    if (best <= MOST_KERAS_AHEAD * keras.medianMilliseconds) continue;
    const ahead = Math.round(100 * (best / keras.medianMilliseconds - 1));
    return `Keras is ${ahead} % faster than tfjs-node with ${threads} threads and a batch of ${batch}: tfjs-node was built or run badly`;
  }
  return null;
}
