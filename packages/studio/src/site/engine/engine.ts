// What the page asks its worker for. One engine owns TensorFlow.js' backend and the current model.

import { startWasm, type Backend } from "@silhouette/trainer/browser";

import { CurrentModel, type ModelFacts, type ModelSource } from "./current-model.ts";
import { modelFrom } from "./model-sources.ts";
import { StudioError } from "./problem.ts";

/** How the engine computes. */
export interface EngineFacts {
  /** The kernels in use. */
  readonly kernelSet: string;
  /** Threads, and why there is only one, as a sentence. */
  readonly reason: string;
}

/** The engine, behind comlink: all methods are asynchronous in the page. */
export class Engine {
  #backend: Promise<Backend> | undefined;
  #model: CurrentModel | undefined;

  /** Starts the backend; further calls return the same. */
  async start(): Promise<EngineFacts> {
    const { kernelSet, reason } = await this.#started();
    return { kernelSet, reason };
  }

  /**
   * Makes a model the current one.
   *
   * @throws {StudioError} if it cannot be loaded; the current one then stays
   */
  async use(source: ModelSource): Promise<ModelFacts> {
    const next = await CurrentModel.of(await modelFrom(source), await this.#started());
    this.#model?.dispose();
    this.#model = next;
    return next.facts;
  }

  /** What the current model classifies a photograph as. */
  async classify(photograph: Blob): Promise<ReturnType<CurrentModel["classify"]>> {
    return this.#current().classify(photograph);
  }

  #current(): CurrentModel {
    if (this.#model !== undefined) return this.#model;
    throw new StudioError("NO_MODEL", "Expected a model, but none is loaded", "Open the example, or a run.");
  }

  async #started(): Promise<Backend> {
    this.#backend ??= startWasm({ why: "in this page" });
    return this.#backend.catch((error: unknown) => {
      // It may be tried again.
      this.#backend = undefined;
      throw error;
    });
  }
}
