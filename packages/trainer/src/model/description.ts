// The description of a model: what it is for, and where it comes from.

import { INPUT_KINDS, type InputKind } from "../dataset/input-kinds.ts";
import { PIXEL_FORMATS, preprocessingOf, type PixelFormat, type Preprocessing } from "../dataset/preprocessing.ts";
import { VIEW_COUNTS, type ViewCount } from "../dataset/view.ts";
import { calibrationShape, type Calibration } from "../training/calibration.ts";
import type { RunConfig } from "../training/run-config.ts";
import { TrainerError } from "../values/errors.ts";
import { count, list, nullable, object, oneOf, record, text, type Shape } from "../values/json-shape.ts";

/** Key of the description in model.json's `userDefinedMetadata`. */
export const DESCRIPTION_KEY = "silhouette";

/** Description of a model: what it is for, and where it comes from. */
export interface ModelDescription {
  /** Class names, in the order of the network's output. */
  readonly labels: readonly string[];
  /** Width in pixels to which pictures are resized: that of the network's input, or twice as much for `gray8` and `rgb8`. */
  readonly width: number;
  /** Height in pixels to which pictures are resized. */
  readonly height: number;
  /** What pictures are converted to. */
  readonly pixelFormat: PixelFormat;
  /** What the network sees of them. */
  readonly input: InputKind;
  /** Number of views of a picture that predictions are averaged over. */
  readonly views: ViewCount;
  /** How its probabilities are calibrated, and when it has no answer; null if they are not. */
  readonly calibration: Calibration | null;
  /** How the pixels of its pictures were made. Programs that use the model must apply the same preprocessing. */
  readonly preprocessing: Preprocessing;
  /** Origin of the weights. */
  readonly provenance: {
    /** Number of epochs that the weights were trained for. */
    readonly epoch: number;
    /** Seed of initial weights, shuffling and dropout. */
    readonly seed: number;
    /** Kernels used for training: another set rounds differently. */
    readonly kernelSet: string;
    /** Backend used for training. */
    readonly backend: string;
    /** Version of silhouette. */
    readonly version: string;
    /** The training pictures. */
    readonly trainedOn: {
      /** A folder or a dataset file. */
      readonly source: string;
      /** Number of training pictures. */
      readonly pictures: number;
    };
  };
}

/** The description of a run's model after `epoch` epochs. */
export function describeModel(
  config: RunConfig,
  epoch: number,
  calibration: Calibration | null = null,
): ModelDescription {
  const { seed, kernelSet, backend, version, source, dataset, counts, recipe } = config;
  const { labels, width, height, pixelFormat, preprocessing } = dataset;
  const trainedOn = { source, pictures: counts.train.reduce((sum, pictures) => sum + pictures, 0) };
  const provenance = { epoch, seed, kernelSet, backend, version, trainedOn };
  const { input, views } = recipe;
  return { labels, width, height, pixelFormat, input, views, calibration, preprocessing, provenance };
}

const provenanceShape = record<ModelDescription["provenance"]>({
  epoch: count,
  seed: count,
  kernelSet: text,
  backend: text,
  version: text,
  trainedOn: record<ModelDescription["provenance"]["trainedOn"]>({ source: text, pictures: count }),
});

/** Shape of the description without the fields that {@link checkRepeatable} checks. */
export const describedShape: Shape<Omit<ModelDescription, "preprocessing">> = record({
  labels: list(text),
  width: count,
  height: count,
  pixelFormat: oneOf(...PIXEL_FORMATS),
  input: oneOf(...INPUT_KINDS),
  views: oneOf(...VIEW_COUNTS),
  calibration: nullable(calibrationShape),
  provenance: provenanceShape,
});

/** Rejects models whose pictures this version would make differently: they must have exactly its preprocessing settings. */
export function checkRepeatable(name: string, content: Readonly<Record<string, unknown>>): void {
  const { pixelFormat, preprocessing } = record({ pixelFormat: text, preprocessing: object })(content, DESCRIPTION_KEY);
  const format = PIXEL_FORMATS.find((each) => each === pixelFormat) ?? "binary1";
  const received = new Map(Object.entries({ pixelFormat, ...preprocessing }));
  const expected = new Map(Object.entries({ pixelFormat: format, ...preprocessingOf(format) }));
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
