// The current model in its worker, and the backend that it computes on: what a page needs to classify. The studio's engine adds more.

import {
  startWasm,
  type Backend,
  type LoadedModel,
  type PictureOptions,
  type Unusable,
} from "@silhouette/trainer/browser";
import { loadKernels } from "virtual:kernels";

import {
  CurrentModel,
  type Answer,
  type FrameAnswer,
  type Glance,
  type ModelFacts,
  type Opened,
} from "./current-model.ts";
import type { ModelSource } from "./model-sources.ts";
import { StudioError } from "../../problem.ts";

/** Kernels: `relaxed` are faster, `simd128` round the same on every machine. */
export type KernelSet = "simd128" | "relaxed";

/** How the engine computes. */
export interface EngineFacts {
  /** The kernels in use. */
  readonly kernelSet: string;
  /** Threads, and why there is only one, as a sentence. */
  readonly reason: string;
}

/** Classifies with one model at a time, behind comlink: all methods are asynchronous in the page. */
export abstract class ModelEngine<Source extends ModelSource> {
  #backend: Promise<Backend> | undefined;
  #model: CurrentModel | undefined;
  #using: Promise<unknown> = Promise.resolve();

  /** The model of a source. The engine disposes of its network. */
  protected abstract modelFrom(source: Source): Promise<LoadedModel>;

  /** Starts the backend; further calls return the same. */
  async start(): Promise<EngineFacts> {
    const { kernelSet, reason } = await this.started();
    return { kernelSet, reason };
  }

  /**
   * Makes a model the current one, after those that were asked for before.
   *
   * @throws {StudioError} `MODEL_NOT_FOUND`; the current one then stays
   * @throws {TrainerError} `MODEL_VERSION`, `MODEL_PREPROCESSING`, `MODEL_DAMAGED`, `BACKEND_UNAVAILABLE`
   */
  async use(source: Source): Promise<ModelFacts> {
    const used = this.#using.then(async () => {
      const backend = await this.started();
      const next = await CurrentModel.of(source, await this.modelFrom(source), backend);
      this.#model?.dispose();
      this.#model = next;
      return next.facts;
    });
    this.#using = used.catch(() => undefined);
    return used;
  }

  /** What the current model answers for a photograph, with small pictures. @throws {StudioError} `NO_MODEL` */
  async glance(photograph: Blob): Promise<Glance | Unusable> {
    return this.current().glance(photograph);
  }

  /**
   * What the current model answers for a photograph, with all it comes from.
   *
   * @param picture number for {@link ModelEngine.answerAgain}
   * @throws {StudioError} `NO_MODEL`
   */
  async open(picture: number, photograph: Blob): Promise<Opened | Unusable> {
    return this.current().open(picture, photograph);
  }

  /**
   * The answer for the picture that was opened last, with another threshold; undefined if it was another picture.
   *
   * @param threshold 0 to 255; Otsu's by default
   * @throws {StudioError} `NO_MODEL`
   */
  answerAgain(picture: number, threshold: number | undefined): Answer | undefined {
    return this.current().answerAgain(picture, threshold);
  }

  /** What the current model answers for a frame of the camera, which is closed. @throws {StudioError} `NO_MODEL` */
  answerFrame(frame: ImageBitmap, options: PictureOptions): FrameAnswer | Unusable {
    return this.current().answerFrame(frame, options);
  }

  protected current(): CurrentModel {
    if (this.#model !== undefined) return this.#model;
    throw new StudioError("NO_MODEL", "Expected a model, but none is loaded", "Open the example, or a run.");
  }

  /**
   * The backend, started once.
   *
   * @param set the kernels to compute with from now on. Default: those in use, or the fastest
   */
  protected async started(set?: KernelSet): Promise<Backend> {
    if (this.#backend === undefined || (set !== undefined && (await this.#backend).kernelSet !== set)) {
      this.#backend = start(set);
    }
    return this.#backend.catch((error: unknown) => {
      // It may be tried again.
      this.#backend = undefined;
      throw error;
    });
  }
}

async function start(set: KernelSet | undefined): Promise<Backend> {
  const kernelSet = await loadKernels(set).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const hint = "Check the connection, and reload the page.";
    throw new StudioError("KERNELS_UNAVAILABLE", `Expected to load the kernels, but that failed: ${reason}`, hint, {
      cause,
    });
  });
  return startWasm({ kernelSet, why: "in this page" });
}
