// The suite "preprocess": photo-like picture -> gray -> resize -> Otsu -> mask of 0 and 1, copies in and out included,
// by silhouette and by peers; and of silhouette alone: histograms, the pool of workers, the size of its kernels. All answers
// are verified before anything is timed. In: how long to time. Out: a result after each case.

import type { SuiteOptions, Thoroughness } from "../measure/suite.ts";
import { availableParallelism } from "node:os";

import { binarySizes } from "../measure/binary-sizes.ts";
import { chosenPeers } from "../measure/chosen-peers.ts";
import { timeColdStarts } from "./cold-start.ts";
import { TurnCounter, turnSeconds, type Turns } from "../measure/turns.ts";
import { answersDiffer, BenchError } from "../measure/errors.ts";
import { timeHistograms } from "./histogram.ts";
import type { Library } from "../measure/installed-package.ts";
import { IsolatedPeer } from "./peers/isolated-peer.ts";
import { describeMachine } from "../measure/machine.ts";
import { PEERS, type Peer } from "./peers/peers.ts";
import { photoLikePicture } from "../measure/photo-like-picture.ts";
import { timePools } from "./pool.ts";
import { PythonPeer } from "./peers/python-peer.ts";
import { missingPeer, type MissingPeer } from "../measure/missing-peer.ts";
import { FORMAT_VERSION, stoppedBy } from "../measure/result.ts";
import type { Answer, CaseReport, PreprocessResult } from "./result.ts";
import { Rounds, type RoundSettings } from "../measure/rounds.ts";
import type { PeerAnswer, RunningPeer } from "./peers/running-peer.ts";

interface Case {
  readonly name: string;
  readonly source: { readonly width: number; readonly height: number; readonly channels: 1 | 4 };
  readonly target: { readonly width: number; readonly height: number };
  readonly settings: Readonly<Record<Thoroughness, RoundSettings>>;
}

/** A case, its peers running, their answers checked. */
interface CheckedCase {
  readonly bench: Case;
  readonly whiteShare: number;
  readonly peers: readonly CheckedPeer[];
}

interface CheckedPeer {
  readonly running: RunningPeer;
  readonly answer: Answer;
  readonly library: Library | undefined;
}

const QUICK: RoundSettings = {
  rounds: 1,
  measureMilliseconds: 10,
  warmupMilliseconds: 5,
  leastWarmups: 1,
  leastSamples: 2,
};
const SHORT_CALLS: RoundSettings = {
  rounds: 7,
  measureMilliseconds: 200,
  warmupMilliseconds: 80,
  leastWarmups: 1,
  leastSamples: 20,
};
/** Fewer and shorter turns: one call of the slowest peer takes a large part of a second. */
const LONG_CALLS: RoundSettings = {
  rounds: 5,
  measureMilliseconds: 300,
  warmupMilliseconds: 50,
  leastWarmups: 1,
  leastSamples: 3,
};

const CASES: readonly Case[] = [
  {
    name: "500x375 RGBA to 300x300",
    source: { width: 500, height: 375, channels: 4 },
    target: { width: 300, height: 300 },
    settings: { full: SHORT_CALLS, quick: QUICK },
  },
  {
    name: "500x375 gray to 300x300",
    source: { width: 500, height: 375, channels: 1 },
    target: { width: 300, height: 300 },
    settings: { full: SHORT_CALLS, quick: QUICK },
  },
  {
    name: "4000x3000 RGBA to 1000x750",
    source: { width: 4000, height: 3000, channels: 4 },
    target: { width: 1000, height: 750 },
    settings: { full: LONG_CALLS, quick: QUICK },
  },
  {
    name: "500x375 RGBA to 96x96",
    source: { width: 500, height: 375, channels: 4 },
    target: { width: 96, height: 96 },
    settings: { full: SHORT_CALLS, quick: QUICK },
  },
];

const HISTOGRAM_SETTINGS: Readonly<Record<Thoroughness, RoundSettings>> = {
  full: { ...SHORT_CALLS, measureMilliseconds: 60, warmupMilliseconds: 20 },
  quick: QUICK,
};

const POOL_SETTINGS: Readonly<Record<Thoroughness, RoundSettings>> = {
  full: { ...LONG_CALLS, rounds: 7 },
  quick: QUICK,
};

/** For estimates, in seconds: the start of a peer and its answer, and what is timed of silhouette alone, in full. */
const CHECK_SECONDS = 0.5;
const ALONE_SECONDS = { histograms: 4, pools: 20, coldStarts: 6 };

/** For estimates, in milliseconds: a typical call on 12 megapixels; others are shorter than a turn by far. */
const LONG_CALL_MILLISECONDS = 50;

/** Timings of silhouette alone. */
type Alone = [PreprocessResult["histograms"], PreprocessResult["pools"], PreprocessResult["coldStarts"]];

/** Seed of all pictures: those of one size are one drawing. */
const SEED = 20_260_101;

/** Least share of each class in the output: on a blank picture everything agrees. */
const LEAST_CLASS_SHARE = 0.1;

/**
 * Checks all answers, then times case by case: a result after each of them. If the run is stopped or a peer fails after
 * something was timed, a last, partial result has what was measured so far; then the error is thrown.
 *
 * @throws {BenchError} `ANSWERS_DIFFER` before anything is timed; `NOT_MEASURED`; and the signal's reason
 */
export async function* runPreprocessSuite(options: SuiteOptions): AsyncGenerator<PreprocessResult> {
  const { thoroughness, command, signal } = options;
  const peers = chosenPeers(PEERS, options.peers);
  // Before the first turn: files may be worked on meanwhile.
  const machine = describeMachine();
  const running: RunningPeer[] = [];
  const missing = new Map<string, MissingPeer>();
  let [histograms, pools, coldStarts]: Alone = [[], [], []];
  const cases: CaseReport[] = [];
  let current: CaseMeasurement | undefined;
  const resultOf = (stopped: string | null): PreprocessResult => ({
    formatVersion: FORMAT_VERSION,
    suite: "preprocess",
    thoroughness,
    command,
    limitedTo: options.peers,
    machine,
    complete: stopped === null && cases.length === CASES.length,
    stopped,
    cases: [...cases],
    missing: [...missing.values()],
    histograms,
    pools,
    coldStarts,
    binaries: binarySizes(),
  });
  try {
    const checkedCases: CheckedCase[] = [];
    const turns = new TurnCounter(options);
    const countOf = (bench: Case, among: readonly Peer[]): number =>
      among.filter((peer) => canAnswer(bench, peer)).length;
    const expectedOf = (among: readonly Peer[]): readonly Turns[] => {
      const aloneSeconds = (seconds: number) => ({ turns: 1, seconds: thoroughness === "full" ? seconds : 1 });
      return [
        ...Object.values(ALONE_SECONDS).map(aloneSeconds),
        ...CASES.map((bench) => timesOf(bench, thoroughness, countOf(bench, among))),
      ];
    };
    const checks = CASES.map((bench) => ({ turns: countOf(bench, peers), seconds: CHECK_SECONDS }));
    turns.expect([...checks, ...expectedOf(peers)]);
    turns.announce(peers);
    for (const bench of CASES) {
      signal?.throwIfAborted();
      checkedCases.push(await checked(bench, peers, { running, missing, turns }));
    }
    const present = peers.filter(({ name }) => !missing.has(name));
    turns.expect(expectedOf(present));
    turns.announce(present, [...missing.values()]);
    turns.next("our histogram");
    histograms = await timeHistograms(HISTOGRAM_SETTINGS[thoroughness], signal);
    turns.next("our pool");
    if (availableParallelism() > 1) pools = await timePools(POOL_SETTINGS[thoroughness], signal);
    turns.next("cold starts");
    const names = present.map(({ name }) => name);
    coldStarts = await timeColdStarts(names, CASES[0]?.settings[thoroughness] ?? QUICK, signal);
    for (const checkedCase of checkedCases) {
      current = new CaseMeasurement(checkedCase, thoroughness, turns, signal);
      await current.run();
      cases.push(...current.reports());
      current = undefined;
      yield resultOf(null);
    }
  } catch (error) {
    cases.push(...(current?.reports() ?? []));
    if (cases.length > 0 || histograms.length > 0) yield resultOf(stoppedBy(error));
    throw error;
  } finally {
    await Promise.all(running.map((peer) => peer.stop()));
  }
}

/** Whether a peer takes pictures of this kind. */
function canAnswer({ source }: Case, peer: Peer): boolean {
  return source.channels !== 1 || peer.takesGray;
}

/** The turns of `peers` peers. */
function timesOf({ settings }: Case, thoroughness: Thoroughness, peers: number): Turns {
  const call = settings.full === LONG_CALLS ? LONG_CALL_MILLISECONDS : 0;
  const own = settings[thoroughness];
  return { turns: peers * own.rounds, seconds: turnSeconds(own, call) };
}

/** Starts the peers of a case, adds them to `running` or `missing`, and verifies their answers. */
async function checked(
  bench: Case,
  chosen: readonly Peer[],
  {
    running,
    missing,
    turns,
  }: {
    readonly running: RunningPeer[];
    readonly missing: Map<string, MissingPeer>;
    readonly turns: TurnCounter;
  },
): Promise<CheckedCase> {
  const { source, target } = bench;
  const picture = photoLikePicture(source.width, source.height, source.channels, SEED);
  const pixels = target.width * target.height;
  const peers: CheckedPeer[] = [];
  let ours: PeerAnswer | undefined;
  for (const peer of chosen) {
    if (missing.has(peer.name) || !canAnswer(bench, peer)) continue;
    turns.next(peer.name);
    const job = { peerName: peer.name, picture, ...target };
    const started = peer.program === "node" ? new IsolatedPeer(job) : new PythonPeer(job);
    running.push(started);
    let received: PeerAnswer;
    try {
      received = await started.answer();
    } catch (error) {
      if (!(error instanceof BenchError) || error.code !== "NOT_INSTALLED") throw error;
      missing.set(peer.name, missingPeer(peer.name, error));
      continue;
    }
    ours ??= received;
    const { threshold, mask, library } = received;
    const answer = { threshold, agreement: 1 - differing(ours.mask, mask) / pixels };
    checkAnswer(bench, peer, answer, ours.threshold);
    peers.push({ running: started, answer, library });
  }
  const whiteShare = differing(ours?.mask ?? new Uint8Array(0), new Uint8Array(pixels)) / pixels;
  if (Math.min(whiteShare, 1 - whiteShare) < LEAST_CLASS_SHARE) {
    throw answersDiffer(
      `Expected black and white in our answer to "${bench.name}", but received ${percent(whiteShare)} white. ` +
        "Nothing was timed.",
    );
  }
  return { bench, whiteShare, peers };
}

function checkAnswer(bench: Case, peer: Peer, { threshold, agreement }: Answer, ourThreshold: number): void {
  const { tolerance } = peer;
  if (agreement >= tolerance.agreement && Math.abs(threshold - ourThreshold) <= tolerance.levels) return;
  throw answersDiffer(
    `Expected ${peer.name} to answer "${bench.name}" with at least ${percent(tolerance.agreement)} of our pixels and a ` +
      `threshold within ${tolerance.levels} of ${ourThreshold}, but received ${percent(agreement)} and ${threshold}. ` +
      "Nothing was timed.",
  );
}

/** The peers of a case, in turns. */
class CaseMeasurement {
  readonly #case: CheckedCase;
  readonly #settings: RoundSettings;
  readonly #rounds: Rounds;

  constructor(
    checkedCase: CheckedCase,
    thoroughness: Thoroughness,
    turns: TurnCounter,
    signal: AbortSignal | undefined,
  ) {
    this.#case = checkedCase;
    this.#settings = checkedCase.bench.settings[thoroughness];
    const contenders = checkedCase.peers.map(({ running }) => ({
      name: running.name,
      takeTurn: async (settings: RoundSettings) => {
        signal?.throwIfAborted();
        turns.next(running.name);
        return running.takeTurn(settings);
      },
    }));
    this.#rounds = new Rounds(contenders, this.#settings);
  }

  /** Takes all turns. @throws what a turn throws */
  async run(): Promise<void> {
    await this.#rounds.run();
  }

  /** What was measured so far: none before the first turn. */
  reports(): readonly CaseReport[] {
    const { bench, whiteShare, peers } = this.#case;
    const timings = this.#rounds.timings();
    const [ours] = timings;
    if (ours === undefined) return [];
    const reports = peers.flatMap(({ answer, library }, index) => {
      const timing = timings[index];
      if (timing === undefined) return [];
      return [{ ...timing, ...answer, ratio: timing.medianMilliseconds / ours.medianMilliseconds, library }];
    });
    return [{ name: bench.name, settings: this.#settings, whiteShare, peers: reports }];
  }
}

/** Number of pixels that differ between two masks; all if their lengths differ. */
function differing(first: Uint8Array, second: Uint8Array): number {
  if (first.length !== second.length) return Math.max(first.length, second.length);
  return first.reduce((sum, pixel, index) => sum + (pixel === second[index] ? 0 : 1), 0);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(3)} %`;
}
