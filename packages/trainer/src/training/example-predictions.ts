// The predictions that are shown with their pictures: a few of each class, however many there are.

import type { PictureSet } from "../dataset/picture-set.ts";
import type { RecordedPrediction } from "./predictions-table.ts";

/** Maximum number of correct and of incorrect predictions per class. */
const PER_CLASS = 6;

/** Maximum number of classes; of more, those with the most incorrect predictions. */
const MOST_CLASSES = 40;

/** A model's prediction for a labeled picture. */
export interface LabeledPrediction extends RecordedPrediction {
  /** Probability of `predicted`, 0 to 1. */
  readonly probability: number;
}

/** A prediction, with its picture. */
export interface ExamplePrediction extends LabeledPrediction {
  /** The silhouette: 1 bit per pixel, bit 7 first, without padding between rows: `packedBytes` bytes. */
  readonly pixels: Uint8Array;
}

interface Candidate {
  readonly index: number;
  readonly prediction: LabeledPrediction;
}

/** Chooses examples among predictions that come one after another. */
export class ExampleChoice {
  readonly #labels: readonly string[];
  readonly #classes = new Map<
    string,
    { incorrect: number; readonly shown: Record<"correct" | "incorrect", Candidate[]> }
  >();

  constructor(labels: readonly string[]) {
    this.#labels = labels;
  }

  /** Adds the prediction for picture `index`. */
  add(index: number, prediction: LabeledPrediction): void {
    const { label, predicted } = prediction;
    const of = this.#classes.get(label) ?? { incorrect: 0, shown: { correct: [], incorrect: [] } };
    this.#classes.set(label, of);
    const isCorrect = label === predicted;
    if (!isCorrect) of.incorrect++;
    const list = of.shown[isCorrect ? "correct" : "incorrect"];
    const isBefore = ({ prediction: { probability } }: Candidate): boolean =>
      isCorrect ? probability <= prediction.probability : probability >= prediction.probability;
    const place = list.findLastIndex(isBefore) + 1;
    if (place >= PER_CLASS) return;
    list.splice(place, 0, { index, prediction });
    list.splice(PER_CLASS);
  }

  /**
   * The examples with their pictures, class by class, in the order of the labels: up to six correct predictions, the least confident first,
   * then up to six incorrect ones, the most confident first. Of more than 40 classes, those with the most incorrect predictions.
   *
   * @param pictures those that were predicted
   */
  async load(pictures: PictureSet): Promise<readonly ExamplePrediction[]> {
    const known = this.#labels.flatMap((label) => this.#classes.get(label) ?? []);
    const kept = new Set(known.toSorted((one, other) => other.incorrect - one.incorrect).slice(0, MOST_CLASSES));
    const chosen = known
      .filter((each) => kept.has(each))
      .flatMap(({ shown }) => [...shown.correct, ...shown.incorrect]);
    const loaded = await pictures.load(chosen.map(({ index }) => index));
    return chosen.map(({ prediction }, place) => ({ ...prediction, pixels: loaded.silhouette(place) }));
  }
}
