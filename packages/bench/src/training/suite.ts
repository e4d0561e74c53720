// The training suites: a step of a network, its predictions, and loading pictures for a step, by silhouette and by peers. All
// answers are verified before anything is timed. In: what to measure. Out: a result after each group.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { compactNetworkCost, networkCost } from "@silhouette/trainer/step";

import { chosenPeers } from "../measure/chosen-peers.ts";
import { describeMachine } from "../measure/machine.ts";
import { PROCESS_SETTINGS, type ProcessSuiteOptions } from "../measure/suite.ts";
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
  const { suite, thoroughness, threads, command, signal, onTurn } = options;
  const settings = PROCESS_SETTINGS[thoroughness];
  const possible = chosenPeers(
    TRAINING_PEERS.filter(({ suites }) => suites.includes(suite)),
    options.peers,
  );
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
    const total = possible.length * (questions.length + settings.rounds * subjects.length);
    let done = 0;
    const run: Run = async (peer, job) => {
      if (possible.some(({ name }) => name === peer.name)) onTurn?.({ done: done++, total, name: peer.name });
      const { shape } = BUILT_IN_NETWORKS[job.network];
      return takeTurn(peer.program, { ...job, ...inputOf(job), ...shape, suite, peer: peer.name, settings }, signal);
    };
    checked = await checkAnswers(possible, questions, { suite, threads: Math.max(...threads) }, run);
    for (const subject of subjects) {
      const present = checked.presentFor(subject);
      const isAugmented = suite === "train" && BUILT_IN_NETWORKS[subject.network].augmentation !== null;
      current = new GroupMeasurement(subject, present, { isAugmented, settings }, run);
      await current.run();
      groups.push(...current.groups());
      current = undefined;
      // The turns of those that are missing.
      done += settings.rounds * (possible.length - present.length);
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
