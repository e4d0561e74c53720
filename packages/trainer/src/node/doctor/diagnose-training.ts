// What diagnose.ts asks of the training. Loads TensorFlow.js (and not sharp): diagnose.ts imports it when it comes to this.

import { ones, sum, tensor4d, tidy, valueAndGrad, type Tensor4D } from "@tensorflow/tfjs-core";

import { startBackend } from "../backends/start.ts";
import type { Backend } from "../../backend/operations.ts";
import type { BackendName } from "../../backend/names.ts";
import { TRAIN_DEFAULTS } from "../../training/defaults.ts";
import { TrainerError } from "../../values/errors.ts";
import { Generator } from "../../values/generator.ts";
import { countedStep, smallerStep, stepBytes } from "../../network/memory-plan.ts";
import { referenceNetwork } from "../../network/reference-network.ts";

/** As in the reference article; hardly anything depends on it. */
const CLASSES = 3;

/**
 * Starts a backend, and has it compute a convolution and its gradient.
 *
 * @throws {TrainerError} `BACKEND_UNAVAILABLE`, also if the answer is wrong
 */
export async function tryBackend(name: BackendName): Promise<Backend> {
  const backend = await startBackend(name);
  const answer = tidy(() => {
    // 1 to 16, row by row: of the four windows of 3 x 3, the last has the maximum, 6 + 7 + 8 + 10 + 11 + 12 + 14 + 15 + 16.
    const x = tensor4d(
      Float32Array.from({ length: 16 }, (_, index) => index + 1),
      [1, 4, 4, 1],
    );
    const { value, grad } = valueAndGrad((filter: Tensor4D) =>
      sum(backend.operations.convReluMaxPool(x, filter, ones([4]))),
    )(ones([3, 3, 1, 4]));
    return [value, sum(grad)].map((each) => each.dataSync()[0]).join();
  });
  // Four channels, each with a bias of 1, which the filter's gradient knows nothing of.
  const right = [4 * (99 + 1), 4 * 99].join();
  if (answer !== right) {
    throw new TrainerError(
      "BACKEND_UNAVAILABLE",
      `Expected ${right} of a known convolution and its gradient, but ${backend.name} answered ${answer}`,
      "Reinstall silhouette; if that does not help, please report it.",
    );
  }
  return backend;
}

/** What a training step takes. */
export interface StepMemory {
  /** Bytes that it needs at most. */
  readonly need: number;
  /** What to do where that does not fit so many bytes, as a sentence. */
  smaller(bytes: number): string;
}

/**
 * What a step of the reference network takes, with all defaults.
 *
 * @throws {TrainerError} `BACKEND_UNAVAILABLE`
 */
export async function defaultStepMemory(): Promise<StepMemory> {
  const backend = await startBackend(TRAIN_DEFAULTS.backend);
  const { batch, size, seed } = TRAIN_DEFAULTS;
  const network = referenceNetwork({ ...size, classes: CLASSES }, Generator.ofSeed(seed));
  const step = countedStep(network, backend);
  network.dispose();
  return {
    need: stepBytes(step, batch),
    smaller: (bytes) => smallerStep(step, batch, bytes),
  };
}
