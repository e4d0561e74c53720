// How much memory a training step of a tf.layers model takes, before it is tried.

import { util } from "@tensorflow/tfjs-core";

import type { TrainingBackend } from "./backend.ts";
import { TrainingWasmError } from "./errors.ts";

const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;

/**
 * Copies of what a layer puts out, at most: before and after a bias and an activation, what batch normalization keeps, and
 * the gradients. Convolutional networks take 3.5 to 7.4 of them, gaps in the heap included.
 */
const COPIES_OF_OUTPUTS = 8;

/** Copies of the weights, at most: gradients, the optimizer's moments, and its temporaries. Large dense layers take 19. */
const COPIES_OF_WEIGHTS = 20;

/** The heap of a backend without tensors, with the sums that the parts of kernels keep. */
const BASE_BYTES = 96 * 2 ** 20;

/** What is read of a model: `tf.LayersModel` has it. */
export interface PlannedModel {
  /** Its layers, of which those with several outputs have a list of shapes. */
  readonly layers: readonly {
    readonly outputShape: readonly (number | null)[] | readonly (readonly (number | null)[])[];
  }[];
  /** Number of its weights. */
  countParams(): number;
}

/**
 * Bytes that a step of `fit` or `trainOnBatch` takes at most; it may take less than half as much.
 *
 * @param model a tf.layers model
 * @param batch samples a step: 1 or more
 */
export function stepBytes(model: PlannedModel, batch: number): number {
  const shapes = model.layers.flatMap(({ outputShape }) =>
    Array.isArray(outputShape[0]) ? (outputShape as (number | null)[][]) : [outputShape as (number | null)[]],
  );
  const outputs = shapes.reduce((sum, shape) => sum + util.sizeFromShape(shape.slice(1).map((size) => size ?? 1)), 0);
  return BASE_BYTES + FLOAT_BYTES * (COPIES_OF_OUTPUTS * outputs * batch + COPIES_OF_WEIGHTS * model.countParams());
}

/**
 * Before the first step.
 *
 * @param model a tf.layers model
 * @param batch samples a step: 1 or more
 * @param backend that {@link enableTraining} gave
 * @throws {TrainingWasmError} `BATCH_TOO_LARGE` if a step may not fit the heap, with the largest batch that does
 * @example
 * import { layers, sequential } from "@tensorflow/tfjs-layers";
 * import { checkBatch, enableTraining } from "@silhouette/training-wasm";
 *
 * const backend = await enableTraining();
 * const model = sequential();
 * model.add(layers.conv2d({ inputShape: [300, 300, 1], filters: 32, kernelSize: 3, activation: "relu" }));
 * checkBatch(model, 8, backend);
 */
export function checkBatch(
  model: PlannedModel,
  batch: number,
  { heapLimit }: Pick<TrainingBackend, "heapLimit">,
): void {
  const need = stepBytes(model, batch);
  if (need <= heapLimit) return;
  const perSample = stepBytes(model, 2) - stepBytes(model, 1);
  const largest = Math.floor(batch - (need - heapLimit) / perSample);
  const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  throw new TrainingWasmError(
    "BATCH_TOO_LARGE",
    `Expected a step to fit the WASM heap of ${mebibytes(heapLimit)}, but a batch of ${batch} may need ${mebibytes(need)}. ` +
      (largest >= 1
        ? `Use a batch of ${largest} or less, or smaller pictures.`
        : "Use smaller pictures, or a smaller network."),
  );
}
