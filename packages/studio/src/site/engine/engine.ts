// What the page asks its worker for. One engine owns TensorFlow.js' backend and the current model.

import { startWasm, type Backend, type PictureOptions, type Unusable } from "@silhouette/trainer/browser";

import {
  CurrentModel,
  type Answer,
  type FrameAnswer,
  type Glance,
  type ModelFacts,
  type Opened,
} from "./current-model.ts";
import { modelFrom, type ModelSource } from "./model-sources.ts";
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
  #using: Promise<unknown> = Promise.resolve();

  /** Starts the backend; further calls return the same. */
  async start(): Promise<EngineFacts> {
    const { kernelSet, reason } = await this.#started();
    return { kernelSet, reason };
  }

  /**
   * Makes a model the current one, after those that were asked for before.
   *
   * @throws {StudioError} `MODEL_NOT_FOUND`; the current one then stays
   * @throws {TrainerError} `MODEL_VERSION`, `MODEL_PREPROCESSING`, `MODEL_DAMAGED`, `BACKEND_UNAVAILABLE`
   */
  async use(source: ModelSource): Promise<ModelFacts> {
    const used = this.#using.then(async () => {
      const backend = await this.#started();
      const next = await CurrentModel.of(await modelFrom(source), backend);
      this.#model?.dispose();
      this.#model = next;
      return next.facts;
    });
    this.#using = used.catch(() => undefined);
    return used;
  }

  /** What the current model answers for a photograph, with small pictures. @throws {StudioError} `NO_MODEL` */
  async glance(photograph: Blob): Promise<Glance | Unusable> {
    return this.#current().glance(photograph);
  }

  /**
   * What the current model answers for a photograph, with all it comes from.
   *
   * @param picture number for {@link Engine.answerAgain}
   * @throws {StudioError} `NO_MODEL`
   */
  async open(picture: number, photograph: Blob): Promise<Opened | Unusable> {
    return this.#current().open(picture, photograph);
  }

  /**
   * The answer for the picture that was opened last, with another threshold; undefined if it was another picture.
   *
   * @param threshold 0 to 255; Otsu's by default
   * @throws {StudioError} `NO_MODEL`
   */
  answerAgain(picture: number, threshold: number | undefined): Answer | undefined {
    return this.#current().answerAgain(picture, threshold);
  }

  /** What the current model answers for a frame of the camera, which is closed. @throws {StudioError} `NO_MODEL` */
  answerFrame(frame: ImageBitmap, options: PictureOptions): FrameAnswer | Unusable {
    return this.#current().answerFrame(frame, options);
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
