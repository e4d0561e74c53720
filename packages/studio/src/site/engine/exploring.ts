// What there is to see of a model: the report of its run, the mean silhouettes of its pictures, its first filters.

import type { RunReport } from "@silhouette/report";
import { Dataset, meanSilhouettes, PictureSet, RUN_FILES, type LoadedModel } from "@silhouette/trainer/browser";

import type { ModelSource } from "./current-model.ts";
import { firstFilters, type Filters } from "./first-filters.ts";
import type { Runs } from "./runs.ts";
import { readerOf } from "./training.ts";

/** A class's mean silhouette. */
export interface MeanSilhouette {
  readonly label: string;
  readonly width: number;
  readonly height: number;
  /** `[height, width]`: 255 where all of its pictures are light, 0 where none is. */
  readonly levels: Uint8Array;
}

/** What there is to see. */
export interface Explored {
  /** The report of the run; null for a model without one. */
  readonly report: RunReport | null;
  /** Of the training pictures; empty without them. */
  readonly means: readonly MeanSilhouette[];
  /** Null for a network that does not begin with a convolution. */
  readonly filters: Filters | null;
}

/** What there is to see of the model of a source. */
export async function explored(
  source: ModelSource,
  network: LoadedModel["network"],
  runs: () => Promise<Runs>,
): Promise<Explored> {
  const filters = firstFilters(network) ?? null;
  if (source.kind === "stored") return { report: null, means: await storedMeans(source.run, runs), filters };
  return { report: await besideOf<RunReport>(source, "report.json"), means: await exampleMeans(source), filters };
}

/** Mean silhouettes of a stored run's training pictures. */
async function storedMeans(name: string, runs: () => Promise<Runs>): Promise<readonly MeanSilhouette[]> {
  const run = await (await runs()).named(name);
  const file = await run.read(RUN_FILES.dataset);
  if (file === undefined) return [];
  const { recipe } = await readerOf(run).config();
  const dataset = await Dataset.open(file);
  try {
    const { train } = await PictureSet.bySplit(dataset, { input: recipe.input });
    const { width, height } = train.input;
    return meanSilhouettes(train).flatMap((mean, index) => {
      const label = train.labels[index] ?? "";
      return mean === null ? [] : [{ label, width, height, levels: Uint8Array.from(mean, (light) => 255 * light) }];
    });
  } finally {
    await dataset.close();
  }
}

/** Mean silhouettes as the example has them: levels in base64. */
async function exampleMeans(source: ModelSource): Promise<readonly MeanSilhouette[]> {
  const means = await besideOf<readonly (Omit<MeanSilhouette, "levels"> & { readonly levels: string })[]>(
    source,
    "means.json",
  );
  return (means ?? []).map(({ levels, ...mean }) => ({
    ...mean,
    levels: Uint8Array.from(atob(levels), (character) => character.charCodeAt(0)),
  }));
}

/** A JSON file beside the folder of a model; null if there is none. */
async function besideOf<Content>(source: ModelSource, name: string): Promise<Content | null> {
  if (source.kind !== "folder") return null;
  const response = await fetch(new URL(`../${name}`, new URL(source.folder, source.base)));
  return response.ok ? ((await response.json()) as Content) : null;
}
