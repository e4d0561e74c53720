// Asks all peers of a training suite for their answers before anything is timed, and in the suite train for the profile of a step.
// In: peers and what they compute. Out: who answered, and how far from us.

import { BenchError } from "../measure/errors.ts";
import { missingPeer, type MissingPeer } from "../measure/missing-peer.ts";
import { checkedDeviation } from "./answers.ts";
import { networkTitle } from "./built-in-networks.ts";
import type { Answered, Subject } from "./group-measurement.ts";
import { threadsOf, type Run, type TrainingPeer } from "./peers.ts";
import type { StepProfile, TrainingResult } from "./result.ts";
import type { AnswerMessage, Profile, TrainingSuite } from "./turn.ts";

/** Operations kept of a profile, the longest. */
const OPERATIONS_KEPT = 10;

/** What peers answer for: a network with a batch. */
export type Question = Pick<Subject, "network" | "batch">;

/** The outcome of checking all peers. */
export interface CheckedAnswers extends Pick<TrainingResult, "operations" | "missing"> {
  /** Peers that answered a question. */
  readonly presentFor: (question: Question) => readonly Answered[];
}

/**
 * Checks the answers of all peers.
 *
 * @param peers ours first
 * @param threads that each may use
 * @throws {BenchError} `ANSWERS_DIFFER`; what the first peer throws; and what another one throws that is installed
 */
export async function checkAnswers(
  peers: readonly TrainingPeer[],
  questions: readonly Question[],
  { suite, threads }: { readonly suite: TrainingSuite; readonly threads: number },
  run: Run,
): Promise<CheckedAnswers> {
  const missing: MissingPeer[] = [];
  const operations: StepProfile[] = [];
  const ours = new Map<string, readonly number[]>();
  const answered = new Map<string, Answered[]>();
  for (const peer of peers) {
    const most = threadsOf(peer, threads);
    for (const { network, batch } of questions) {
      let answer: AnswerMessage;
      try {
        answer = await run<AnswerMessage>(peer, { network, threads: most, batch, want: "answer" });
      } catch (error) {
        if (!(error instanceof BenchError) || peer === peers[0]) throw error;
        if (error.code === "OUT_OF_MEMORY") {
          missing.push(missingPeer(`${peer.name} with ${networkTitle(network)}, batch ${batch}`, error));
          continue;
        }
        if (error.code !== "NOT_INSTALLED") throw error;
        missing.push(missingPeer(peer.name, error));
        break;
      }
      const key = keyOf({ network, batch });
      if (peer === peers[0]) ours.set(key, answer.values);
      const deviation = checkedDeviation(suite, peer.name, answer.values, ours.get(key) ?? []);
      answered.set(key, [...(answered.get(key) ?? []), { ...peer, deviation }]);
      if (answer.profile !== undefined) {
        const profile = profilePerPicture(answer.profile, batch);
        operations.push({ name: peer.name, network, threads: most, batch, ...profile });
      }
    }
  }
  return { presentFor: (question) => answered.get(keyOf(question)) ?? [], missing, operations };
}

function keyOf({ network, batch }: Question): string {
  return `${network} ${batch}`;
}

function profilePerPicture(
  { milliseconds, operations }: Profile,
  batch: number,
): Pick<StepProfile, "stepMilliseconds" | "operationsMilliseconds" | "operations"> {
  return {
    stepMilliseconds: milliseconds / batch,
    operationsMilliseconds: operations.reduce((sum, operation) => sum + operation.milliseconds, 0) / batch,
    operations: operations
      .map((operation) => ({ name: operation.name, milliseconds: operation.milliseconds / batch }))
      .toSorted((one, other) => other.milliseconds - one.milliseconds)
      .slice(0, OPERATIONS_KEPT),
  };
}
