// Trainings in the worker: each is a run in the browser's storage, with the files of a run folder of `silhouette train`, so that it
// can be continued after a reload, and on the command line.

import {
  bestEpoch,
  chosenRecipe,
  chosenRecipeFor,
  configOf,
  Dataset,
  LearnedPictures,
  PictureSet,
  RUN_FILES,
  RunEncoder,
  RunReader,
  TrainingSession,
  type Backend,
  type EpochRecord,
  type Metrics,
  type Pictures,
  type PixelFormat,
  type RecipeName,
  type RunConfig,
  type RunFile,
} from "@silhouette/trainer/browser";

import type { KernelSet } from "./model-engine.ts";
import { buildDataset, type LabeledPhotograph, type SkippedPhotograph } from "./photograph-dataset.ts";
import { StudioError } from "../../problem.ts";
import type { StoredRun } from "./run-store.ts";

/** What to train on. */
export type TrainingSource<Photograph = LabeledPhotograph> =
  | {
      readonly kind: "photographs";
      /** Names of the classes. */
      readonly labels: readonly string[];
      readonly photographs: readonly Photograph[];
    }
  | {
      readonly kind: "dataset";
      /** A dataset file, as `silhouette prepare` writes it. */
      readonly file: File;
    };

/** How to train. */
export interface TrainingSettings {
  readonly recipe: RecipeName;
  /** Number of epochs. */
  readonly epochs: number;
  /** Seed of initial weights, order and augmentation. */
  readonly seed: number;
  /** Kernels to train with. */
  readonly kernelSet: KernelSet;
}

/** What a training reports. */
export type TrainingEvent =
  | { readonly type: "preparing"; readonly done: number; readonly total: number }
  | { readonly type: "skipped"; readonly skips: readonly SkippedPhotograph[] }
  | ({ readonly type: "plan"; readonly history: readonly EpochRecord[] } & Pick<RunConfig, "epochs" | "counts"> & {
        readonly labels: readonly string[];
      })
  | {
      readonly type: "step";
      readonly epoch: number;
      /** Step of the epoch, from 1, and their number. */
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
      readonly accuracy: number;
      /** Estimated seconds until the end of the training. */
      readonly secondsLeft: number;
    }
  | { readonly type: "epoch"; readonly history: readonly EpochRecord[]; readonly bestEpoch: number | null };

/** How a training ended. */
export type TrainingEnd =
  | { readonly state: "done"; readonly run: string; readonly metrics: Metrics }
  | { readonly state: "paused"; readonly run: string };

/** The reason of a signal that pauses a training. */
class Paused extends Error {}

/** A training that is running. */
export class Training {
  readonly #run: StoredRun;
  readonly #backend: Backend;
  readonly #onEvent: (event: TrainingEvent) => void;
  readonly #stop = new AbortController();

  constructor(run: StoredRun, backend: Backend, onEvent: (event: TrainingEvent) => void) {
    this.#run = run;
    this.#backend = backend;
    this.#onEvent = onEvent;
  }

  /** Saves a checkpoint after the current step, and ends the training. Before the first step, there is nothing to save. */
  pause(): void {
    this.#stop.abort(new Paused());
  }

  /**
   * Trains a new run.
   *
   * @throws {TrainerError} what the builder, `configOf` and the session throw
   * @throws {StudioError} `STORAGE_FULL`
   */
  async begin(source: TrainingSource, settings: TrainingSettings): Promise<TrainingEnd> {
    const { signal } = this.#stop;
    let named = chosenRecipe(settings.recipe, settings.recipe);
    let name = "studio";
    if (source.kind === "dataset") {
      name = source.file.name.replace(/\.arrow$/, "");
      // What is no dataset is refused before it is copied, and by its name.
      named = chosenRecipeFor(await pixelFormatOf(source.file), settings.recipe);
      await this.#run.write(RUN_FILES.dataset, chunksOf(source.file));
    } else {
      const { dataset, skips } = await buildDataset(source.photographs, {
        labels: source.labels,
        recipe: named,
        signal,
        onProgress: (done, total) => this.#onEvent({ type: "preparing", done, total }),
      });
      if (skips.length > 0) this.#onEvent({ type: "skipped", skips });
      await this.#run.write(RUN_FILES.dataset, dataset.bytes());
    }
    return this.#withPictures(named.recipe.input, async (pictures, dataset) => {
      const config = configOf({
        source: name,
        dataset,
        pictures,
        backend: this.#backend,
        epochs: settings.epochs,
        batch: named.batch,
        seed: settings.seed,
        recipe: named.recipe,
        network: named.network,
      });
      await this.#write(new RunEncoder(config).start(LearnedPictures.of(pictures)));
      const session = await TrainingSession.of(config, pictures, this.#backend);
      return this.#finish(session, []);
    });
  }

  /**
   * Continues a run from its checkpoint.
   *
   * @throws {TrainerError} what the reader and the session throw
   * @throws {StudioError} `STORAGE_FULL`, `RUN_FINISHED`
   */
  async resume(): Promise<TrainingEnd> {
    const reader = readerOf(this.#run);
    const { config, history, test } = await reader.results();
    if (test !== null) {
      const message = `Expected a training that is not finished, but ${this.#run.name} is`;
      throw new StudioError("RUN_FINISHED", message, "Start another training.");
    }
    return this.#withPictures(config.recipe.input, async (pictures) => {
      const session = await TrainingSession.of(config, pictures, this.#backend);
      if ((await this.#run.read(RUN_FILES.checkpoint)) === undefined) return this.#finish(session, []);
      const checkpoint = await reader.checkpoint();
      session.restore(checkpoint, RUN_FILES.checkpoint);
      return this.#finish(session, history.slice(0, checkpoint.epoch));
    });
  }

  /** Trains to the end, and disposes of the session. */
  async #finish(session: TrainingSession, before: readonly EpochRecord[]): Promise<TrainingEnd> {
    const encoder = new RunEncoder(session.config);
    const { name } = this.#run;
    try {
      const result = await session.run({
        history: before,
        signal: this.#stop.signal,
        onEvent: (event) => {
          if (event.type === "plan") {
            const { config, history } = event;
            const { epochs, counts, dataset } = config;
            this.#onEvent({ type: "plan", epochs, counts, labels: dataset.labels, history });
          } else if (event.type === "step") {
            const { epoch, step, steps, loss, accuracy, secondsLeft } = event;
            this.#onEvent({ type: "step", epoch, step, steps, loss, accuracy, secondsLeft });
          }
        },
        onEpoch: async (epoch) => {
          await this.#write(await encoder.epoch(epoch));
          const { history } = epoch;
          this.#onEvent({ type: "epoch", history, bestEpoch: bestEpoch(history) ?? null });
        },
        onCheckpoint: async (checkpoint) => this.#write(encoder.checkpoint(checkpoint)),
        onPredictions: (predictions) => encoder.predictions(predictions),
      });
      await this.#write(encoder.result(result));
      return { state: "done", run: name, metrics: result.metrics };
    } catch (error) {
      if (error instanceof Paused) return { state: "paused", run: name };
      throw error;
    } finally {
      session.dispose();
    }
  }

  /** Calls `use` with the pictures of the run's dataset, which is closed afterwards, and returns its result. */
  async #withPictures<Result>(
    input: RunConfig["recipe"]["input"],
    use: (pictures: Pictures, description: RunConfig["dataset"]) => Promise<Result>,
  ): Promise<Result> {
    const file = await this.#run.read(RUN_FILES.dataset);
    if (file === undefined) {
      const message = `Expected the dataset of the run ${this.#run.name}, but it is gone`;
      throw new StudioError("RUN_INCOMPLETE", message, "Remove the run, and train again.");
    }
    const dataset = await Dataset.open(file, `${RUN_FILES.dataset} of ${this.#run.name}`);
    try {
      return await use(await PictureSet.bySplit(dataset, { input }), dataset.description);
    } finally {
      await dataset.close();
    }
  }

  async #write(files: readonly RunFile[]): Promise<void> {
    for (const { path, content } of files) await this.#run.write(path, content as readonly Uint8Array<ArrayBuffer>[]);
    await this.#removeOldWeights(files);
  }

  /** A model names its weights after their content: those that it no longer names go once it is written. */
  async #removeOldWeights(written: readonly RunFile[]): Promise<void> {
    const kept = new Set(written.map(({ path }) => path));
    const folders = new Set([...kept].filter((path) => path.endsWith("/model.json")).map((path) => path.slice(0, -10)));
    if (folders.size === 0) return;
    for (const path of await this.#run.paths()) {
      const isOld = [...folders].some((folder) => path.startsWith(folder)) && path.endsWith(".bin") && !kept.has(path);
      if (isOld) await this.#run.remove(path);
    }
  }
}

/** What pictures a dataset file has. @throws {TrainerError} what {@link Dataset.open} throws */
export async function pixelFormatOf(file: File): Promise<PixelFormat> {
  const dataset = await Dataset.open(file, file.name);
  await dataset.close();
  return dataset.description.pixelFormat;
}

/** Reads a stored run. */
export function readerOf(run: StoredRun): RunReader {
  return new RunReader({
    name: run.name,
    read: async (path) => {
      const file = await run.read(path);
      return file === undefined ? undefined : new Uint8Array(await file.arrayBuffer());
    },
  });
}

/** The content of a file, in chunks. */
async function* chunksOf(file: Blob): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const reader = file.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
