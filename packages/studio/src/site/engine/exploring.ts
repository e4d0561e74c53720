// What there is to see of a model: the report of its run, the mean silhouettes of its pictures, its first filters.

import type { RunReport } from "@silhouette/report";
import { runReportData, shownPictures, type PictureEncoder } from "@silhouette/report/data";
import {
  Classifier,
  Dataset,
  explainPredictions,
  meanSilhouettes,
  PictureSet,
  RUN_FILES,
  RunReader,
  TrainerError,
  type Backend,
  type InputKind,
} from "@silhouette/trainer/browser";

import type { CurrentModel } from "./current-model.ts";
import type { Filters } from "./first-filters.ts";
import type { ServedModel } from "./model-sources.ts";
import type { Runs } from "./runs.ts";

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

/** What there is to see of a model. */
export async function explored(model: CurrentModel, backend: Backend, runs: () => Promise<Runs>): Promise<Explored> {
  const { source } = model;
  const filters = model.filters() ?? null;
  if ("run" in source) {
    const run = await (await runs()).named(source.run);
    return { ...(await ofRun(run.name, async (path) => run.read(path), backend)), filters };
  }
  if ("folder" in source && source.isRun === true) {
    return { ...(await ofRun(source.name, async (path) => fileBeside(source, path), backend)), filters };
  }
  if ("folder" in source) {
    return { report: await besideOf<RunReport>(source, "report.json"), means: await meansBeside(source), filters };
  }
  return { report: null, means: [], filters };
}

/** Report and mean silhouettes of a run, whose files are read as they are needed. */
async function ofRun(
  name: string,
  fileAt: (path: string) => Promise<Blob | undefined>,
  backend: Backend,
): Promise<Omit<Explored, "filters">> {
  const reader = new RunReader({
    name,
    read: async (path) => {
      const file = await fileAt(path);
      return file === undefined ? undefined : new Uint8Array(await file.arrayBuffer());
    },
  });
  const results = await reader.results();
  const openDataset = async (): Promise<Dataset> => {
    const file = await fileAt(RUN_FILES.dataset);
    if (file !== undefined) return Dataset.open(file, RUN_FILES.dataset);
    throw new TrainerError("DATASET_NOT_FOUND", "The run has no dataset", "Import it with its dataset.");
  };
  const explanation =
    results.test === null
      ? undefined
      : await explainPredictions({
          results,
          predictions: shownPictures(results.test.predictions),
          openModel: async () => {
            const { network, description } = await reader.model();
            return { classifier: new Classifier(network, backend), description };
          },
          openDataset,
        });
  const reported = { name, folder: name, results, explanation };
  const report = await runReportData(reported, { created: new Date(), encoder: ENCODER });
  return { report, means: await meansOf(openDataset, results.config.recipe.input) };
}

/** Encodes pictures of reports as `data:` URLs, which need not be revoked. */
const ENCODER: PictureEncoder = {
  jpeg: async (file) => dataUrl(new Blob([file as Uint8Array<ArrayBuffer>], { type: "image/jpeg" })),
  png: async ({ data, width, height, channels }) => {
    const canvas = new OffscreenCanvas(width, height);
    const pixels =
      channels === 4
        ? data
        : Uint8ClampedArray.from({ length: 4 * data.length }, (_, at) => (at % 4 === 3 ? 255 : (data[at >> 2] ?? 0)));
    canvas.getContext("2d")?.putImageData(new ImageData(pixels, width, height), 0, 0);
    return dataUrl(await canvas.convertToBlob());
  },
};

function dataUrl(file: Blob): string {
  return new FileReaderSync().readAsDataURL(file);
}

/** Mean silhouettes of a dataset's training pictures; none if it cannot be read, which the report says. */
async function meansOf(openDataset: () => Promise<Dataset>, input: InputKind): Promise<readonly MeanSilhouette[]> {
  const dataset = await openDataset().catch(() => undefined);
  if (dataset === undefined) return [];
  try {
    const { train } = await PictureSet.bySplit(dataset, { input });
    const { width, height } = train.input;
    return (await meanSilhouettes(train)).flatMap((mean, index) => {
      const label = train.labels[index] ?? "";
      return mean === null ? [] : [{ label, width, height, levels: Uint8Array.from(mean, (light) => 255 * light) }];
    });
  } finally {
    await dataset.close();
  }
}

/** Mean silhouettes as the example has them: levels in base64. */
async function meansBeside(source: ServedModel): Promise<readonly MeanSilhouette[]> {
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
async function besideOf<Content>(source: ServedModel, path: string): Promise<Content | null> {
  const file = await fileBeside(source, path);
  return file === undefined ? null : (JSON.parse(await file.text()) as Content);
}

/** A file beside the folder of a model; undefined if there is none. */
async function fileBeside({ folder, base }: ServedModel, path: string): Promise<Blob | undefined> {
  const response = await fetch(new URL(`../${path}`, new URL(folder, base)));
  return response.ok ? response.blob() : undefined;
}
