// The training checks of diagnose.ts. Loads TensorFlow.js (but not sharp), so diagnose.ts imports it only when needed.

import { ones, sum, tensor4d, tidy, valueAndGrad, type Tensor4D } from "@tensorflow/tfjs-core";

import { startBackend } from "../backends/start.ts";
import type { Backend } from "../../backend/operations.ts";
import type { BackendName } from "../../backend/names.ts";
import { TRAIN_DEFAULTS } from "../../training/defaults.ts";
import { RECIPES } from "../../training/recipes.ts";
import { TrainerError } from "../../values/errors.ts";
import { Generator } from "../../values/generator.ts";
import { countedStep, smallerStep, stepBytes } from "../../network/memory-plan.ts";
import { builtInNetwork } from "../../network/built-in-network.ts";

/** As in the reference article; the memory hardly depends on it. */
const CLASSES = 3;

/**
 * Starts a backend and verifies a convolution and its gradient on it.
 *
 * @throws {TrainerError} `BACKEND_UNAVAILABLE`, also if the result is incorrect
 */
export async function tryBackend(name: BackendName): Promise<Backend> {
  const backend = await startBackend(name);
  const result = tidy(() => {
    // 1 to 16, row by row: of the four 3 x 3 windows, the last has the largest sum, 6 + 7 + 8 + 10 + 11 + 12 + 14 + 15 + 16.
    const x = tensor4d(
      Float32Array.from({ length: 16 }, (_, index) => index + 1),
      [1, 4, 4, 1],
    );
    const { value, grad } = valueAndGrad((filter: Tensor4D) =>
      sum(backend.operations.convReluMaxPool(x, filter, ones([4]))),
    )(ones([3, 3, 1, 4]));
    return [value, sum(grad)].map((each) => each.dataSync()[0]).join();
  });
  // Four channels, each with a bias of 1, which does not affect the filter's gradient.
  const expected = [4 * (99 + 1), 4 * 99].join();
  if (result !== expected) {
    throw new TrainerError(
      "BACKEND_UNAVAILABLE",
      `Expected ${expected} for a test convolution and its gradient, but ${backend.name} computed ${result}`,
      "Reinstall silhouette; if that does not help, please report the problem.",
    );
  }
  return backend;
}

/** The memory that a training step needs. */
export interface StepMemory {
  /** Peak memory, in bytes. */
  readonly need: number;
  /** How to fit a step into `bytes`, as a sentence. */
  smaller(bytes: number): string;
}

/**
 * The memory for a training step of the default recipe.
 *
 * @throws {TrainerError} `BACKEND_UNAVAILABLE`
 */
export async function defaultStepMemory(): Promise<StepMemory> {
  const backend = await startBackend(TRAIN_DEFAULTS.backend);
  const { recipe, seed } = TRAIN_DEFAULTS;
  const { network: name, batch, size } = RECIPES[recipe];
  const network = builtInNetwork(name, { ...size, classes: CLASSES }, Generator.ofSeed(seed));
  const step = countedStep(network, backend);
  network.dispose();
  return {
    need: stepBytes(step, batch),
    smaller: (bytes) => smallerStep(step, batch, bytes),
  };
}
