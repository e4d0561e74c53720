// The training suites: a step of a network, its predictions, and loading pictures for a step, by silhouette and by peers. All
// answers are verified before anything is timed. In: what to measure. Out: a result after each group.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { compactNetworkCost, networkCost } from "@silhouette/trainer/step";

import { chosenPeers } from "../measure/chosen-peers.ts";
import { describeMachine } from "../measure/machine.ts";
import type { RoundSettings } from "../measure/rounds.ts";
import { PROCESS_SETTINGS, PROCESS_START_SECONDS, type ProcessSuiteOptions } from "../measure/suite.ts";
import { TurnCounter, turnSeconds, type Turns } from "../measure/turns.ts";
import { FORMAT_VERSION, stoppedBy } from "../measure/result.ts";
import { BUILT_IN_NETWORKS, NETWORK_NAMES, type NetworkName } from "./built-in-networks.ts";
import { checkAnswers, type CheckedAnswers, type Question } from "./checked-answers.ts";
import { GroupMeasurement, type Subject } from "./group-measurement.ts";
import { writeInputs } from "./input.ts";
import { TRAINING_PEERS, type Run } from "./peers.ts";
import type { Group, TrainingResult } from "./result.ts";
import { reasonForInvalid } from "./validity.ts";
import { runTurn, type TrainingSuite } from "./turn.ts";

/** Options for {@link runTrainingSuite}. */
export interface TrainingOptions extends ProcessSuiteOptions {
  readonly suite: TrainingSuite;
  /** What is measured; the suite load has pictures of the reference network only. */
  readonly networks: readonly NetworkName[];
  /** Pictures per call. Default: those of each network. */
  readonly batches?: readonly number[] | undefined;
}

/** A training step is a forward pass and two products of its size for the gradients. */
const PASSES: Readonly<Record<TrainingSuite, number>> = { train: 3, predict: 1, load: 0 };

/** What peers reach on one or two cores, for estimates: of a Xeon, all of them together, 2026-11-29. */
const TYPICAL_GIGAFLOPS = 70;

/** Calls of a check, of which those of a step are compared, warm up and are profiled. */
const CALLS_OF_CHECK: Readonly<Record<TrainingSuite, number>> = { train: 9, predict: 1, load: 1 };

const COSTS: Readonly<Record<NetworkName, typeof networkCost>> = {
  reference: networkCost,
  compact: compactNetworkCost,
};

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
  const { suite, thoroughness, threads, command, signal } = options;
  const settings = PROCESS_SETTINGS[thoroughness];
  const possible = chosenPeers(
    TRAINING_PEERS.filter(({ suites }) => suites.includes(suite)),
    options.peers,
  );
  const isTraining = suite === "train";
  // Before the first turn: files may be worked on meanwhile.
  const machine = describeMachine();
  const questions = questionsOf(options);
  const subjects = subjectsOf(options, questions);
  const folder = await mkdtemp(join(tmpdir(), "silhouette-bench-"));
  const groups: Group[] = [];
  let checked: CheckedAnswers | undefined;
  let current: GroupMeasurement | undefined;
  const resultOf = (stopped: string | null): TrainingResult => ({
    formatVersion: FORMAT_VERSION,
    suite,
    thoroughness,
    command,
    limitedTo: options.peers,
    machine,
    complete: stopped === null && groups.length === subjects.length,
    stopped,
    settings,
    groups: [...groups],
    operations: checked?.operations ?? [],
    missing: checked?.missing ?? [],
    invalid: reasonForInvalid(suite, groups),
  });
  try {
    const inputOf = await inputsOf(folder, questions);
    const turns = new TurnCounter(options);
    turns.expect([
      ...checksOf(suite, subjects, possible.length),
      ...turnsOf(subjects, { settings, isTraining, peersOf: () => possible.length }),
    ]);
    turns.announce(possible);
    const run: Run = async (peer, job) => {
      turns.next(peer.name);
      const { shape } = BUILT_IN_NETWORKS[job.network];
      return takeTurn(peer.program, { ...job, ...inputOf(job), ...shape, suite, peer: peer.name, settings }, signal);
    };
    checked = await checkAnswers(possible, questions, { suite, threads: Math.max(...threads) }, run);
    const { presentFor, missing } = checked;
    turns.expect(turnsOf(subjects, { settings, isTraining, peersOf: (subject) => presentFor(subject).length }));
    turns.announce(
      possible.filter(({ name }) =>
        questions.some((question) => presentFor(question).some((peer) => peer.name === name)),
      ),
      missing,
    );
    for (const subject of subjects) {
      const present = presentFor(subject);
      const isAugmented = isTraining && hasAugmentation(subject);
      current = new GroupMeasurement(subject, present, { isAugmented, settings }, run);
      await current.run();
      groups.push(...current.groups());
      current = undefined;
      yield resultOf(null);
    }
  } catch (error) {
    groups.push(...(current?.groups() ?? []));
    if (groups.length > 0) yield resultOf(stoppedBy(error));
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Each network with each of its batches. */
function questionsOf({ suite, networks, batches }: TrainingOptions): readonly Question[] {
  const measured = suite === "load" ? ["reference" as const] : NETWORK_NAMES.filter((name) => networks.includes(name));
  return measured.flatMap((network) =>
    (batches ?? BUILT_IN_NETWORKS[network].batches).map((batch) => ({ network, batch })),
  );
}

/** The groups, in their order: network by network, with one number of threads after another. */
function subjectsOf({ suite, threads }: TrainingOptions, questions: readonly Question[]): readonly Subject[] {
  return NETWORK_NAMES.flatMap((name) => {
    const own = questions.filter(({ network }) => network === name);
    const { multiplyAddsPerPicture } = COSTS[name](BUILT_IN_NETWORKS[name].shape);
    const flopsPerPicture = 2 * multiplyAddsPerPicture * PASSES[suite];
    return threads.flatMap((count) => own.map((question) => ({ ...question, threads: count, flopsPerPicture })));
  });
}

function hasAugmentation({ network }: Subject): boolean {
  return BUILT_IN_NETWORKS[network].augmentation !== null;
}

/** Milliseconds of a typical call. */
function callMilliseconds({ flopsPerPicture, batch }: Subject): number {
  return (batch * flopsPerPicture) / (1e6 * TYPICAL_GIGAFLOPS);
}

/** The checks of `peers` peers. */
function checksOf(suite: TrainingSuite, subjects: readonly Subject[], peers: number): readonly Turns[] {
  // Each question is asked once, whatever the number of threads.
  const asked = new Map(subjects.map((subject) => [`${subject.network} ${subject.batch}`, subject]));
  return [...asked.values()].map((subject) => ({
    turns: peers,
    seconds: PROCESS_START_SECONDS + (CALLS_OF_CHECK[suite] * callMilliseconds(subject)) / 1000,
  }));
}

/** The turns of each group: those of peers, of the register tile, and of augmentation. */
function turnsOf(
  subjects: readonly Subject[],
  {
    settings,
    isTraining,
    peersOf,
  }: {
    readonly settings: RoundSettings;
    readonly isTraining: boolean;
    readonly peersOf: (subject: Subject) => number;
  },
): readonly Turns[] {
  return subjects.map((subject) => ({
    turns: settings.rounds * (peersOf(subject) + 1 + Number(isTraining && hasAugmentation(subject))),
    seconds: turnSeconds(settings, callMilliseconds(subject), PROCESS_START_SECONDS),
  }));
}

/** Writes the input of all questions. */
async function inputsOf(folder: string, questions: readonly Question[]) {
  const inputs = new Map<NetworkName, Awaited<ReturnType<typeof writeInputs>>>();
  for (const name of new Set(questions.map(({ network }) => network))) {
    const batches = questions.filter(({ network }) => network === name).map(({ batch }) => batch);
    inputs.set(name, await writeInputs(folder, name, batches));
  }
  return ({ network, batch }: Question) => {
    const inputOf = inputs.get(network);
    if (inputOf === undefined) throw new RangeError(`Expected input of the ${network} network`);
    return inputOf(batch);
  };
}
