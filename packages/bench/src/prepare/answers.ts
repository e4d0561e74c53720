// What our command made of photographs, and how far what a peer made of them is from it. In: a
// dataset, thresholds and masks. Out: figures.

import { stat } from "node:fs/promises";
import { join } from "node:path";

import { openDataset } from "@silhouette/trainer";

import { answersDiffer } from "../measure/errors.ts";
import type { Answer } from "./answer-file.ts";

/** What a dataset has. */
export interface Prepared extends Answer {
  /** All photographs of the dataset, relative to their folder. */
  readonly paths: readonly string[];
  /** Those of them that are files of their own, not links to an earlier one: the answer is of these. */
  readonly distinct: readonly string[];
  /** Mean size of the photographs, in pixels. */
  readonly meanPixels: number;
  /** Mean size of their files, in bytes. */
  readonly meanBytes: number;
}

/** How far a peer may be from us. */
export interface Tolerance {
  /** Least share of all pixels that equal ours, 0 to 1. */
  readonly agreement: number;
  /** Most gray levels between its thresholds and ours, on average. */
  readonly levels: number;
}

/** How far a peer is from us. */
export interface Distance {
  /** Share of the photographs whose threshold equals ours, 0 to 1. */
  readonly equalThresholds: number;
  /** Gray levels between its thresholds and ours, on average. */
  readonly levels: number;
  /** Share of all pixels that equal ours, 0 to 1; null if it makes others. */
  readonly agreement: number | null;
}

/** Reads what `silhouette prepare` has made of `folder`. @throws {TrainerError} as `openDataset()` */
export async function readPrepared(file: string, folder: string): Promise<Prepared> {
  const dataset = await openDataset(file);
  const isBinary = dataset.description.pixelFormat === "binary1";
  const seen = new Set<string>();
  const [paths, distinct, thresholds, masks]: [string[], string[], number[], Uint8Array[]] = [[], [], [], []];
  let [pixels, bytes] = [0, 0];
  try {
    for await (const row of dataset) {
      paths.push(row.path);
      const { dev, ino, size } = await stat(join(folder, row.path), { bigint: true });
      pixels += row.sourceWidth * row.sourceHeight;
      bytes += Number(size);
      const key = `${dev} ${ino}`;
      if (seen.has(key)) continue;
      seen.add(key);
      distinct.push(row.path);
      thresholds.push(row.threshold);
      if (isBinary) masks.push(row.pixels.slice());
    }
  } finally {
    await dataset.close();
  }
  const [meanPixels, meanBytes] = [pixels / paths.length, bytes / paths.length];
  const kept = isBinary ? new Uint8Array(Buffer.concat(masks)) : null;
  return { paths, distinct, thresholds: Uint8Array.from(thresholds), masks: kept, meanPixels, meanBytes };
}

/** Compares an answer with ours. @throws {BenchError} `ANSWERS_DIFFER` */
export function checkedDistance(peer: string, answer: Answer, ours: Answer, tolerance: Tolerance): Distance {
  const distance = distanceOf(answer, ours);
  const { agreement, levels } = distance;
  // Written so that a NaN differs.
  if ((agreement ?? 1) >= tolerance.agreement && levels <= tolerance.levels) return distance;
  const pixels = agreement === null ? "" : ` and ${(100 * agreement).toFixed(2)} % of our pixels`;
  throw answersDiffer(
    `Expected ${peer} to find thresholds within ${tolerance.levels} levels of ours on average, and at least ` +
      `${(100 * tolerance.agreement).toFixed(2)} % of our pixels, but received ${levels.toFixed(2)} levels${pixels}. Nothing was timed.`,
  );
}

function distanceOf(answer: Answer, ours: Answer): Distance {
  const { length } = ours.thresholds;
  if (answer.thresholds.length !== length) return { equalThresholds: 0, levels: Number.NaN, agreement: null };
  let [equal, levels] = [0, 0];
  for (const [index, threshold] of ours.thresholds.entries()) {
    const difference = Math.abs((answer.thresholds[index] ?? Number.NaN) - threshold);
    if (difference === 0) equal++;
    levels += difference;
  }
  const agreement = answer.masks === null || ours.masks === null ? null : equalBits(answer.masks, ours.masks);
  return { equalThresholds: equal / length, levels: levels / length, agreement };
}

/** Bits that are 1 in each byte. */
const ONES = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll("0", "").length);

/** Share of the bits that are equal; none if there are more of one than of the other. */
function equalBits(masks: Uint8Array, ours: Uint8Array): number {
  if (masks.length !== ours.length) return 0;
  let different = 0;
  for (let index = 0; index < ours.length; index++) different += ONES[(masks[index] ?? 0) ^ (ours[index] ?? 0)] ?? 0;
  return 1 - different / (8 * ours.length);
}
