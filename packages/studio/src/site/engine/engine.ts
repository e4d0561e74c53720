// What the page asks its worker for. One engine owns TensorFlow.js' backend and the current model.

import { startWasm, type Backend, type PictureOptions, type Unusable } from "@silhouette/trainer/browser";
import { loadKernels } from "virtual:kernels";

import {
  CurrentModel,
  type Answer,
  type FrameAnswer,
  type Glance,
  type ModelFacts,
  type Opened,
} from "./current-model.ts";
import type { ChosenFile } from "./chosen-file.ts";
import { modelFrom, type ModelSource } from "./model-sources.ts";
import { photographsAmong, type FoundPhotographs } from "./dropped-photographs.ts";
import { explored, type Explored } from "./exploring.ts";
import { StudioError } from "./problem.ts";
import { recipeFacts, type RecipeFacts } from "./recipes.ts";
import { Runs, type Download, type RunFacts } from "./runs.ts";
import {
  readerOf,
  type KernelSet,
  type TrainingEnd,
  type TrainingEvent,
  type TrainingSettings,
  type TrainingSource,
} from "./training.ts";

/** All sets of kernels. */
const KERNEL_SETS: readonly KernelSet[] = ["simd128", "relaxed"];

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
  #runs: Promise<Runs> | undefined;

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
      const model = await modelFrom(source, async () => this.#opened());
      const next = await CurrentModel.of(source, model, backend);
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

  /** What there is to see of the current model. */
  async explore(): Promise<Explored> {
    return explored(this.#current(), await this.#started(), async () => this.#opened());
  }

  /** The recipes, the default first. */
  async recipes(): Promise<readonly RecipeFacts[]> {
    return recipeFacts(await loadKernels());
  }

  /**
   * Finds photographs and their classes among dropped files.
   *
   * @throws {TrainerError} `NO_CLASSES`, `LAYOUT_MIXED`
   */
  async photographsAmong(files: readonly ChosenFile[]): Promise<FoundPhotographs> {
    return photographsAmong(files);
  }

  /**
   * Trains a new run, which is stored in this browser.
   *
   * @throws {TrainerError | StudioError} what a training throws; what was saved of the run stays
   */
  async train(
    source: TrainingSource,
    settings: TrainingSettings,
    onEvent: (event: TrainingEvent) => void,
  ): Promise<TrainingEnd> {
    return (await this.#opened()).train(source, settings, await this.#started(settings.kernelSet), onEvent);
  }

  /** Continues a run that was paused, or that the page left when it was closed. */
  async resume(run: string, onEvent: (event: TrainingEvent) => void): Promise<TrainingEnd> {
    const runs = await this.#opened();
    const { kernelSet } = await readerOf(await runs.named(run)).config();
    return runs.resume(run, await this.#started(KERNEL_SETS.find((set) => set === kernelSet)), onEvent);
  }

  /** Pauses the training: it then ends as paused. */
  async pause(): Promise<void> {
    (await this.#opened()).pause();
  }

  /** All runs in this browser, the latest first. */
  async runs(): Promise<readonly RunFacts[]> {
    return (await this.#opened()).list();
  }

  /** Removes a run. */
  async removeRun(run: string): Promise<void> {
    await (await this.#opened()).remove(run);
  }

  /** An archive of a run or of its model. */
  async download(run: string, what: Download): Promise<Blob> {
    return (await this.#opened()).download(run, what);
  }

  /** Imports a run from its files, or an archive of them. @returns its name here */
  async importRun(files: readonly ChosenFile[]): Promise<string> {
    return (await this.#opened()).import(files);
  }

  async #opened(): Promise<Runs> {
    this.#runs ??= Runs.open();
    return this.#runs.catch((error: unknown) => {
      this.#runs = undefined;
      throw error;
    });
  }

  #current(): CurrentModel {
    if (this.#model !== undefined) return this.#model;
    throw new StudioError("NO_MODEL", "Expected a model, but none is loaded", "Open the example, or a run.");
  }

  /**
   * The backend, started once.
   *
   * @param set the kernels to compute with from now on. Default: those in use, or the fastest
   */
  async #started(set?: KernelSet): Promise<Backend> {
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
