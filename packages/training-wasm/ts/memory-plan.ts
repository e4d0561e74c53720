// An estimate of the memory that a training step of a tf.layers model takes.

import { util } from "@tensorflow/tfjs-core";

import type { TrainingBackend } from "./backend.ts";
import { TrainingWasmError } from "./errors.ts";

const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;

/**
 * Most copies of a layer's output: before and after bias and activation, those that batch normalization keeps, and the
 * gradients. Convolutional networks take 3.5 to 7.4 copies, including gaps in the heap.
 */
const COPIES_OF_OUTPUTS = 8;

/** Most copies of the weights: gradients, the optimizer's moments, and its temporaries. Large dense layers take 19. */
const COPIES_OF_WEIGHTS = 20;

/** Bytes of the heap without tensors, with the sums of the kernels' parts. */
const BASE_BYTES = 96 * 2 ** 20;

/** The part of `tf.layers.Layer` that the estimate reads. */
export interface PlannedLayer {
  /** The output's shape, the batch first, or a list of shapes for several outputs. */
  readonly outputShape: readonly (number | null)[] | readonly (readonly (number | null)[])[];
}

/** The part of `tf.LayersModel` that the estimate reads. */
export interface PlannedModel {
  /** All layers. */
  readonly layers: readonly PlannedLayer[];
  /** Number of weights. */
  countParams(): number;
}

/**
 * The most bytes that a step of `fit` or `trainOnBatch` takes; it may take less than half as much.
 *
 * @param model a tf.layers model
 * @param batch samples per step: 1 or more
 */
export function stepBytes(model: PlannedModel, batch: number): number {
  const shapes = model.layers.flatMap(({ outputShape }) =>
    Array.isArray(outputShape[0]) ? (outputShape as (number | null)[][]) : [outputShape as (number | null)[]],
  );
  const outputs = shapes.reduce((sum, shape) => sum + util.sizeFromShape(shape.slice(1).map((size) => size ?? 1)), 0);
  return BASE_BYTES + FLOAT_BYTES * (COPIES_OF_OUTPUTS * outputs * batch + COPIES_OF_WEIGHTS * model.countParams());
}

/**
 * Checks, before the first step, whether a batch fits the heap.
 *
 * @param model a tf.layers model
 * @param batch samples per step: 1 or more
 * @param backend the result of {@link enableTraining}
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
