// For tests: trainings of a small network on a few dozen striped pictures, as sessions.

import { join } from "node:path";

import { layers, sequential } from "@tensorflow/tfjs-layers";
import { onTestFinished } from "vitest";

import { PictureSet } from "../dataset/picture-set.ts";
import type { NetworkBuilder } from "../network/custom-network.ts";
import { startBackend } from "../node/backends/start.ts";
import { openDataset } from "../node/files/open-dataset.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../training/checkpoint.ts";
import type { Recipe } from "../training/recipe.ts";
import { ARTICLE } from "../training/recipes.ts";
import { configOf } from "../training/run-config.ts";
import { TrainingSession, type RunOptions, type TrainingResult } from "../training/session.ts";
import type { Checkpoint, EpochRecord } from "../training/state.ts";
import { writeStriped } from "./striped-classes.ts";

/** Two blocks of a convolution with batch normalization, and a dense layer. */
export const SMALL_NETWORK: NetworkBuilder = ({ width, height, channels = 1, classes }) =>
  sequential({
    layers: [
      layers.conv2d({ inputShape: [height, width, channels], filters: 4, kernelSize: 3, activation: "relu" }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.batchNormalization(),
      layers.conv2d({ filters: 4, kernelSize: 3, useBias: false }),
      layers.batchNormalization(),
      layers.activation({ activation: "relu" }),
      layers.flatten(),
      layers.dropout({ rate: 0.25 }),
      layers.dense({ units: classes, activation: "softmax" }),
    ],
  });

/** What a small training is of. */
export interface SmallTraining {
  /** An empty folder for its dataset. */
  readonly folder: string;
  /** Changes of the article's recipe. */
  readonly recipe?: Partial<Recipe>;
  /** Default: 4. */
  readonly epochs?: number;
  /** Default: a and b. */
  readonly labels?: readonly string[];
  /** Number of training pictures per class. */
  readonly counts?: readonly number[];
  /** Default: {@link SMALL_NETWORK}. */
  readonly network?: NetworkBuilder;
}

/** A session, disposed of after the test. */
export async function smallSession({
  folder,
  recipe,
  epochs = 4,
  labels = ["a", "b"],
  counts = labels.map(() => 9),
  network = SMALL_NETWORK,
}: SmallTraining): Promise<TrainingSession> {
  const path = join(folder, "small.arrow");
  await writeStriped(path, { labels, counts: { train: counts, val: 10, test: 5 }, side: 12 });
  const opened = await openDataset(path);
  const pictures = await PictureSet.bySplit(opened);
  await opened.close();
  const backend = await startBackend("wasm");
  const config = configOf({
    source: path,
    dataset: opened.description,
    pictures,
    backend,
    epochs,
    batch: 4,
    seed: 3,
    recipe: { ...ARTICLE, ...recipe },
    network: "custom",
  });
  const session = await TrainingSession.of(config, pictures, backend, network);
  onTestFinished(() => session.dispose());
  return session;
}

/** Results of a training, without what differs between any two of them, and its last checkpoint. */
export interface Trained {
  readonly result: TrainingResult;
  readonly checkpoint: Checkpoint;
}

/** Trains, and returns the results and the last checkpoint. */
export async function trained(session: TrainingSession, options: RunOptions = {}): Promise<Trained> {
  let last: Checkpoint | undefined;
  const result = await session.run({
    ...options,
    onCheckpoint: async (checkpoint) => {
      last = checkpoint;
      await options.onCheckpoint?.(checkpoint);
    },
  });
  if (last === undefined) throw new Error("Expected a checkpoint");
  return { result: { ...result, history: withoutSeconds(result.history) }, checkpoint: last };
}

/** Trains until a step of an epoch, then again, in another session, from the bytes of the checkpoint to the end. */
export async function trainedInTwo(
  training: SmallTraining,
  stopAfter: { readonly epoch: number; readonly step: number },
): Promise<Trained> {
  const first = await smallSession(training);
  const stop = new AbortController();
  let bytes = new Uint8Array();
  let history: readonly EpochRecord[] = [];
  const stopped = first.run({
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type === "step" && event.epoch === stopAfter.epoch && event.step === stopAfter.step)
        stop.abort(new Error("enough"));
    },
    onEpoch: async (epoch) => void (history = epoch.history),
    onCheckpoint: async (checkpoint) => void (bytes = new Uint8Array(Buffer.concat(encodeCheckpoint(checkpoint)))),
  });
  await stopped.then(
    () => {
      throw new Error("Expected a training that stops");
    },
    (error: unknown) => {
      if (error !== stop.signal.reason) throw error;
    },
  );
  const second = await smallSession(training);
  second.restore(decodeCheckpoint(bytes));
  return trained(second, { history });
}

/** Records of epochs without their duration. */
export function withoutSeconds(records: readonly EpochRecord[]): readonly EpochRecord[] {
  return records.map((each) => ({ ...each, seconds: 0 }));
}
