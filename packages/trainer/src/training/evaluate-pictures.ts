// Evaluates a classifier on labeled pictures.

import { log, maximum, neg, tidy } from "@tensorflow/tfjs-core";

import { computeOrExplain } from "../backend/out-of-memory.ts";
import { partsOf, withBatch } from "../network/batch.ts";
import { meanFeatures, type BatchEvaluation, type Classifier } from "../network/classifier.ts";
import { confusionOf, type Confusion } from "./metrics.ts";
import { featuresAt } from "./unlikeness.ts";
import type { PictureSet } from "../dataset/picture-set.ts";
import { meanOf, viewsOf, type ViewCount } from "../dataset/view.ts";
import { unlessAborted } from "../network/unless-aborted.ts";
import { pause } from "../values/event-loop.ts";

/** Smallest probability in a logarithm. */
const SMALLEST = 1e-12;

/** A model's prediction for a labeled picture. */
export interface LabeledPrediction {
  /** Path of the picture, as in the dataset. */
  readonly path: string;
  /** The actual class. */
  readonly label: string;
  /** The predicted class. */
  readonly predicted: string;
  /** Probability of `predicted`, 0 to 1. */
  readonly probability: number;
  /** Probability of each class, in the order of the labels, 0 to 1. */
  readonly probabilities: readonly number[];
  /** The silhouette: 1 bit per pixel, bit 7 first, without padding between rows: `packedBytes` bytes. */
  readonly pixels: Uint8Array;
}

/** Results of an evaluation. */
export interface PictureResults {
  /** Predictions, in the order of the pictures. */
  readonly predictions: readonly LabeledPrediction[];
  /** Features of each picture, in the same order: see {@link featuresAt}. Empty unless asked for. */
  readonly features: readonly (readonly number[])[];
  /** Mean cross-entropy per picture, in nats. */
  readonly loss: number;
  /** How often each class was classified as which. */
  readonly confusion: Confusion;
}

/** Options for {@link evaluatePictures}. */
export interface EvaluateBatches {
  /** Number of pictures to compute at once. */
  readonly batch: number;
  /** Views of each picture whose probabilities are averaged. */
  readonly views: ViewCount;
  /** Whether features are returned. Default: false. */
  readonly features?: boolean;
  /** Stops the evaluation. */
  readonly signal?: AbortSignal | undefined;
  /** Called before each batch with the number of pictures done. */
  readonly onBatch?: (done: number) => void;
}

/** Evaluates `pictures`, of which there must be at least one. @throws the signal's reason */
export async function evaluatePictures(
  classifier: Classifier,
  pictures: PictureSet,
  { batch, views, features: asked = false, signal, onBatch }: EvaluateBatches,
): Promise<PictureResults> {
  const predictions: LabeledPrediction[] = [];
  const features: (readonly number[])[] = [];
  const pairs: [number, number][] = [];
  let loss = 0;
  const all = Int32Array.from({ length: pictures.size }, (_, index) => index);
  for (const indices of partsOf(all, { batch })) {
    await pause();
    signal?.throwIfAborted();
    onBatch?.(pairs.length);
    const evaluated = viewsOf(views).map((view) =>
      withBatch(
        pictures,
        indices,
        (each) => computeOrExplain(() => unlessAborted(signal, () => classifier.evaluate(each, { features: asked }))),
        { view: () => view },
      ),
    );
    const result = averaged(evaluated, (place) => pictures.at(indices[place]).label);
    // Summed per picture: the sum is the same for any batch size.
    for (const each of result.losses) loss += each;
    for (const [place, index] of indices.entries()) {
      const { path, label } = pictures.at(index);
      const predicted = result.predicted[place] ?? 0;
      const classes = pictures.labels.length;
      const probabilities = [...result.probabilities.subarray(place * classes, (place + 1) * classes)];
      if (asked) features.push(featuresAt(place, result.features, indices.length));
      pairs.push([label, predicted]);
      predictions.push({
        path,
        label: pictures.labels[label] ?? "",
        predicted: pictures.labels[predicted] ?? "",
        probability: probabilities[predicted] ?? 0,
        probabilities,
        pixels: pictures.silhouette(index),
      });
    }
  }
  return { predictions, features, loss: loss / pictures.size, confusion: confusionOf(pictures.labels, pairs) };
}

/** The evaluations of several views of the same pictures as one: by the means of their probabilities and features. */
function averaged(
  views: readonly BatchEvaluation[],
  labelOf: (place: number) => number,
): Omit<BatchEvaluation, "loss"> {
  const [first] = views;
  if (first === undefined) throw new RangeError("Expected at least one view");
  if (views.length === 1) return first;
  const probabilities = meanOf(views.map((view) => view.probabilities));
  const pictures = first.predicted.length;
  const classes = probabilities.length / pictures;
  const [predicted, likelihoods] = [new Int32Array(pictures), new Float32Array(pictures)];
  for (let place = 0; place < pictures; place++) {
    const each = probabilities.subarray(place * classes, (place + 1) * classes);
    predicted[place] = each.indexOf(Math.max(...each));
    likelihoods[place] = each[labelOf(place)] ?? 0;
  }
  // By the backend, whose logarithm is the same in every engine. Softmax in 32 bits may round to 0.
  const losses = tidy(() => neg(log(maximum(likelihoods, SMALLEST))).dataSync<"float32">());
  return { losses, predicted, probabilities, features: meanFeatures(views) };
}
