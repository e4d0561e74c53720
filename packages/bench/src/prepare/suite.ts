// The suite prepare: a folder of photographs to a dataset, by our command, and to thresholds, by what people write with OpenCV and sharp; and
// how fast our decoder alone is. All answers are checked before anything is timed. In: how long to time, photographs. Out: results.

import { rmSync } from "node:fs";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { chosenPeers } from "../measure/chosen-peers.ts";
import { answersDiffer, BenchError } from "../measure/errors.ts";
import { describeMachine } from "../measure/machine.ts";
import { missingPeer, type MissingPeer } from "../measure/missing-peer.ts";
import { PeerRounds } from "../measure/peer-rounds.ts";
import { FORMAT_VERSION, stoppedBy } from "../measure/result.ts";
import { median } from "../measure/rounds.ts";
import { disturbedText } from "../measure/spread.ts";
import { QUICK_SETTINGS, type SuiteOptions, type Thoroughness } from "../measure/suite.ts";
import { TurnCounter, type Turns } from "../measure/turns.ts";
import { readAnswer } from "./answer-file.ts";
import { checkedDistance, readPrepared, type Distance, type Prepared } from "./answers.ts";
import { preparePeers, type DecoderPeer, type PreparePeer } from "./peers.ts";
import { checkFolder, drawPhotographs, linkSome, noPhotographs, type DrawnCount } from "./photographs.ts";
import type { PreparedMemory, PreparePeerTiming, PrepareResult } from "./result.ts";
import { runTurn, type DecoderMessage, type Job, type PrepareTurn } from "./turn.ts";

/** Options for {@link runPrepareSuite}. */
export interface PrepareOptions extends SuiteOptions {
  /** Folder of photographs, with a subfolder per class. Default: drawn ones. */
  readonly photographs?: string | undefined;
}

/** Photographs that are drawn. */
const DRAWN: Readonly<Record<Thoroughness, DrawnCount>> = {
  full: { distinct: 384, names: 4000 },
  quick: { distinct: 24, names: 60 },
};

/** Turns of each peer. */
const ROUNDS: Readonly<Record<Thoroughness, number>> = { full: 5, quick: 1 };

/** Our command's memory is measured with as many photographs, and with all. */
const FEW = 1000;

/** Photographs per second of a typical peer, and seconds until it has begun: for estimates. */
const TYPICAL_RATE = 1000;
const START_SECONDS = 0.5;

/** A peer whose answer is near ours. */
interface Checked {
  readonly peer: PreparePeer;
  readonly distance: Distance | null;
}

/** What all checks found. */
interface Checks {
  readonly prepared: Prepared;
  readonly checked: readonly Checked[];
  readonly ordinary: number | null;
  readonly missing: readonly MissingPeer[];
}

/** Takes a turn of a peer. */
type Run = <Result extends PrepareTurn | DecoderMessage>(peer: PreparePeer, job: Partial<Job>) => Promise<Result>;

/**
 * Checks all answers, then takes turns: a result once all are taken. If the run is stopped or a peer fails after the first turn, a partial
 * result has the turns so far; then the error is thrown.
 *
 * @param takeTurn runs a job to its end
 * @throws {BenchError} `NO_PHOTOGRAPHS`; `NOT_INSTALLED` without our command; `ANSWERS_DIFFER` before anything is timed; `NOT_MEASURED`; and
 * the signal's reason
 */
export async function* runPrepareSuite(
  options: PrepareOptions,
  takeTurn: typeof runTurn = runTurn,
): AsyncGenerator<PrepareResult> {
  const { thoroughness, command, signal } = options;
  const peers = chosenPeers<PreparePeer>(preparePeers(availableParallelism()), options.peers);
  // Before the first turn: files may be worked on meanwhile.
  const machine = describeMachine();
  const rounds = ROUNDS[thoroughness];
  const scratch = await mkdtemp(join(tmpdir(), "silhouette-bench-"));
  const turns = new TurnCounter(options);
  try {
    const folder = resolve(options.photographs ?? join(scratch, "photographs"));
    if (options.photographs === undefined) await drawPhotographs(folder, DRAWN[thoroughness], signal);
    else await checkFolder(folder);

    const run: Run = async (peer, job) => {
      signal?.throwIfAborted();
      turns.next(peer.name);
      const out = join(scratch, peer.program === "silhouette" ? "prepared.arrow" : "answer");
      const all: Job = { folder, list: "", photographs: 0, want: "times", out, ...job };
      return takeTurn(peer, all, signal);
    };
    const expected = DRAWN[thoroughness].names;
    turns.expect([turnsOf(peers.length + 1, expected), turnsOf(peers.length * rounds, expected)]);
    turns.announce(peers);
    const { prepared, checked, ordinary, missing } = await checkAll(peers, { folder, scratch }, run);
    const { paths, distinct, meanPixels, meanBytes } = prepared;
    const count = paths.length;
    turns.expect([turnsOf(Number(count > FEW), FEW), turnsOf(checked.length * rounds, count)]);
    turns.announce(
      checked.map(({ peer }) => peer),
      missing,
    );
    const few = await fewInMemory(peers, { folder, scratch, paths }, run);

    const lists = { all: join(scratch, "all.json"), distinct: join(scratch, "distinct.json") };
    const processorTimes = new Map<string, number[]>();
    const takers = checked.map(({ peer, distance }) => {
      const { name, threads, program } = peer;
      const times: number[] = [];
      processorTimes.set(name, times);
      return {
        name,
        threads,
        batch: count,
        deviation: distance?.levels ?? 0,
        takeTurn: async () => {
          const list = program === "decoder" ? lists.distinct : lists.all;
          const turn = await run<PrepareTurn>(peer, { list, photographs: count });
          times.push(turn.processorMilliseconds / count);
          return turn;
        },
      };
    });
    const measurement = new PeerRounds(takers, { ...QUICK_SETTINGS, rounds });
    const resultOf = (stopped: string | null): PrepareResult => {
      const timings = measurement.timings().flatMap((timing, index): readonly PreparePeerTiming[] => {
        const distance = checked[index]?.distance ?? null;
        const processorMilliseconds = median(processorTimes.get(timing?.name ?? "") ?? []);
        return timing === undefined ? [] : [{ ...timing, processorMilliseconds, distance }];
      });
      const [ours] = timings;
      const all = ours === undefined ? [] : [{ photographs: count, peakBytes: ours.peakBytes }];
      return {
        formatVersion: FORMAT_VERSION,
        suite: "prepare",
        thoroughness,
        command,
        limitedTo: options.peers,
        machine,
        complete: stopped === null,
        stopped,
        rounds,
        photographs: { count, distinct: distinct.length, ordinary, meanPixels, meanBytes },
        peers: timings,
        memory: few === null ? [] : [few, ...all],
        missing,
        invalid: disturbedText([{ where: `${count} photographs`, timings }]),
      };
    };
    try {
      await measurement.run();
    } catch (error) {
      const partial = resultOf(stoppedBy(error));
      if (partial.peers.length > 0) yield partial;
      throw error;
    }
    yield resultOf(null);
  } finally {
    // At once: after Ctrl-C the process soon ends, and thousands of files would be left.
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Turns of `photographs` photographs. */
function turnsOf(turns: number, photographs: number): Turns {
  return { turns, seconds: START_SECONDS + photographs / TYPICAL_RATE };
}

/** Where the work is. */
interface Places {
  readonly folder: string;
  readonly scratch: string;
}

/** Checks the answers of all peers on all distinct photographs. @throws {BenchError} what {@link runPrepareSuite} throws */
async function checkAll(peers: readonly PreparePeer[], { folder, scratch }: Places, run: Run): Promise<Checks> {
  const [us, ...others] = peers;
  if (us?.program !== "silhouette") throw new RangeError("Expected our own peer");
  const dataset = join(scratch, "prepared.arrow");
  await run<PrepareTurn>(us, { want: "answer" }).catch((error: unknown) => {
    if (!(error instanceof BenchError) || error.code !== "NOT_MEASURED") throw error;
    throw noPhotographs(folder, `silhouette prepare failed: ${error.message}`, error);
  });
  const prepared = await readPrepared(dataset, folder);
  const { paths, distinct } = prepared;
  const photographs = distinct.length;
  const absolute = (all: readonly string[]): string => JSON.stringify(all.map((path) => join(folder, path)));
  await writeFile(join(scratch, "all.json"), absolute(paths));
  const list = join(scratch, "distinct.json");
  await writeFile(list, absolute(distinct));

  const checked: Checked[] = [{ peer: us, distance: checkedDistance(us.name, prepared, prepared, us.tolerance) }];
  const missing: MissingPeer[] = [];
  let ordinary: number | null = null;
  for (const peer of others) {
    try {
      if (peer.program === "decoder") {
        ordinary = await ordinaryAmong(peer, { list, photographs }, run);
        if (ordinary === 0)
          missing.push({ name: peer.name, reason: "none of the photographs is an ordinary JPEG file" });
        else checked.push({ peer, distance: null });
        continue;
      }
      await run<PrepareTurn>(peer, { list, photographs, want: "answer" });
      const isDataset = peer.program === "silhouette";
      const answer = await (isDataset
        ? readPrepared(dataset, folder)
        : readAnswer(join(scratch, "answer"), photographs));
      checked.push({ peer, distance: checkedDistance(peer.name, answer, prepared, peer.tolerance) });
    } catch (error) {
      if (!(error instanceof BenchError) || error.code !== "NOT_INSTALLED") throw error;
      missing.push(missingPeer(peer.name, error));
    }
  }
  return { prepared, checked, ordinary, missing };
}

/** How many photographs our decoder decodes. @throws {BenchError} `ANSWERS_DIFFER` if one has other pixels than sharp's */
async function ordinaryAmong(peer: DecoderPeer, job: Partial<Job>, run: Run): Promise<number> {
  const { ordinary, different } = await run<DecoderMessage>(peer, { ...job, want: "answer" });
  const [first] = different;
  if (first === undefined) return ordinary;
  throw answersDiffer(
    `Expected ${peer.name} to decode the pixels that sharp decodes, but ${different.length} of ${ordinary} photographs have others: ` +
      `${first} is the first. Nothing was timed.`,
  );
}

/** The memory of our command with few photographs; null if there are no more. */
async function fewInMemory(
  [us]: readonly PreparePeer[],
  { folder, scratch, paths }: Places & Pick<Prepared, "paths">,
  run: Run,
): Promise<PreparedMemory | null> {
  if (us === undefined || paths.length <= FEW) return null;
  const target = join(scratch, "few");
  await mkdir(target);
  await linkSome(folder, paths, FEW, target);
  const { peakBytes } = await run<PrepareTurn>(us, { folder: target, photographs: FEW });
  return { photographs: FEW, peakBytes };
}
