// What a training would do: everything up to its first step, without writing.

import { isDatasetFile } from "../dataset/dataset-name.ts";
import { TRAIN_DEFAULTS } from "../training/defaults.ts";
import type { RunConfig } from "../training/run-config.ts";
import type { SessionEvent } from "../training/session.ts";
import { startBackend } from "./backends/start.ts";
import { withPathsToLeaveOut } from "./files/leave-out-list.ts";
import { checkNewRun } from "./files/run-claim.ts";
import { checkInitialRun } from "./initial-run.ts";
import { foreseenPictures, withNewPictures, type NewPictures } from "./run-pictures.ts";
import { withLocatedSource } from "./source.ts";
import { newSession } from "./train.ts";
import { checkOptions, type TrainOptions } from "./train-options.ts";

/** What {@link planTraining} foresees. */
export interface TrainingPlan {
  /** Configuration that the run would have. */
  readonly config: RunConfig;
}

/**
 * Does what {@link train} does before its first step, and writes nothing: checks options, pictures, run folder and memory, builds
 * the network, times a step of it, and reports all of it by the same events. Photographs of a folder are found and counted but
 * not opened: unusable ones and copies may change the splits a little.
 *
 * @param given those of {@link train}, without `resume`
 * @throws {TrainerError} as {@link train}
 */
export async function planTraining(given: Omit<TrainOptions, "resume">): Promise<TrainingPlan> {
  checkOptions(given);
  const options = await withPathsToLeaveOut(await withLocatedSource(given));
  const { source, run, signal, onEvent } = options;
  const backend = await startBackend(options.backend ?? TRAIN_DEFAULTS.backend);
  await checkNewRun(run);
  await checkInitialRun(options.init);
  const isFolder = !isDatasetFile(source);
  const plan = async (found: NewPictures): Promise<TrainingPlan> => {
    const { session } = await newSession(options, found, backend);
    try {
      // Stand-ins are no examples.
      const report = (event: SessionEvent): void =>
        isFolder && event.type === "examples" ? undefined : onEvent?.(event);
      await session.announce(report, [], signal);
      return { config: session.config };
    } finally {
      session.dispose();
    }
  };
  return isFolder ? plan(await foreseenPictures(options)) : withNewPictures(options, undefined, plan);
}
