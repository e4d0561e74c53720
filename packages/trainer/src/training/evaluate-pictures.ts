// Evaluates a classifier on labeled pictures.

import { computeOrExplain } from "../backend/out-of-memory.ts";
import { partsOf, withBatch } from "../network/batch.ts";
import type { Classifier } from "../network/classifier.ts";
import { confusionOf, type Confusion } from "./metrics.ts";
import type { PictureSet } from "../dataset/picture-set.ts";
import { unlessAborted } from "../network/unless-aborted.ts";
import { pause } from "../values/event-loop.ts";

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
  /** Mean cross-entropy per picture, in nats. */
  readonly loss: number;
  /** How often each class was classified as which. */
  readonly confusion: Confusion;
}

/** Options for {@link evaluatePictures}. */
export interface EvaluateBatches {
  /** Number of pictures to compute at once. */
  readonly batch: number;
  /** Stops the evaluation. */
  readonly signal?: AbortSignal | undefined;
  /** Called before each batch with the number of pictures done. */
  readonly onBatch?: (done: number) => void;
}

/** Evaluates `pictures`, of which there must be at least one. @throws the signal's reason */
export async function evaluatePictures(
  classifier: Classifier,
  pictures: PictureSet,
  { batch, signal, onBatch }: EvaluateBatches,
): Promise<PictureResults> {
  const predictions: LabeledPrediction[] = [];
  const pairs: [number, number][] = [];
  let loss = 0;
  const all = Int32Array.from({ length: pictures.size }, (_, index) => index);
  for (const indices of partsOf(all, { batch })) {
    await pause();
    signal?.throwIfAborted();
    onBatch?.(pairs.length);
    const result = withBatch(pictures, indices, (each) =>
      computeOrExplain(() => unlessAborted(signal, () => classifier.evaluate(each))),
    );
    // Summed per picture: the sum is the same for any batch size.
    for (const each of result.losses) loss += each;
    for (const [place, index] of indices.entries()) {
      const { path, label, pixels } = pictures.at(index);
      const predicted = result.predicted[place] ?? 0;
      const classes = pictures.labels.length;
      const probabilities = [...result.probabilities.subarray(place * classes, (place + 1) * classes)];
      pairs.push([label, predicted]);
      predictions.push({
        path,
        label: pictures.labels[label] ?? "",
        predicted: pictures.labels[predicted] ?? "",
        probability: probabilities[predicted] ?? 0,
        probabilities,
        pixels,
      });
    }
  }
  return { predictions, loss: loss / pictures.size, confusion: confusionOf(pictures.labels, pairs) };
}
