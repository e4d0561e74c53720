// The suite "preprocess": photo-like picture -> gray -> antialiased bilinear resize -> Otsu -> one bit a pixel, copies
// in and out included, by us and by peers. All answers to all cases are checked before anything is timed. In: how long
// to time. Out: one report a case.

import { BenchError } from "./errors.ts";
import { IsolatedPeer, type PeerAnswer } from "./isolated-peer.ts";
import { PEERS, type Peer } from "./peers.ts";
import { photoLikePicture } from "./pictures.ts";
import { timeInterleaved, type RoundSettings, type Timing } from "./rounds.ts";

/** How long to measure: `full` for figures, `quick` to see that everything runs and the answers agree. */
export type Thoroughness = "full" | "quick";

/** What a peer answered. */
export interface Answer {
  /** Otsu's threshold, 0 to 255. */
  readonly threshold: number;
  /** Share of the output's pixels that are as in our answer, 0 to 1. */
  readonly agreement: number;
}

/** A peer's times and answer. */
export interface PeerReport extends Timing, Answer {
  /** Its median in relation to ours. */
  readonly ratio: number;
}

/** All peers on one picture. Ours, by simd128, is the first. */
export interface CaseReport {
  /** What was done to which picture. */
  readonly name: string;
  /** How long it was timed. */
  readonly settings: RoundSettings;
  /** Share of the output's pixels that are white. */
  readonly whiteShare: number;
  /** In the order of their turns. */
  readonly peers: readonly PeerReport[];
}

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
  readonly peers: readonly IsolatedPeer[];
  /** In the peers' order. */
  readonly answers: readonly Answer[];
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
    name: "500x375 RGBA -> gray -> 300x300 -> Otsu -> 1 bit a pixel",
    source: { width: 500, height: 375, channels: 4 },
    target: { width: 300, height: 300 },
    settings: { full: SHORT_CALLS, quick: QUICK },
  },
  {
    name: "4000x3000 RGBA -> gray -> 1000x750 -> Otsu -> 1 bit a pixel",
    source: { width: 4000, height: 3000, channels: 4 },
    target: { width: 1000, height: 750 },
    settings: { full: LONG_CALLS, quick: QUICK },
  },
  {
    name: "500x375 gray -> 300x300 -> Otsu -> 1 bit a pixel",
    source: { width: 500, height: 375, channels: 1 },
    target: { width: 300, height: 300 },
    settings: { full: SHORT_CALLS, quick: QUICK },
  },
];

/** Seed of all pictures: those of one size are one drawing. */
const SEED = 20_260_101;

/** Bits that a peer with other rounding must share with us. */
const LEAST_AGREEMENT = 0.95;

/** Gray levels that such a peer's threshold may lie from ours; its gray may go through linear light. */
const FARTHEST_THRESHOLD = 8;

/** Both classes must hold this share of the output: on a blank picture everything agrees. */
const LEAST_CLASS_SHARE = 0.1;

/**
 * Checks all answers, then times case by case.
 *
 * @throws {BenchError} `ANSWERS_DIFFER` before anything is timed; `NOT_MEASURED`
 */
export async function* runPreprocessSuite(thoroughness: Thoroughness): AsyncGenerator<CaseReport> {
  const running: IsolatedPeer[] = [];
  try {
    const checkedCases: CheckedCase[] = [];
    for (const bench of CASES) checkedCases.push(await checked(bench, running));
    for (const checkedCase of checkedCases) yield await timed(checkedCase, thoroughness);
  } finally {
    await Promise.all(running.map((peer) => peer.stop()));
  }
}

/** Starts the peers of a case, which it adds to `running`, and checks their answers. */
async function checked(bench: Case, running: IsolatedPeer[]): Promise<CheckedCase> {
  const { source, target } = bench;
  const picture = photoLikePicture(source.width, source.height, source.channels, SEED);
  const peers: IsolatedPeer[] = [];
  const received: { readonly peer: Peer; readonly answer: PeerAnswer }[] = [];
  for (const peer of PEERS) {
    const isolated = IsolatedPeer.start({ peerName: peer.name, picture, ...target });
    running.push(isolated);
    peers.push(isolated);
    received.push({ peer, answer: await isolated.answer() });
  }
  const ours = received[0]?.answer;
  if (ours === undefined) throw new RangeError("Expected at least one peer");

  const pixels = target.width * target.height;
  const whiteShare = onesIn(ours.bits) / pixels;
  if (Math.min(whiteShare, 1 - whiteShare) < LEAST_CLASS_SHARE) {
    throw new BenchError(
      "ANSWERS_DIFFER",
      `Expected black and white in our answer to "${bench.name}", but received ${percent(whiteShare)} white. ` +
        "Nothing was timed.",
    );
  }
  const answers = received.map(({ peer, answer: { threshold, bits } }) => {
    const answer = { threshold, agreement: 1 - differingBits(ours.bits, bits) / pixels };
    checkAnswer(bench, peer, answer, ours.threshold);
    return answer;
  });
  return { bench, whiteShare, peers, answers };
}

function checkAnswer(bench: Case, peer: Peer, { threshold, agreement }: Answer, ourThreshold: number): void {
  const leastAgreement = peer.answersAsWe ? 1 : LEAST_AGREEMENT;
  const farthestThreshold = peer.answersAsWe ? 0 : FARTHEST_THRESHOLD;
  if (agreement >= leastAgreement && Math.abs(threshold - ourThreshold) <= farthestThreshold) return;
  throw new BenchError(
    "ANSWERS_DIFFER",
    `Expected ${peer.name} to answer "${bench.name}" with at least ${percent(leastAgreement)} of our bits and a ` +
      `threshold within ${farthestThreshold} of ${ourThreshold}, but received ${percent(agreement)} and ${threshold}. ` +
      "Nothing was timed.",
  );
}

async function timed(
  { bench, whiteShare, peers, answers }: CheckedCase,
  thoroughness: Thoroughness,
): Promise<CaseReport> {
  const settings = bench.settings[thoroughness];
  const timings = await timeInterleaved(
    peers.map((peer) => ({ name: peer.name, takeTurn: (turnSettings) => peer.takeTurn(turnSettings) })),
    settings,
  );
  const ourMedianMilliseconds = timings[0]?.medianMilliseconds ?? Number.NaN;
  return {
    name: bench.name,
    settings,
    whiteShare,
    peers: timings.flatMap((timing, index) => {
      const answer = answers[index];
      if (answer === undefined) return [];
      return [{ ...timing, ...answer, ratio: timing.medianMilliseconds / ourMedianMilliseconds }];
    }),
  };
}

function differingBits(first: Uint8Array, second: Uint8Array): number {
  return onesIn(first.map((byte, index) => byte ^ (second[index] ?? 0)));
}

function onesIn(bits: Uint8Array): number {
  let ones = 0;
  for (const byte of bits) {
    for (let rest = byte; rest > 0; rest &= rest - 1) ones += 1;
  }
  return ones;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(3)} %`;
}
