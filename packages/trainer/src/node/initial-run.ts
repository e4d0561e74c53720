// The run that a training starts from: its model, and the pictures that this has learned from.

import { resolve } from "node:path";

import type { LoadedModel } from "../model/codec.ts";
import type { NetworkBuilder } from "../network/custom-network.ts";
import { hasSameClasses } from "../network/initial-weights.ts";
import { likeNetwork } from "../network/rebuilt-network.ts";
import type { PictureSet } from "../dataset/picture-set.ts";
import type { InitialModel } from "../training/run-config.ts";
import type { LearnedPictures } from "../training/learned-pictures.ts";
import { loadModel } from "./files/model-folder.ts";
import { readConfig, runPaths } from "./files/run-folder.ts";

/** Event reported by a training that starts from the weights of a run. */
export interface InitEvent {
  /** Once, before the plan. */
  readonly type: "init";
  /** Path of the run. */
  readonly run: string;
  /** Number of epochs that its model was trained for. */
  readonly epoch: number;
  /** Whether the last layer is drawn anew, because the classes or their order differ. */
  readonly isLastLayerNew: boolean;
  /** Number of test pictures that the run has learned from: the test says less about new pictures. */
  readonly learnedTestPictures: number;
}

/** A run to start from. */
export interface InitialRun {
  /** Its model. */
  readonly model: LoadedModel;
  /** How a configuration names it. */
  readonly init: InitialModel;
  /** Builds networks like its own, if it was imported: no recipe has such a network. */
  readonly network: NetworkBuilder | undefined;
}

/**
 * Calls `use` with the run in the folder `run`, or with undefined without one. Disposes of its network afterwards.
 *
 * @throws {TrainerError} what {@link loadModel} throws; `RUN_NOT_FOUND`, `RUN_VERSION`, `RUN_DAMAGED`
 */
export async function withInitialRun<Result>(
  run: string | undefined,
  use: (initial: InitialRun | undefined) => Promise<Result>,
): Promise<Result> {
  if (run === undefined) return use(undefined);
  const model = await loadModel(runPaths(run).model);
  try {
    const { imported } = await readConfig(run);
    const network = imported === undefined ? undefined : likeNetwork(model.network, run);
    return await use({ model, init: { run: resolve(run), crc32: model.crc32 }, network });
  } finally {
    model.network.dispose();
  }
}

/** Fails before any picture is prepared if there is no such run. @throws {TrainerError} what {@link loadModel} throws */
export async function checkInitialRun(run: string | undefined): Promise<void> {
  await withInitialRun(run, async () => undefined);
}

/**
 * What a training on `test` and others begins with.
 *
 * @param learned what the run has learned
 */
export function initEvent({ model, init }: InitialRun, learned: LearnedPictures, test: PictureSet): InitEvent {
  return {
    type: "init",
    run: init.run,
    epoch: model.description.provenance.epoch,
    isLastLayerNew: !hasSameClasses(model, test.labels),
    learnedTestPictures: test.filter((picture) => learned.has(picture)).size,
  };
}
