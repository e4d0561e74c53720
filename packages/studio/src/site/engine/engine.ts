// What the page asks its worker for. One engine owns TensorFlow.js' backend and the current model.

import { startWasm, type Backend } from "@silhouette/trainer/browser";
import { loadKernels } from "virtual:kernels";

import { CurrentModel, type ModelFacts, type ModelSource } from "./current-model.ts";
import { modelFrom } from "./model-sources.ts";
import { photographsAmong, type DroppedFile, type FoundPhotographs } from "./dropped-photographs.ts";
import type { Explored } from "./exploring.ts";
import { StudioError } from "./problem.ts";
import { recipeFacts, type RecipeFacts } from "./recipes.ts";
import { Runs, type Download, type GivenRunFile, type RunFacts } from "./runs.ts";
import type { KernelSet, TrainingEnd, TrainingEvent, TrainingSettings, TrainingSource } from "./training.ts";
import { readerOf } from "./training.ts";

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
  #runs: Promise<Runs> | undefined;

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
    const next = await CurrentModel.of(
      source,
      await modelFrom(source, async () => this.#opened()),
      await this.#started(),
    );
    this.#model?.dispose();
    this.#model = next;
    return next.facts;
  }

  /** What the current model classifies a photograph as. */
  async classify(photograph: Blob): Promise<ReturnType<CurrentModel["classify"]>> {
    return this.#current().classify(photograph);
  }

  /** What there is to see of the current model. */
  async explore(): Promise<Explored> {
    return this.#current().explore(async () => this.#opened());
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
  async photographsAmong(files: readonly DroppedFile[]): Promise<FoundPhotographs> {
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
  async importRun(files: readonly GivenRunFile[]): Promise<string> {
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
