// The runs of this browser: trained here, or imported from the command line.

import { RUN_FILES, type Backend, type Metrics } from "@silhouette/trainer/browser";

import { filledPredictor } from "../../predictor/filled-predictor.ts";
import { TEMPLATE } from "../../predictor/template.ts";
import { archiveOf, filesIn } from "./archive.ts";
import type { ChosenFile } from "./chosen-file.ts";
import { problemOf, StudioError, type Problem } from "../../problem.ts";
import { RunStore, type StoredRun } from "./run-store.ts";
import {
  readerOf,
  Training,
  type TrainingEnd,
  type TrainingEvent,
  type TrainingSettings,
  type TrainingSource,
} from "./training.ts";

/** A run, for a list. */
export interface RunFacts {
  /** Its name, which is unique. */
  readonly name: string;
  /** `running`: in this or another tab. `damaged`: see `problem`. */
  readonly state: "done" | "paused" | "running" | "damaged";
  /** Names of its classes. */
  readonly labels: readonly string[];
  /** Completed epochs, and all. */
  readonly epochsDone: number;
  readonly epochs: number;
  /** Result of its test; null before it. */
  readonly metrics: Metrics | null;
  /** What is wrong with it; null if nothing is. */
  readonly problem: Problem | null;
}

/** What can be downloaded of a run. */
export type Download = "run" | "model";

/** Runs, one of which may be training. */
export class Runs {
  readonly #store: RunStore;
  #training: Training | undefined;

  private constructor(store: RunStore) {
    this.#store = store;
  }

  /** @throws {StudioError} `STORAGE_UNAVAILABLE` */
  static async open(): Promise<Runs> {
    return new Runs(await RunStore.open());
  }

  /** All runs, the latest first. What an interrupted preparation or import left is removed. */
  async list(): Promise<readonly RunFacts[]> {
    const all: RunFacts[] = [];
    for (const name of await this.#store.names()) {
      const run = await this.#store.run(name);
      const isRunning = await isLocked(name);
      if ((await run.read(RUN_FILES.config)) !== undefined) all.push(await factsOf(run, isRunning));
      else if (!isRunning) await this.#store.remove(name);
    }
    return all.toReversed();
  }

  /** A run that exists. @throws {StudioError} `NOT_A_RUN` */
  async named(name: string): Promise<StoredRun> {
    if ((await this.#store.names()).includes(name)) return this.#store.run(name);
    throw new StudioError("NOT_A_RUN", `Expected a run named ${name}, but there is none`, "Reload the page.");
  }

  /** Trains a new run. */
  async train(
    source: TrainingSource,
    settings: TrainingSettings,
    backend: Backend,
    onEvent: (event: TrainingEvent) => void,
  ): Promise<TrainingEnd> {
    const name = await this.#newName("");
    return this.#locked(name, async () => {
      this.#training = new Training(await this.#store.run(name), backend, onEvent);
      return this.#training.begin(source, settings);
    });
  }

  /** Continues a run. */
  async resume(name: string, backend: Backend, onEvent: (event: TrainingEvent) => void): Promise<TrainingEnd> {
    const run = await this.named(name);
    return this.#locked(name, async () => {
      this.#training = new Training(run, backend, onEvent);
      return this.#training.resume();
    });
  }

  /** Pauses the training, if there is one: it then ends as paused. */
  pause(): void {
    this.#training?.pause();
  }

  /** Removes a run. @throws {StudioError} `RUN_IN_USE` */
  async remove(name: string): Promise<void> {
    await this.#locked(name, async () => this.#store.remove(name));
  }

  /** An archive of a run, or of its model, which TensorFlow.js loads. */
  async download(name: string, what: Download): Promise<Blob> {
    const run = await this.named(name);
    const all = await run.paths();
    const paths = what === "run" ? all : all.filter((path) => path.startsWith(`${RUN_FILES.model}/`));
    if (paths.length > 0) return archiveOf(run, paths, name);
    throw noModel(name);
  }

  /**
   * A page that classifies with a run's model, as one file.
   *
   * @param base address of the studio's page
   * @throws {StudioError} `NOT_A_RUN`, `RUN_INCOMPLETE`, `TEMPLATE_UNAVAILABLE`; {TrainerError} `MODEL_DAMAGED` and the like
   */
  async predictor(name: string, base: string): Promise<Blob> {
    const run = await this.named(name);
    const read = async (file: string): Promise<File> => {
      const found = await run.read(`${RUN_FILES.model}/${file}`);
      if (found === undefined) throw noModel(name);
      return found;
    };
    const json = await (await read("model.json")).text();
    const readWeights = async (file: string): Promise<Uint8Array> =>
      new Uint8Array(await (await read(file)).arrayBuffer());
    return new Blob([await filledPredictor(await template(base), { json, readWeights })], { type: "text/html" });
  }

  /**
   * Imports a run: the files of its folder, or an archive of it.
   *
   * @returns its name here
   * @throws {StudioError} `NOT_A_RUN`, `STORAGE_FULL`; {TrainerError} what its reader throws. Nothing is kept then
   */
  async import(given: readonly ChosenFile[]): Promise<string> {
    const files = await unpacked(given);
    const config = [...files.keys()].find((path) => path === RUN_FILES.config || path.endsWith(`/${RUN_FILES.config}`));
    if (config === undefined) {
      throw new StudioError(
        "NOT_A_RUN",
        `Expected the files of a run, but none of them is ${RUN_FILES.config}`,
        "Choose a run folder of silhouette train, or an archive that the studio made.",
      );
    }
    const folder = config.slice(0, -RUN_FILES.config.length);
    const name = await this.#newName(folder.split("/").at(-2) ?? "");
    return this.#locked(name, async () => {
      const run = await this.#store.run(name);
      try {
        // What makes it a run comes last.
        const paths = [...files.keys()].filter((path) => path.startsWith(folder) && path !== config);
        for (const path of [...paths, config]) {
          const content = files.get(path);
          if (content !== undefined) await run.write(path.slice(folder.length), [content]);
        }
        await readerOf(run).results();
        return name;
      } catch (error) {
        await this.#store.remove(name);
        throw error;
      }
    });
  }

  /** A name that no run has: the time, and what it is called elsewhere. */
  async #newName(title: string): Promise<string> {
    const time = new Date().toISOString().slice(0, 19).replaceAll(":", ".").replace("T", " ");
    const safe = title.replaceAll(/[^\p{L}\p{N}_. -]/gu, "").slice(0, 60);
    const name = safe === "" ? time : `${time} ${safe}`;
    const names = await this.#store.names();
    if (!names.includes(name)) return name;
    return `${name} ${names.length}`;
  }

  /** Works on a run that no other tab works on. @throws {StudioError} `RUN_IN_USE` */
  async #locked<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    return navigator.locks.request(lockName(name), { ifAvailable: true }, async (lock) => {
      if (lock !== null) return work();
      throw new StudioError(
        "RUN_IN_USE",
        `Expected the run ${name} not to be in use, but it is being trained`,
        "Pause its training first; it may be in another tab.",
      );
    });
  }
}

function noModel(run: string): StudioError {
  return new StudioError(
    "RUN_INCOMPLETE",
    `Expected a model in the run ${run}, but it has not completed an epoch`,
    "Continue the training first.",
  );
}

/** The template of predictors, which the site has. */
async function template(base: string): Promise<string> {
  const refuse = (reason: string, cause?: unknown): StudioError =>
    new StudioError(
      "TEMPLATE_UNAVAILABLE",
      `Expected the template of predictors at ${TEMPLATE}, but ${reason}`,
      "Start the studio again, and reload the page.",
      { cause },
    );
  const response = await fetch(new URL(TEMPLATE, base)).catch((cause: unknown) => {
    throw refuse("the server cannot be reached", cause);
  });
  if (!response.ok) throw refuse(`the server answered ${response.status}`);
  return response.text();
}

function lockName(run: string): string {
  return `silhouette-run:${run}`;
}

async function isLocked(run: string): Promise<boolean> {
  const { held = [] } = await navigator.locks.query();
  return held.some(({ name }) => name === lockName(run));
}

async function factsOf(run: StoredRun, isRunning: boolean): Promise<RunFacts> {
  const { name } = run;
  try {
    const { config, history, test } = await readerOf(run).results();
    return {
      name,
      state: isRunning ? "running" : test === null ? "paused" : "done",
      labels: config.dataset.labels,
      epochsDone: history.length,
      epochs: config.epochs,
      metrics: test?.metrics ?? null,
      problem: null,
    };
  } catch (error) {
    const problem = problemOf(error);
    return { name, state: "damaged", labels: [], epochsDone: 0, epochs: 0, metrics: null, problem };
  }
}

/** The files themselves, or those of the one archive among them. */
async function unpacked(given: readonly ChosenFile[]): Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>>> {
  const [first, ...others] = given;
  if (first !== undefined && others.length === 0 && /\.zip$/i.test(first.file.name)) return filesIn(first.file);
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const { path, file } of given) files.set(path, new Uint8Array(await file.arrayBuffer()));
  return files;
}
