// A classifier on pictures whose classes are known.

import { computeOrExplain } from "./backend.ts";
import { partsOf, withBatch } from "./batch.ts";
import type { Classifier } from "./classifier.ts";
import { confusionOf, type Confusion } from "./metrics.ts";
import type { PictureSet } from "./picture-set.ts";

/** What the pictures came to. */
export interface PictureResults {
  /** Mean cross-entropy of a picture, in nats. */
  readonly loss: number;
  readonly confusion: Confusion;
}

/** How {@link evaluatePictures} goes about it. */
export interface EvaluateBatches {
  /** Pictures that are computed at once. */
  readonly batch: number;
  /** Called before each batch with the number of pictures done; what it throws stops the work. */
  readonly onBatch: (done: number) => Promise<void>;
}

/** Judges the answers to all pictures of `pictures`, which has at least one. */
export async function evaluatePictures(
  classifier: Classifier,
  pictures: PictureSet,
  { batch, onBatch }: EvaluateBatches,
): Promise<PictureResults> {
  const pairs: [number, number][] = [];
  let loss = 0;
  const all = Int32Array.from({ length: pictures.size }, (_, index) => index);
  for (const indices of partsOf(all, batch)) {
    await onBatch(pairs.length);
    const result = withBatch(pictures, indices, (each) => computeOrExplain(() => classifier.evaluate(each)));
    loss += result.loss * indices.length;
    for (const [place, predicted] of result.predicted.entries()) {
      pairs.push([pictures.classOf(indices[place] ?? 0), predicted]);
    }
  }
  return { loss: loss / pictures.size, confusion: confusionOf(pictures.labels, pairs) };
}
