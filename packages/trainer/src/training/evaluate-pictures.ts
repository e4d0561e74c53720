// A classifier on pictures whose classes are known.

import { computeOrExplain } from "../backend/out-of-memory.ts";
import { partsOf, withBatch } from "../network/batch.ts";
import type { Classifier } from "../network/classifier.ts";
import { confusionOf, type Confusion } from "./metrics.ts";
import type { PictureSet } from "../dataset/picture-set.ts";
import { unlessAborted } from "../network/unless-aborted.ts";
import { pause } from "../values/event-loop.ts";

/** What a model says of a picture whose class is known. */
export interface LabeledPrediction {
  /** Of the picture, as the dataset has it. */
  readonly path: string;
  /** The picture's class. */
  readonly label: string;
  /** The class that it is classified as. */
  readonly predicted: string;
  /** Of `predicted`: 0 to 1. */
  readonly probability: number;
  /** Of each class, in the order of the labels: 0 to 1. */
  readonly probabilities: readonly number[];
  /** The silhouette: 1 bit a pixel, bit 7 first, rows one after another: `packedBytes` bytes. */
  readonly pixels: Uint8Array;
}

/** What the pictures came to. */
export interface PictureResults {
  /** In the order of the pictures. */
  readonly predictions: readonly LabeledPrediction[];
  /** Mean cross-entropy of a picture, in nats. */
  readonly loss: number;
  /** How often each class was classified as which. */
  readonly confusion: Confusion;
}

/** How {@link evaluatePictures} goes about it. */
export interface EvaluateBatches {
  /** Pictures that are computed at once. */
  readonly batch: number;
  /** Stops the work. */
  readonly signal?: AbortSignal | undefined;
  /** Called before each batch with the number of pictures done. */
  readonly onBatch?: (done: number) => void;
}

/** Judges the predictions to all pictures of `pictures`, which has at least one. @throws the signal's reason */
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
    // Picture by picture: the sum is the same for any batch.
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
