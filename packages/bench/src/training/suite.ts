// The training suites: a step of the reference network, its predictions, and loading pictures for a step, by silhouette and by
// peers. All answers are verified before anything is timed. In: what to measure. Out: a result after each group.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { networkCost } from "@silhouette/trainer/step";

import { checkedDeviation } from "./answers.ts";
import { BenchError } from "../measure/errors.ts";
import { describeMachine } from "../measure/machine.ts";
import { PROCESS_SETTINGS, type ProcessSuiteOptions } from "../measure/suite.ts";
import { FORMAT_VERSION, stoppedBy } from "../measure/result.ts";
import { PeerRounds, type PeerTiming } from "../measure/peer-rounds.ts";
import type { TimesMessage } from "../measure/turn-process.ts";
import type { Group, StepProfile, TrainingResult } from "./result.ts";
import { missingPeer, type MissingPeer } from "../measure/missing-peer.ts";
import type { RoundSettings } from "../measure/rounds.ts";
import { TILE_FLOPS } from "../measure/tile-peak.ts";
import { SHAPE } from "../measure/reference-shape.ts";
import { writeInputs } from "./input.ts";
import { REGISTER_TILE, TRAINING_PEERS, type TrainingPeer } from "./peers.ts";
import { reasonForInvalid } from "./validity.ts";
import { runTurn, type Job, type Profile, type AnswerMessage, type TrainingSuite } from "./turn.ts";

/** Options for {@link runTrainingSuite}. */
export interface TrainingOptions extends ProcessSuiteOptions {
  readonly suite: TrainingSuite;
  /** Pictures per call. */
  readonly batches: readonly number[];
}

/** A training step is a forward pass and two products of its size for the gradients. */
const PASSES: Readonly<Record<TrainingSuite, number>> = { train: 3, predict: 1, load: 0 };

/** Operations kept of a profile, the longest. */
const OPERATIONS_KEPT = 10;

/** Runs a process. */
type Run = <Result extends AnswerMessage | TimesMessage>(
  peer: Pick<TrainingPeer, "name" | "program" | "mostThreads">,
  job: Pick<Job, "threads" | "batch" | "want">,
) => Promise<Result>;

/** The outcome of checking all peers. */
interface Checked extends Pick<TrainingResult, "operations" | "missing"> {
  /** Peers that answered for a batch. */
  readonly presentFor: (batch: number) => readonly TrainingPeer[];
  /** Deviation of a peer's answer for a batch from ours. */
  readonly deviationOf: (name: string, batch: number) => number;
}

/**
 * Checks all answers, then measures group by group: a result after each of them. If the run is stopped or a peer fails after
 * the first turn, a last, partial result has the turns so far; then the error is thrown.
 *
 * @param takeTurn runs a job to its end
 * @throws {BenchError} `ANSWERS_DIFFER` before anything is timed; `NOT_MEASURED`; and the signal's reason
 */
export async function* runTrainingSuite(
  options: TrainingOptions,
  takeTurn: typeof runTurn = runTurn,
): AsyncGenerator<TrainingResult> {
  const { suite, thoroughness, batches, threads, command, signal, onTurn } = options;
  const settings = PROCESS_SETTINGS[thoroughness];
  // Before the first turn: files may be worked on meanwhile.
  const machine = describeMachine();
  const folder = await mkdtemp(join(tmpdir(), "silhouette-bench-"));
  const groups: Group[] = [];
  let checked: Checked | undefined;
  let current: GroupMeasurement | undefined;
  const resultOf = (stopped: string | null): TrainingResult => ({
    formatVersion: FORMAT_VERSION,
    suite,
    thoroughness,
    command,
    machine,
    complete: stopped === null && groups.length === threads.length * batches.length,
    stopped,
    settings,
    flopsPerPicture: 2 * networkCost(SHAPE).multiplyAddsPerPicture * PASSES[suite],
    groups: [...groups],
    operations: checked?.operations ?? [],
    missing: checked?.missing ?? [],
    invalid: reasonForInvalid(suite, groups),
  });
  try {
    const inputOf = await writeInputs(folder, batches);
    const possible = TRAINING_PEERS.filter(({ suites }) => suites.includes(suite));
    const total = possible.length * batches.length * (1 + settings.rounds * threads.length);
    let done = 0;
    const run: Run = async (peer, job) => {
      if (peer !== REGISTER_TILE) onTurn?.({ done: done++, total, name: peer.name });
      return takeTurn(
        peer.program,
        { ...job, ...inputOf(job.batch), ...SHAPE, suite, peer: peer.name, settings },
        signal,
      );
    };
    checked = await checkAnswers(possible, options, run);
    for (const count of threads) {
      for (const batch of batches) {
        const present = checked.presentFor(batch);
        current = new GroupMeasurement(present, { threads: count, batch, settings }, checked.deviationOf, run);
        await current.run();
        groups.push(...current.groups());
        current = undefined;
        // The turns of those that are missing.
        done += settings.rounds * (possible.length - present.length);
        yield resultOf(null);
      }
    }
  } catch (error) {
    groups.push(...(current?.groups() ?? []));
    if (groups.length > 0) yield resultOf(stoppedBy(error));
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Threads that a peer uses of those it is given. */
function threadsOf({ mostThreads = Infinity }: Pick<TrainingPeer, "mostThreads">, threads: number): number {
  return Math.min(threads, mostThreads);
}

/** Asks every peer for its answers, and in the suite train for the profile of a step. */
async function checkAnswers(
  peers: readonly TrainingPeer[],
  { suite, batches, threads }: TrainingOptions,
  run: Run,
): Promise<Checked> {
  const missing: MissingPeer[] = [];
  const operations: StepProfile[] = [];
  const ours = new Map<number, readonly number[]>();
  const deviations = new Map<string, number>();
  for (const peer of peers) {
    const most = threadsOf(peer, Math.max(...threads));
    for (const batch of batches) {
      let answer: AnswerMessage;
      try {
        answer = await run<AnswerMessage>(peer, { threads: most, batch, want: "answer" });
      } catch (error) {
        if (!(error instanceof BenchError) || peer === peers[0]) throw error;
        if (error.code === "OUT_OF_MEMORY") {
          missing.push(missingPeer(`${peer.name} with batch ${batch}`, error));
          continue;
        }
        if (error.code !== "NOT_INSTALLED") throw error;
        missing.push(missingPeer(peer.name, error));
        break;
      }
      if (peer === peers[0]) ours.set(batch, answer.values);
      deviations.set(
        answerKey(peer.name, batch),
        checkedDeviation(suite, peer.name, answer.values, ours.get(batch) ?? []),
      );
      if (answer.profile !== undefined) {
        operations.push({ name: peer.name, threads: most, batch, ...profilePerPicture(answer.profile, batch) });
      }
    }
  }
  return {
    presentFor: (batch) => peers.filter(({ name }) => deviations.has(answerKey(name, batch))),
    missing,
    operations,
    deviationOf: (name, batch) => deviations.get(answerKey(name, batch)) ?? Number.NaN,
  };
}

function answerKey(name: string, batch: number): string {
  return `${name} ${batch}`;
}

function profilePerPicture(
  { milliseconds, operations }: Profile,
  batch: number,
): Omit<StepProfile, "name" | "threads" | "batch"> {
  return {
    stepMilliseconds: milliseconds / batch,
    operationsMilliseconds: operations.reduce((sum, operation) => sum + operation.milliseconds, 0) / batch,
    operations: operations
      .map((operation) => ({ name: operation.name, milliseconds: operation.milliseconds / batch }))
      .toSorted((one, other) => other.milliseconds - one.milliseconds)
      .slice(0, OPERATIONS_KEPT),
  };
}

/** All peers and the register tile with the same threads and batch, in turns. */
class GroupMeasurement {
  readonly #group: Pick<Group, "threads" | "batch">;
  readonly #rounds: PeerRounds;

  constructor(
    peers: readonly TrainingPeer[],
    { threads, batch, settings }: Pick<Group, "threads" | "batch"> & { readonly settings: RoundSettings },
    deviationOf: Checked["deviationOf"],
    run: Run,
  ) {
    this.#group = { threads, batch };
    const takers = [REGISTER_TILE, ...peers].map((peer) => {
      const own = threadsOf(peer, threads);
      return {
        name: peer.name,
        threads: own,
        deviation: peer === REGISTER_TILE ? 0 : deviationOf(peer.name, batch),
        batch: peer === REGISTER_TILE ? 1 : batch,
        takeTurn: async () => run<TimesMessage>(peer, { threads: own, batch, want: "times" }),
      };
    });
    this.#rounds = new PeerRounds(takers, settings);
  }

  /** Takes all turns. @throws what a turn throws */
  async run(): Promise<void> {
    await this.#rounds.run();
  }

  /** What was measured so far: none before the first turn of a peer. */
  groups(): readonly Group[] {
    const [tile, ...timings] = this.#rounds.timings();
    const peers = timings.flatMap((timing): readonly PeerTiming[] => (timing === undefined ? [] : [timing]));
    if (tile === undefined || peers.length === 0) return [];
    const { threads } = this.#group;
    const gigaflopsOf = (milliseconds: number): number => (threads * TILE_FLOPS) / (1e6 * milliseconds);
    return [
      {
        ...this.#group,
        tileGigaflops: gigaflopsOf(tile.bestMilliseconds),
        tileMedianGigaflops: gigaflopsOf(tile.medianMilliseconds),
        peers,
      },
    ];
  }
}
