// The work of a turn, in Node.js and in pages. In: a job and its input. Out: losses or times.

import { startWasm, type FileTensor } from "@silhouette/trainer/browser";
import { enableTraining, type KernelSet } from "@silhouette/training-wasm";

import { timeTurn, type RoundSettings, type Turn } from "../measure/rounds.ts";
import { ourSteps, tfLayersSteps, type StepNetwork } from "../training/steps.ts";

/** A step that is measured: ours, or that of unchanged tf.layers on our backend. */
export type StepName = "silhouette" | "tf.layers";

/** The steps, in the order of their rows. */
export const STEPS: readonly StepName[] = ["silhouette", "tf.layers"];

/** The work of a turn. */
export interface StepJob extends StepNetwork {
  readonly step: StepName;
  readonly kernelSet: KernelSet;
  readonly threads: number;
  /** `answer`: what is compared before anything is timed. */
  readonly want: "answer" | "times";
  readonly settings: RoundSettings;
}

/** Losses of the first steps, or times. */
export type StepResult = { readonly values: readonly number[] } | Turn;

/**
 * Does the job.
 *
 * @throws {TrainingWasmError} `KERNELS_UNAVAILABLE` if this engine does not run the kernels
 */
export async function takeStepTurn(job: StepJob, tensors: readonly FileTensor[]): Promise<StepResult> {
  const { step, kernelSet, threads, want, settings } = job;
  const started = await enableTraining({ kernelSet, threads });
  if (started.threads !== threads) {
    throw new Error(`Expected ${threads} threads, but received ${started.threads}: ${started.oneThreadBecause}`);
  }
  // Uses the backend that is already running.
  const steps = step === "silhouette" ? ourSteps(job, tensors, await startWasm()) : tfLayersSteps(job, tensors);
  return want === "answer" ? { values: await steps.answer() } : timeTurn(steps.call, true, settings);
}
