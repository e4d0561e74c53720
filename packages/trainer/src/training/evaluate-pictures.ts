// Evaluates a classifier on labeled pictures.

import { log, maximum, neg, tidy } from "@tensorflow/tfjs-core";

import { computeOrExplain } from "../backend/out-of-memory.ts";
import { partsOf, withBatch } from "../network/batch.ts";
import { meanFeatures, type BatchEvaluation, type Classifier } from "../network/classifier.ts";
import { calibrated, type Answer, type Calibration } from "./calibration.ts";
import { ExampleChoice, type ExamplePrediction, type LabeledPrediction } from "./example-predictions.ts";
import { ConfusionCounts, type Confusion } from "./metrics.ts";
import { featuresAt } from "./unlikeness.ts";
import type { LoadedPictures } from "../dataset/loaded-pictures.ts";
import type { PictureSet } from "../dataset/picture-set.ts";
import { meanOf, viewsOf, type ViewCount } from "../dataset/view.ts";
import { unlessAborted } from "../network/unless-aborted.ts";
import { pause } from "../values/event-loop.ts";

/** Smallest probability in a logarithm. */
const SMALLEST = 1e-12;

/**
 * Maximum number of answers that a calibration is learned from: of more pictures, as many at equal distances. The limit that 5 % of them
 * exceed is exact enough, and their features, a few kilobytes each, fit into memory.
 */
const MOST_ANSWERS = 10_000;

/** Results of an evaluation, of a size that does not depend on the number of pictures. */
export interface PictureResults {
  /** A few predictions of each class, correct and incorrect ones, with their silhouettes. */
  readonly examples: readonly ExamplePrediction[];
  /** Mean cross-entropy per picture, in nats. */
  readonly loss: number;
  /** How often each class was classified as which. */
  readonly confusion: Confusion;
}

/** Options for {@link evaluatePictures}. */
export interface EvaluateBatches extends PredictBatches {
  /** How probabilities are corrected. Default: null, not at all. */
  readonly calibration?: Pick<Calibration, "temperature"> | null;
  /** Called with the predictions for each batch, in the order of the pictures. */
  readonly onPredictions?: ((predictions: readonly LabeledPrediction[]) => void | Promise<void>) | undefined;
}

/** Options for any evaluation. */
export interface PredictBatches {
  /** Number of pictures to compute at once. */
  readonly batch: number;
  /** Views of each picture whose probabilities are averaged. */
  readonly views: ViewCount;
  /** Stops the evaluation. */
  readonly signal?: AbortSignal | undefined;
  /** Called before each batch with the number of pictures done. */
  readonly onBatch?: (done: number) => void;
}

/** Evaluates `pictures`, of which there must be at least one. @throws the signal's reason */
export async function evaluatePictures(
  classifier: Classifier,
  pictures: PictureSet,
  { calibration = null, onPredictions, ...options }: EvaluateBatches,
): Promise<PictureResults> {
  const { labels } = pictures;
  const examples = new ExampleChoice(labels);
  const sums = new EvaluationSums(pictures);
  for await (const part of answered(classifier, pictures, options)) {
    sums.add(part);
    const paths = await pictures.paths(part.indices);
    const predictions = paths.map((path, place): LabeledPrediction => {
      const answer = part.predicted[place] ?? 0;
      const probabilities = calibrated(probabilitiesAt(place, part), calibration?.temperature ?? 1);
      return {
        path,
        label: labels[part.loaded.at(place).label] ?? "",
        predicted: labels[answer] ?? "",
        probability: calibration === null ? (probabilities[answer] ?? 0) : Math.max(...probabilities),
        probabilities,
      };
    });
    for (const [place, prediction] of predictions.entries()) examples.add(part.indices[place] ?? 0, prediction);
    await onPredictions?.(predictions);
  }
  return { examples: await examples.load(pictures), ...sums.results };
}

/** Results of a validation. */
export interface ValidationResults extends Pick<PictureResults, "loss" | "confusion"> {
  /** What a calibration is learned from; empty unless asked for. */
  readonly answers: readonly Answer[];
}

/**
 * Evaluates `pictures`, of which there must be at least one, for numbers alone.
 *
 * @param options and whether answers are returned, with their features
 * @throws the signal's reason
 */
export async function validatePictures(
  classifier: Classifier,
  pictures: PictureSet,
  { features: asked, ...options }: PredictBatches & { readonly features: boolean },
): Promise<ValidationResults> {
  const answers: Answer[] = [];
  const sums = new EvaluationSums(pictures);
  const distance = Math.ceil(pictures.size / MOST_ANSWERS);
  for await (const part of answered(classifier, pictures, { ...options, features: asked })) {
    sums.add(part);
    for (const [place, index] of part.indices.entries()) {
      if (!asked || index % distance > 0) continue;
      answers.push({
        probabilities: probabilitiesAt(place, part),
        features: featuresAt(place, part.features, part.indices.length),
        actual: part.loaded.at(place).label,
      });
    }
  }
  return { answers, ...sums.results };
}

/** The features of pictures, in their order: see {@link featuresAt}. @throws the signal's reason */
export async function pictureFeatures(
  classifier: Classifier,
  pictures: PictureSet,
  options: PredictBatches,
): Promise<readonly (readonly number[])[]> {
  const all: (readonly number[])[] = [];
  for await (const { indices, features } of answered(classifier, pictures, { ...options, features: true })) {
    for (const place of indices.keys()) all.push(featuresAt(place, features, indices.length));
  }
  return all;
}

/** What the network makes of a part of the pictures. */
interface AnsweredPart extends Omit<BatchEvaluation, "loss"> {
  /** Indices in the set. */
  readonly indices: Int32Array;
  readonly loaded: LoadedPictures;
}

/** All pictures in order, part by part. */
async function* answered(
  classifier: Classifier,
  pictures: PictureSet,
  { batch, views, features = false, signal, onBatch }: PredictBatches & { readonly features?: boolean },
): AsyncGenerator<AnsweredPart, void, undefined> {
  const parts = [
    ...partsOf(
      Int32Array.from({ length: pictures.size }, (_, index) => index),
      { batch },
    ),
  ];
  let [part, done] = [0, 0];
  for await (const loaded of pictures.read(parts, signal)) {
    await pause();
    signal?.throwIfAborted();
    onBatch?.(done);
    const evaluated = viewsOf(views).map((view) =>
      withBatch(
        loaded,
        (each) => computeOrExplain(() => unlessAborted(signal, () => classifier.evaluate(each, { features }))),
        { view: () => view },
      ),
    );
    const indices = parts[part++] ?? new Int32Array();
    done += indices.length;
    yield { indices, loaded, ...averaged(evaluated, (place) => loaded.at(place).label) };
  }
}

function probabilitiesAt(place: number, { loaded, probabilities }: AnsweredPart): readonly number[] {
  const classes = loaded.labels.length;
  return [...probabilities.subarray(place * classes, (place + 1) * classes)];
}

/** Loss and confusion of parts. */
class EvaluationSums {
  readonly #pictures: PictureSet;
  readonly #confusion: ConfusionCounts;
  #loss = 0;

  constructor(pictures: PictureSet) {
    this.#pictures = pictures;
    this.#confusion = new ConfusionCounts(pictures.labels);
  }

  add({ losses, predicted: answers, loaded }: AnsweredPart): void {
    // Summed per picture: the sum is the same for any batch size.
    for (const each of losses) this.#loss += each;
    for (const [place, answer] of answers.entries()) this.#confusion.add(loaded.at(place).label, answer);
  }

  get results(): Pick<PictureResults, "loss" | "confusion"> {
    return { loss: this.#loss / this.#pictures.size, confusion: this.#confusion };
  }
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
