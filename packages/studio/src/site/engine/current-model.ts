// The model that the page classifies with.

import {
  Classifier,
  PictureClassifier,
  type Backend,
  type Classification,
  type LoadedModel,
} from "@silhouette/trainer/browser";

import { pictureOf } from "./decode.ts";
import { explored, type Explored } from "./exploring.ts";
import type { Runs } from "./runs.ts";

/** Where a model comes from. */
export type ModelSource =
  | {
      /** A folder with `model.json` on the server of the page. */
      readonly kind: "folder";
      /** What the page calls it. */
      readonly name: string;
      /** Address of the folder, with a slash at its end, relative to `base`. */
      readonly folder: string;
      /** Address of the page. */
      readonly base: string;
    }
  | {
      /** A run in this browser. */
      readonly kind: "stored";
      readonly run: string;
    };

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
  readonly #source: ModelSource;
  readonly #network: LoadedModel["network"];
  readonly #classifier: PictureClassifier;

  private constructor(
    facts: ModelFacts,
    source: ModelSource,
    network: LoadedModel["network"],
    classifier: PictureClassifier,
  ) {
    this.facts = facts;
    this.#source = source;
    this.#network = network;
    this.#classifier = classifier;
  }

  /** Takes over the model. */
  static async of(
    source: ModelSource,
    { network, description, name }: LoadedModel & { readonly name: string },
    backend: Backend,
  ): Promise<CurrentModel> {
    const classifier = await PictureClassifier.of(new Classifier(network, backend), description);
    return new CurrentModel({ name, labels: description.labels }, source, network, classifier);
  }

  /** What a photograph is classified as. */
  async classify(photograph: Blob): Promise<Classification> {
    return this.#classifier.classify(await pictureOf(photograph));
  }

  /** What there is to see of it. */
  async explore(runs: () => Promise<Runs>): Promise<Explored> {
    return explored(this.#source, this.#network, runs);
  }

  dispose(): void {
    this.#network.dispose();
  }
}
