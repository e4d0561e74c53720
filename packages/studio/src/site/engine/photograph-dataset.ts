// A dataset of photographs that were dropped on the page or taken by its camera: decode ─▶ DatasetBuilder ─▶ bytes.

import {
  DatasetBuilder,
  PREPARE_DEFAULTS,
  storedFor,
  type BuiltDataset,
  type NamedRecipe,
  type NewPicture,
  type Skip,
} from "@silhouette/trainer/browser";
import { pMapIterable } from "p-map";

import { decoded, pixelsOf } from "./decode.ts";

/** Photographs that are decoded at the same time. */
const CONCURRENCY = 2;

/** A photograph with its class. */
export interface LabeledPhotograph extends NewPicture {
  /** Its file. */
  readonly file: Blob;
}

/** A photograph that cannot be used, and why. */
export type SkippedPhotograph = Pick<Skip, "path" | "message">;

/** Options for {@link buildDataset}. */
export interface DatasetOptions {
  /** All classes, in the order of their one-hot labels. */
  readonly labels: readonly string[];
  /** The recipe that the dataset is for. */
  readonly recipe: NamedRecipe;
  /** Stops the work. */
  readonly signal: AbortSignal;
  /** Called after each photograph. */
  readonly onProgress: (done: number, total: number) => void;
}

/**
 * Builds a dataset. Splits are drawn as `silhouette prepare` draws them by default.
 *
 * @throws {TrainerError} what the builder throws; the signal's reason
 */
export async function buildDataset(
  photographs: readonly LabeledPhotograph[],
  { labels, recipe, signal, onProgress }: DatasetOptions,
): Promise<{ readonly dataset: BuiltDataset; readonly skips: readonly SkippedPhotograph[] }> {
  const builder = await DatasetBuilder.of(storedFor(recipe), { thumbnails: true });
  const skips: SkippedPhotograph[] = [];
  const all = pMapIterable(
    photographs,
    async (photograph) => {
      signal.throwIfAborted();
      return { photograph, picture: await pixelsIn(photograph.file) };
    },
    { concurrency: CONCURRENCY, backpressure: 2 * CONCURRENCY },
  );
  let done = 0;
  for await (const { photograph, picture } of all) {
    const { path, label, split } = photograph;
    const made = "unusable" in picture ? picture.unusable : await builder.add({ path, label, split }, picture);
    if ("code" in made) skips.push({ path, message: made.message });
    onProgress(++done, photographs.length);
  }
  const { split, seed } = PREPARE_DEFAULTS;
  return { dataset: builder.build({ labels, split, seed }), skips };
}

/** Pixels of a photograph, or why it cannot be used. */
async function pixelsIn(file: Blob): Promise<ReturnType<typeof pixelsOf>> {
  const bitmap = await decoded(file);
  if ("unusable" in bitmap) return bitmap;
  try {
    return pixelsOf(bitmap);
  } finally {
    bitmap.close();
  }
}
