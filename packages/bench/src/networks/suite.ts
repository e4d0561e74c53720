// The suite networks: training steps and inference of networks that people have, in unchanged code of tf.layers, on our backend
// and on others. The answers of a group are compared before it is timed. In: what to measure. Out: a result after each group.

import { chosenPeers } from "../measure/chosen-peers.ts";
import { answersDiffer, BenchError } from "../measure/errors.ts";
import { describeMachine } from "../measure/machine.ts";
import { missingPeer, type MissingPeer } from "../measure/missing-peer.ts";
import { PeerRounds, type PeerTiming } from "../measure/peer-rounds.ts";
import { FORMAT_VERSION, stoppedBy } from "../measure/result.ts";
import type { RoundSettings } from "../measure/rounds.ts";
import {
  PROCESS_SETTINGS,
  PROCESS_START_SECONDS,
  type ProcessSuiteOptions,
  type Thoroughness,
} from "../measure/suite.ts";
import { TurnCounter, turnSeconds, type Turns } from "../measure/turns.ts";
import type { Message, TimesMessage } from "../measure/turn-process.ts";
import { agreement } from "./answers.ts";
import { NETWORKS, type Network, type Use } from "./networks.ts";
import { NETWORK_PEERS, type NetworkPeer } from "./peers.ts";
import type { NetworkGroup, NetworksResult } from "./result.ts";
import { runTurn, type AnswerMessage, type Job } from "./turn.ts";
import { reasonForInvalid } from "./validity.ts";

/** Without rounds, checks are timed. */
const SETTINGS: Readonly<Record<Thoroughness, RoundSettings>> = {
  full: PROCESS_SETTINGS.full,
  quick: { ...PROCESS_SETTINGS.quick, rounds: 0 },
};

/** What a group measures. */
interface Subject {
  readonly network: Network;
  readonly use: Use;
  readonly threads: number;
}

/** Runs a process. */
type Run = <Result extends Message>(peer: NetworkPeer, subject: Subject, want: Job["want"]) => Promise<Result>;

/** A peer whose answer is ours. */
interface Checked {
  readonly peer: NetworkPeer;
  readonly deviation: number;
  readonly message: AnswerMessage;
}

/**
 * Checks and measures group by group: a result after each of them. If the run is stopped or a peer fails after the first turn,
 * a last, partial result has the turns so far; then the error is thrown. A peer that cannot do a group's work, or whose answer
 * is not ours, is missing in that group.
 *
 * @param takeTurn runs a job to its end
 * @param networks what is measured
 * @throws {BenchError} `ANSWERS_DIFFER` if no peer confirms our answer; `NOT_MEASURED`; and the signal's reason
 */
export async function* runNetworkSuite(
  options: ProcessSuiteOptions,
  takeTurn: typeof runTurn = runTurn,
  networks: readonly Network[] = options.thoroughness === "quick" ? NETWORKS.filter(isSmall) : NETWORKS,
): AsyncGenerator<NetworksResult> {
  const { thoroughness, threads, command, signal } = options;
  const settings = SETTINGS[thoroughness];
  const peers = chosenPeers(NETWORK_PEERS, options.peers);
  // Before the first turn: files may be worked on meanwhile.
  const machine = describeMachine();
  const subjects = networks.flatMap((network) =>
    network.uses.flatMap((use) => threads.map((count): Subject => ({ network, use, threads: count }))),
  );
  const turns = new TurnCounter(options);
  const inRounds = peers.filter(({ mostSeconds }) => mostSeconds === undefined).length;
  const expectedOf = (): readonly Turns[] => [
    { turns: peers.length, seconds: CHECK_SECONDS },
    timesOf(inRounds, settings),
  ];
  const groups: NetworkGroup[] = [];
  let current: GroupMeasurement | undefined;
  const resultOf = (stopped: string | null): NetworksResult => ({
    formatVersion: FORMAT_VERSION,
    suite: "networks",
    thoroughness,
    command,
    limitedTo: options.peers,
    machine,
    complete: stopped === null && groups.length === subjects.length,
    stopped,
    settings,
    groups: [...groups],
    invalid: reasonForInvalid(groups),
  });
  const run: Run = async (peer, subject, want) => {
    turns.next(peer.name);
    const { network, use } = subject;
    const { name, mostSeconds } = peer;
    return takeTurn(
      { network: network.name, use, peer: name, threads: threadsOf(peer, subject.threads), want, settings },
      { ...(mostSeconds !== undefined && { longestMilliseconds: 1000 * mostSeconds }), ...(signal && { signal }) },
    );
  };
  const checks = new Checks(peers, thoroughness, run);
  try {
    for (const [index, subject] of subjects.entries()) {
      // Checks that are known, and turns of those that are missing, are not taken.
      const later = subjects.slice(index + 1).flatMap(expectedOf);
      turns.expect([...expectedOf(), ...later]);
      if (index === 0) turns.announce(peers);
      const answers = await checks.of(subject);
      const present = answers.checked.filter(({ peer }) => peer.mostSeconds === undefined).length;
      turns.expect([timesOf(present, settings), ...later]);
      current = new GroupMeasurement(subject, answers, settings, run);
      await current.run();
      groups.push(...current.groups());
      current = undefined;
      yield resultOf(null);
    }
  } catch (error) {
    groups.push(...(current?.groups() ?? []));
    if (groups.length > 0) yield resultOf(stoppedBy(error));
    throw error;
  }
}

/** A typical call, in milliseconds: for estimates. */
const CALL_MILLISECONDS = 300;

/** A typical check, in seconds: two calls, of which the slowest peer's take up to a minute. */
const CHECK_SECONDS = 10;

/** The turns of `peers` peers in a group. */
function timesOf(peers: number, settings: RoundSettings): Turns {
  return { turns: peers * settings.rounds, seconds: turnSeconds(settings, CALL_MILLISECONDS, PROCESS_START_SECONDS) };
}

/** Numbers of a sample from which on a network takes minutes to check: pictures of 224 px have more. */
const LARGE_SAMPLE = 100_000;

/** Whether --quick runs it. */
function isSmall({ inputShape }: Network): boolean {
  return inputShape.reduce((size, axis) => size * axis) < LARGE_SAMPLE;
}

/** Threads that a peer uses of those it is given. */
function threadsOf({ mostThreads = Infinity }: NetworkPeer, threads: number): number {
  return Math.min(threads, mostThreads);
}

/** Asks peers for their answers; no peer twice for the same. */
class Checks {
  readonly #peers: readonly NetworkPeer[];
  readonly #thoroughness: Thoroughness;
  readonly #run: Run;
  readonly #answers = new Map<string, AnswerMessage | MissingPeer>();

  constructor(peers: readonly NetworkPeer[], thoroughness: Thoroughness, run: Run) {
    this.#peers = peers;
    this.#thoroughness = thoroughness;
    this.#run = run;
  }

  /** @throws {BenchError} `ANSWERS_DIFFER` if no peer confirms our answer */
  async of(
    subject: Subject,
  ): Promise<{ readonly checked: readonly Checked[]; readonly missing: readonly MissingPeer[] }> {
    const [us, ...others] = this.#peers;
    if (us === undefined) throw new RangeError("Expected our own peer");
    const ours = await this.#run<AnswerMessage>(us, subject, "answer");
    const checked: Checked[] = [{ peer: us, deviation: 0, message: ours }];
    const missing: MissingPeer[] = [];
    const differences: string[] = [];
    for (const peer of others) {
      const message = await this.#answerOf(peer, subject);
      if ("reason" in message) {
        missing.push(message);
        continue;
      }
      const { deviation, difference } = agreement(message.values, ours.values);
      if (difference === null) {
        checked.push({ peer, deviation, message });
      } else {
        missing.push({ name: peer.name, reason: difference });
        differences.push(`${peer.name}: ${difference}`);
      }
    }
    if (checked.length > 1 || differences.length === 0) return { checked, missing };
    throw answersDiffer(
      `Expected a peer to confirm our answer (${subject.network.name}, ${subject.use}), but received ${differences.join("; ")}. ` +
        "It was not timed.",
    );
  }

  async #answerOf(peer: NetworkPeer, subject: Subject): Promise<AnswerMessage | MissingPeer> {
    const { name, mostSeconds } = peer;
    if (mostSeconds !== undefined && this.#thoroughness === "quick") return { name, reason: "too slow for --quick" };
    const key = [name, subject.network.name, subject.use, threadsOf(peer, subject.threads)].join();
    const known = this.#answers.get(name) ?? this.#answers.get(key);
    if (known !== undefined) return known;
    try {
      const message = await this.#run<AnswerMessage>(peer, subject, "answer");
      this.#answers.set(key, message);
      return message;
    } catch (error) {
      if (!(error instanceof BenchError)) throw error;
      const isInstalled = error.code !== "NOT_INSTALLED";
      const missing = isInstalled ? { name, reason: error.message } : missingPeer(name, error);
      this.#answers.set(isInstalled ? key : name, missing);
      return missing;
    }
  }
}

/** All peers with the same network, use and threads, in turns. */
class GroupMeasurement {
  readonly #group: Omit<NetworkGroup, "peers">;
  /** What is known without rounds. */
  readonly #ofChecks: ReadonlyMap<string, PeerTiming>;
  readonly #names: readonly string[];
  readonly #rounds: PeerRounds;

  constructor(
    subject: Subject,
    { checked, missing }: Awaited<ReturnType<Checks["of"]>>,
    settings: RoundSettings,
    run: Run,
  ) {
    const { network, use, threads } = subject;
    const { batch } = network;
    this.#group = { network: network.name, use, batch, threads, missing };
    this.#names = checked.map(({ peer }) => peer.name);
    const isTimedByCheck = ({ peer }: Checked): boolean => settings.rounds === 0 || peer.mostSeconds !== undefined;
    this.#ofChecks = new Map(
      checked.filter(isTimedByCheck).map((each) => [each.peer.name, timingOfCheck(each, { batch, threads })]),
    );
    const takers = checked
      .filter((each) => !isTimedByCheck(each))
      .map(({ peer, deviation }) => ({
        name: peer.name,
        threads: threadsOf(peer, threads),
        deviation,
        batch,
        takeTurn: async () => run<TimesMessage>(peer, subject, "times"),
      }));
    this.#rounds = new PeerRounds(takers, settings);
  }

  /** Takes all turns. @throws what a turn throws */
  async run(): Promise<void> {
    await this.#rounds.run();
  }

  /** What was measured so far: none before our first turn. */
  groups(): readonly NetworkGroup[] {
    const timings = this.#rounds.timings();
    const peers = this.#names.flatMap(
      (name) => this.#ofChecks.get(name) ?? timings.find((timing) => timing?.name === name) ?? [],
    );
    return peers[0]?.name === this.#names[0] ? [{ ...this.#group, peers }] : [];
  }
}

/** A single call. */
function timingOfCheck(
  { peer, deviation, message }: Checked,
  { batch, threads }: Pick<NetworkGroup, "batch" | "threads">,
): PeerTiming {
  const milliseconds = message.milliseconds / batch;
  return {
    name: peer.name,
    medianMilliseconds: milliseconds,
    bestMilliseconds: milliseconds,
    lowestRoundMilliseconds: milliseconds,
    highestRoundMilliseconds: milliseconds,
    samples: 1,
    threads: threadsOf(peer, threads),
    peakBytes: message.peakBytes,
    deviation,
    versions: message.versions,
  };
}
