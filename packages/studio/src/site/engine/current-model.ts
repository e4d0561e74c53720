// The model that the page classifies with.

import {
  Classifier,
  PictureClassifier,
  type Backend,
  type Classification,
  type LoadedModel,
} from "@silhouette/trainer/browser";

import { pictureOf } from "./decode.ts";

/** Where a model comes from: a folder with `model.json`. */
export interface ModelSource {
  /** What the page calls it. */
  readonly name: string;
  /** Address of the folder, with a slash at its end, relative to `base`. */
  readonly folder: string;
  /** Address of the page. */
  readonly base: string;
}

/** What the page knows of a model. */
export interface ModelFacts {
  /** What the page calls it. */
  readonly name: string;
  /** Names of its classes. */
  readonly labels: readonly string[];
}

/** A model in use. Dispose of it after use. */
export class CurrentModel {
  readonly facts: ModelFacts;
  readonly #classifier: PictureClassifier;
  readonly #dispose: () => void;

  private constructor(facts: ModelFacts, classifier: PictureClassifier, dispose: () => void) {
    this.facts = facts;
    this.#classifier = classifier;
    this.#dispose = dispose;
  }

  /** Takes over the model. */
  static async of(
    { network, description, name }: LoadedModel & { readonly name: string },
    backend: Backend,
  ): Promise<CurrentModel> {
    const classifier = await PictureClassifier.of(new Classifier(network, backend), description);
    return new CurrentModel({ name, labels: description.labels }, classifier, () => network.dispose());
  }

  /** What a photograph is classified as. */
  async classify(photograph: Blob): Promise<Classification> {
    return this.#classifier.classify(await pictureOf(photograph));
  }

  dispose(): void {
    this.#dispose();
  }
}
