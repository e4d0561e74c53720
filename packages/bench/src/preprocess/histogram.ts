// Our histogram on several kinds of planes: with equal neighbours, a simple loop waits for its own stores. In: settings. Out:
// times. All counts are verified against plain JavaScript's before anything is timed.

import { setImmediate } from "node:timers/promises";

import { init, Preprocessor } from "@silhouette/preprocess-wasm";

import { answersDiffer } from "../measure/errors.ts";
import { photoLikePicture } from "../measure/photo-like-picture.ts";
import { histogram } from "./peers/plain-javascript.ts";
import { timeInterleaved, timeTurn, type RoundSettings, type Timing, type Turn } from "../measure/rounds.ts";

/** Kinds of planes, derived from the levels of a photograph. */
const LEVELS = {
  photograph: (level: number): number => level,
  // The lowest bit of its grain.
  "two levels at random": (level: number): number => 127 + (level & 1),
  constant: (): number => 128,
};

/** A kind of plane. */
export type Plane = keyof typeof LEVELS;

/** A kind of plane of one size. */
export interface HistogramTiming extends Timing {
  /** The kind of plane. */
  readonly name: Plane;
  /** Pixels per row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/** In the order of their turns. */
const PLANES: readonly Plane[] = ["photograph", "two levels at random", "constant"];

const SIZES = [
  { width: 300, height: 300 },
  { width: 500, height: 375 },
] as const;

/** Seed of the photograph. */
const SEED = 20_261_125;

/**
 * Times the planes of each size in turns.
 *
 * @throws {BenchError} `ANSWERS_DIFFER` before anything is timed; and the signal's reason
 */
export async function timeHistograms(
  settings: RoundSettings,
  signal: AbortSignal | undefined,
): Promise<readonly HistogramTiming[]> {
  await init();
  const preprocessor = new Preprocessor();
  const counts = new Uint32Array(256);
  const expected = new Uint32Array(256);
  const contenders = SIZES.flatMap((size) =>
    PLANES.map((name) => {
      const levels = Uint8Array.from(photoLikePicture(size.width, size.height, 1, SEED).data, LEVELS[name]);
      preprocessor.histogram(levels, counts);
      histogram(levels, expected);
      if (counts.some((count, level) => count !== expected[level])) {
        throw answersDiffer(
          `Expected our histogram of a plane (${name}) to equal plain JavaScript's. Nothing was timed.`,
        );
      }
      const takeTurn = async (): Promise<Turn> => {
        // Lets signals through.
        await setImmediate();
        signal?.throwIfAborted();
        return timeTurn(() => preprocessor.histogram(levels, counts), false, settings);
      };
      return { name, ...size, takeTurn };
    }),
  );
  const timings = await timeInterleaved(contenders, settings);
  return contenders.flatMap(({ name, width, height }, index) => {
    const timing = timings[index];
    return timing === undefined ? [] : [{ ...timing, name, width, height }];
  });
}
