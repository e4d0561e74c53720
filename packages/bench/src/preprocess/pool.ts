// Our pool of workers: many pictures on one worker and on two, beside a loop that only computes on as many threads; in a
// process of its own (pool-process.ts), which shares no memory with other peers. In: how long to time. Out: times. All masks are
// compared with those of one preprocessor before anything is timed.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { init, Preprocessor, type Picture } from "@silhouette/preprocess-wasm";
import { PreprocessorPool } from "@silhouette/preprocess-wasm/pool";

import { answersDiffer, notMeasured } from "../measure/errors.ts";
import { photoLikePicture } from "../measure/photo-like-picture.ts";
import { timeInterleaved, timeTurn, type RoundSettings, type Timing } from "../measure/rounds.ts";
import { tileThreads } from "../measure/tile-peak.ts";

/** Times with a number of workers. */
export interface PoolTiming {
  /** Its workers, and the threads of the register tile. */
  readonly workers: number;
  /** Per picture. */
  readonly pool: Timing;
  /** Per call of the register tile, on as many threads at the same time. */
  readonly tile: Timing;
}

const WORKERS = [1, 2] as const;

/** Pictures in memory: more than are in flight, and more than caches hold. */
const KEPT = 256;

/** Distinct pictures. */
const DRAWN = 32;

/** Pictures per call: enough that its start and end do not matter. */
const PICTURES = 4 * KEPT;

const SIZE = { width: 300, height: 300 };

/** Seed of the first picture. */
const SEED = 20_261_125;

const run = promisify(execFile);

/**
 * Times pools and threads in turns, in a new process.
 *
 * @throws {BenchError} `NOT_MEASURED`, with its cause; and the signal's reason
 */
export async function timePools(
  settings: RoundSettings,
  signal: AbortSignal | undefined,
): Promise<readonly PoolTiming[]> {
  const script = fileURLToPath(new URL("./pool-process.js", import.meta.url));
  try {
    const { stdout } = await run(process.execPath, [script, JSON.stringify(settings)], signal ? { signal } : {});
    return JSON.parse(stdout) as readonly PoolTiming[];
  } catch (cause) {
    signal?.throwIfAborted();
    throw notMeasured(`Expected to time our pool, but it failed: ${String(cause)}`, cause);
  }
}

/**
 * The work of that process.
 *
 * @throws {BenchError} `ANSWERS_DIFFER` before anything is timed
 */
export async function timePoolsHere(settings: RoundSettings): Promise<readonly PoolTiming[]> {
  await init();
  const pictures = Array.from({ length: KEPT }, (_, index) => photoLikePicture(500, 375, 4, SEED + (index % DRAWN)));
  const pools = await Promise.all(WORKERS.map((workers) => PreprocessorPool.start({ ...SIZE, workers })));
  const threads = await Promise.all(WORKERS.map((count) => tileThreads(count)));
  try {
    for (const pool of pools) await checkMasks(pool, pictures);
    const contenders = [
      ...pools.map((pool) => ({ name: "pool", call: async () => binarized(pool, pictures) })),
      ...threads.map(({ compute }) => ({ name: "register tile", call: compute })),
    ];
    const timings = await timeInterleaved(
      contenders.map(({ name, call }) => ({
        name,
        takeTurn: () => timeTurn(call, true, settings),
      })),
      settings,
    );
    return WORKERS.flatMap((workers, index) => {
      const [pool, tile] = [timings[index], timings[WORKERS.length + index]];
      return pool === undefined || tile === undefined ? [] : [{ workers, pool: perSample(pool), tile }];
    });
  } finally {
    await Promise.all([...pools.map((pool) => pool.close()), ...threads.map(({ stop }) => stop())]);
  }
}

/** The pictures' buffers are transferred to the workers and back: nothing is copied except into the kernels' memory. */
async function binarized(pool: PreprocessorPool, pictures: Picture[]): Promise<void> {
  for await (const result of pool.binarize(repeated(pictures), { transfer: true })) {
    if ("error" in result) throw result.error;
    pictures[result.index % KEPT] = result.picture;
  }
}

/** {@link PICTURES} pictures; each is back before its next use. */
function* repeated(pictures: readonly Picture[]): Generator<Picture> {
  for (let index = 0; index < PICTURES; index++) {
    const picture = pictures[index % KEPT];
    if (picture !== undefined) yield picture;
  }
}

async function checkMasks(pool: PreprocessorPool, pictures: readonly Picture[]): Promise<void> {
  const preprocessor = new Preprocessor(SIZE);
  const mask = new Uint8Array(preprocessor.packedBytes);
  const some = pictures.slice(0, DRAWN);
  for await (const result of pool.binarize(some)) {
    const picture = some[result.index];
    const threshold = picture === undefined ? Number.NaN : preprocessor.binarize(picture, mask);
    if ("error" in result || result.threshold !== threshold || result.mask.some((byte, at) => byte !== mask[at])) {
      throw answersDiffer(`Expected the pool to give our mask of picture ${result.index}. Nothing was timed.`);
    }
  }
}

function perSample(timing: Timing): Timing {
  return {
    ...timing,
    medianMilliseconds: timing.medianMilliseconds / PICTURES,
    bestMilliseconds: timing.bestMilliseconds / PICTURES,
    lowestRoundMilliseconds: timing.lowestRoundMilliseconds / PICTURES,
    highestRoundMilliseconds: timing.highestRoundMilliseconds / PICTURES,
  };
}
