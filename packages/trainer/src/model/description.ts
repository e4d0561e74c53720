// What a model is for, and where it comes from.

import { PIXEL_FORMAT, PREPROCESSING, type Preprocessing } from "../dataset/preprocessing.ts";
import type { RunConfig } from "../training/run-config.ts";
import { TrainerError } from "../values/errors.ts";
import { count, list, object, record, text, type Shape } from "../values/json-shape.ts";

/** Key of the description in model.json's `userDefinedMetadata`. */
export const DESCRIPTION_KEY = "silhouette";

/** What a model is for, and where it comes from. */
export interface ModelDescription {
  /** A class's place is its index in the network's output. */
  readonly labels: readonly string[];
  /** Pixels a row of every picture. */
  readonly width: number;
  /** Rows of every picture. */
  readonly height: number;
  /** The network's input is 0 or 1: 1 is lighter than the picture's threshold. */
  readonly pixelFormat: typeof PIXEL_FORMAT;
  /** How the pixels of its pictures were made; whoever uses the model repeats it. */
  readonly preprocessing: Preprocessing;
  /** Where the weights come from. */
  readonly provenance: {
    /** Epochs that the weights are trained for. */
    readonly epoch: number;
    /** Seed of weights, orders and dropout. */
    readonly seed: number;
    /** The kernels that trained: another set rounds in another way. */
    readonly kernelSet: string;
    /** The backend that trained. */
    readonly backend: string;
    /** Of silhouette. */
    readonly version: string;
    /** The pictures that it learned from. */
    readonly trainedOn: {
      /** A folder or a dataset file. */
      readonly source: string;
      /** Number of training pictures. */
      readonly pictures: number;
    };
  };
}

/** The description of a run's model after `epoch` epochs. */
export function describeModel(config: RunConfig, epoch: number): ModelDescription {
  const { seed, kernelSet, backend, version, source, dataset, counts } = config;
  const { labels, width, height, pixelFormat, preprocessing } = dataset;
  const trainedOn = { source, pictures: counts.train.reduce((sum, pictures) => sum + pictures, 0) };
  const provenance = { epoch, seed, kernelSet, backend, version, trainedOn };
  return { labels, width, height, pixelFormat, preprocessing, provenance };
}

const provenanceShape = record<ModelDescription["provenance"]>({
  epoch: count,
  seed: count,
  kernelSet: text,
  backend: text,
  version: text,
  trainedOn: record<ModelDescription["provenance"]["trainedOn"]>({ source: text, pictures: count }),
});

/** The description without what {@link checkRepeatable} has seen. */
export const describedShape: Shape<Omit<ModelDescription, "pixelFormat" | "preprocessing">> = record({
  labels: list(text),
  width: count,
  height: count,
  provenance: provenanceShape,
});

/** Refuses pictures that this version would make in another way: each setting has to be there, and no other. */
export function checkRepeatable(name: string, content: Readonly<Record<string, unknown>>): void {
  const { pixelFormat, preprocessing } = record({ pixelFormat: text, preprocessing: object })(content, DESCRIPTION_KEY);
  const received = new Map(Object.entries({ pixelFormat, ...preprocessing }));
  const expected = new Map(Object.entries({ pixelFormat: PIXEL_FORMAT, ...PREPROCESSING }));
  const shown = (value: unknown) => JSON.stringify(value) ?? "nothing";
  for (const setting of new Set([...expected.keys(), ...received.keys()])) {
    if (received.get(setting) === expected.get(setting)) continue;
    throw new TrainerError(
      "MODEL_PREPROCESSING",
      `Expected a model for pictures with ${setting} ${shown(expected.get(setting))} in ${name}, but it is for ${shown(received.get(setting))}`,
      "Use the version of silhouette that trained it, or train it again with this one.",
    );
  }
}
