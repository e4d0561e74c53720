// What the page asks its worker for. One engine owns TensorFlow.js' backend and the current model.

import type { LoadedModel, RecipeName } from "@silhouette/trainer/browser";
import { loadKernels } from "virtual:kernels";

import type { ChosenFile } from "./chosen-file.ts";
import { photographsAmong, type FoundPhotographs } from "./dropped-photographs.ts";
import { HandedFiles, type HandedFile, type HandedPhotograph } from "./handed-files.ts";
import { explored, type Explored } from "./exploring.ts";
import { ModelEngine, type KernelSet } from "./model-engine.ts";
import { modelFrom, type ModelSource } from "./model-sources.ts";
import { recipeFacts, recipesFor, type RecipeFacts } from "./recipes.ts";
import { Runs, type Download, type RunFacts } from "./runs.ts";
import {
  pixelFormatOf,
  readerOf,
  type TrainingEnd,
  type TrainingEvent,
  type TrainingSettings,
  type TrainingSource,
} from "./training.ts";

/** All sets of kernels. */
const KERNEL_SETS: readonly KernelSet[] = ["simd128", "relaxed"];

/** The engine, behind comlink: all methods are asynchronous in the page. */
export class Engine extends ModelEngine<ModelSource> {
  readonly #handed = new HandedFiles();
  #runs: Promise<Runs> | undefined;

  /** Takes files that are named by number later. @returns the number of the first; the others follow it */
  async handFiles(files: readonly Blob[]): Promise<number> {
    return this.#handed.add(files);
  }

  /** What there is to see of the current model. */
  async explore(): Promise<Explored> {
    return explored(this.current(), await this.started(), async () => this.#opened());
  }

  /** The recipes, the default first. */
  async recipes(): Promise<readonly RecipeFacts[]> {
    return recipeFacts(await loadKernels());
  }

  /** Names of the recipes that a dataset file is for, the default first. @throws {TrainerError} `DATASET_DAMAGED` and the like */
  async recipesFor(dataset: File): Promise<readonly RecipeName[]> {
    return recipesFor(await pixelFormatOf(dataset));
  }

  /**
   * Finds photographs and their classes among files.
   *
   * @throws {TrainerError} `NO_CLASSES`, `LAYOUT_MIXED`
   */
  async photographsAmong(files: readonly HandedFile[]): Promise<FoundPhotographs> {
    return photographsAmong(files, this.#handed);
  }

  /**
   * Trains a new run, which is stored in this browser.
   *
   * @throws {TrainerError | StudioError} what a training throws; what was saved of the run stays
   */
  async train(
    source: TrainingSource<HandedPhotograph>,
    settings: TrainingSettings,
    onEvent: (event: TrainingEvent) => void,
  ): Promise<TrainingEnd> {
    const runs = await this.#opened();
    return runs.train(this.#withFiles(source), settings, await this.started(settings.kernelSet), onEvent);
  }

  /** Continues a run that was paused, or that the page left when it was closed. */
  async resume(run: string, onEvent: (event: TrainingEvent) => void): Promise<TrainingEnd> {
    const runs = await this.#opened();
    const { kernelSet } = await readerOf(await runs.named(run)).config();
    return runs.resume(run, await this.started(KERNEL_SETS.find((set) => set === kernelSet)), onEvent);
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

  /**
   * A page that classifies with a run's model, as one file.
   *
   * @param base address of the studio's page
   */
  async predictor(run: string, base: string): Promise<Blob> {
    return (await this.#opened()).predictor(run, base);
  }

  /** Imports a run from its files, or an archive of them. @returns its name here */
  async importRun(files: readonly ChosenFile[]): Promise<string> {
    return (await this.#opened()).import(files);
  }

  protected override async modelFrom(source: ModelSource): Promise<LoadedModel> {
    if ("run" in source) return readerOf(await (await this.#opened()).named(source.run)).model();
    return modelFrom(source);
  }

  #withFiles(source: TrainingSource<HandedPhotograph>): TrainingSource {
    if (source.kind === "dataset") return source;
    const photographs = source.photographs.map(({ number, ...photograph }) => ({
      ...photograph,
      file: this.#handed.at(number),
    }));
    return { ...source, photographs };
  }

  async #opened(): Promise<Runs> {
    this.#runs ??= Runs.open();
    return this.#runs.catch((error: unknown) => {
      this.#runs = undefined;
      throw error;
    });
  }
}
