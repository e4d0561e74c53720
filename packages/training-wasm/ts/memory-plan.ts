// The memory that a training step of a tf.layers model takes, measured on a few samples.

import {
  addN,
  cast,
  clone,
  dispose,
  square,
  sum,
  tidy,
  util,
  variableGrads,
  zeros,
  type DataType,
  type Scalar,
  type Tensor,
  type Variable,
} from "@tensorflow/tfjs-core";

import type { TrainingBackend } from "./backend.ts";
import { TrainingWasmError } from "./errors.ts";

/** Samples of the smaller rehearsal; the other has twice as many. */
const MOST_REHEARSED = 8;

/** Copies of the weights that the rehearsal does not take: themselves, two moments, and temporaries of the optimizer. */
const COPIES_OF_WEIGHTS = 6;

/** The heap grows by up to a fifth at a time, and blocks of different sizes leave gaps. */
const HEAP_OVERHEAD = 1.35;

/** Bytes of the heap before the first tensor, most of them free. */
const LEAST_BYTES = 16 * 2 ** 20;

/** The part of a weight of `tf.layers` that a rehearsal reads and restores. */
export interface PlannedWeight {
  /** Its values. */
  read(): Tensor;
  /** Replaces them. */
  write(values: Tensor): unknown;
}

/** The part of a model's input that a rehearsal reads. */
export interface PlannedInput {
  /** The batch first; null for any size. */
  readonly shape: readonly (number | null)[];
  /** A dtype of TensorFlow.js. */
  readonly dtype: string;
}

/** The part of `tf.LayersModel` that a rehearsal uses. */
export interface PlannedModel {
  /** What the model takes. */
  readonly inputs: readonly PlannedInput[];
  /** Those that are trained. */
  readonly trainableWeights: readonly PlannedWeight[];
  /** Those that are not, such as moving averages. */
  readonly nonTrainableWeights: readonly PlannedWeight[];
  /** Computes outputs. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tf.layers' own type also takes symbolic tensors
  apply(inputs: any, options: { readonly training: boolean }): unknown;
  /** Number of weights. */
  countParams(): number;
}

/**
 * The bytes of the heap that training with `fit` or `trainOnBatch` takes, with Adam: more than it does, by at most a half. Measured
 * by computing the gradients of a few samples of zeros; the model's weights and moving averages stay as they are.
 *
 * @param model a tf.layers model
 * @param batch samples per step: 1 or more
 * @param backend the result of {@link enableTraining}
 * @throws {TrainingWasmError} `OUT_OF_MEMORY` if not even these fit
 */
export function stepBytes(model: PlannedModel, batch: number, backend: Pick<TrainingBackend, "peakBytes">): number {
  const { fixedBytes, bytesPerSample } = measured(model, batch, backend);
  return Math.max(LEAST_BYTES, Math.ceil(fixedBytes + batch * bytesPerSample));
}

function measured(
  model: PlannedModel,
  batch: number,
  { peakBytes }: Pick<TrainingBackend, "peakBytes">,
): { readonly fixedBytes: number; readonly bytesPerSample: number } {
  const samples = Math.min(Math.max(Math.floor(batch / 4), 1), MOST_REHEARSED);
  // Packed filters are kept from their second use on: then neither measurement takes them.
  for (let use = 0; use < 2; use++) rehearse(model, 1);
  const [fewer, more] = [samples, 2 * samples].map((count) => {
    return peakBytes(() => rehearse(model, count), Math.min(count / batch, 1));
  }) as [number, number];
  const perSample = Math.max(0, more - fewer) / samples;
  const inputs =
    model.inputs.reduce((total, { shape }) => total + sizeOfSample(shape), 0) * Float32Array.BYTES_PER_ELEMENT;
  const weights = model.countParams() * Float32Array.BYTES_PER_ELEMENT;
  const fixed = Math.max(0, fewer - samples * perSample) + COPIES_OF_WEIGHTS * weights;
  return { fixedBytes: HEAP_OVERHEAD * fixed, bytesPerSample: HEAP_OVERHEAD * (perSample + inputs) };
}

/** Computes the gradients of a step of `samples` samples, and forgets them. */
function rehearse(model: PlannedModel, samples: number): void {
  const before = model.nonTrainableWeights.map((weight) => clone(weight.read()));
  try {
    tidy(() => {
      const inputs = model.inputs.map(({ shape, dtype }) =>
        zeros([samples, ...shape.slice(1).map((size) => size ?? 1)], dtype as DataType),
      );
      const loss = (): Scalar => {
        const outputs = [model.apply(inputs.length === 1 ? inputs[0] : inputs, { training: true })].flat() as Tensor[];
        return addN(outputs.map((output) => sum(square(cast(output, "float32"))))) as Scalar;
      };
      const trained = model.trainableWeights.map((weight) => weight.read() as Variable);
      if (trained.length === 0) loss().dataSync();
      else variableGrads(loss, trained);
    });
  } finally {
    for (const [index, weight] of model.nonTrainableWeights.entries()) weight.write(before[index] as Tensor);
    dispose(before);
  }
}

function sizeOfSample(shape: readonly (number | null)[]): number {
  return util.sizeFromShape(shape.slice(1).map((size) => size ?? 1));
}

/**
 * Checks, before the first step, whether a batch fits the heap.
 *
 * @param model a tf.layers model
 * @param batch samples per step: 1 or more
 * @param backend the result of {@link enableTraining}
 * @throws {TrainingWasmError} `BATCH_TOO_LARGE` if a step may not fit the heap, with the largest batch that does;
 *   `OUT_OF_MEMORY` if not even the gradients of a few samples fit
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
  backend: Pick<TrainingBackend, "heapLimit" | "peakBytes">,
): void {
  const { heapLimit } = backend;
  const { fixedBytes, bytesPerSample } = measured(model, batch, backend);
  const need = fixedBytes + batch * bytesPerSample;
  if (need <= heapLimit) return;
  const largest = Math.floor((heapLimit - fixedBytes) / bytesPerSample);
  const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  throw new TrainingWasmError(
    "BATCH_TOO_LARGE",
    `Expected a step to fit the WASM heap of ${mebibytes(heapLimit)}, but a batch of ${batch} may need ${mebibytes(need)}. ` +
      (largest >= 1
        ? `Use a batch of ${largest} or less, or smaller pictures.`
        : "Use smaller pictures, or a smaller network."),
  );
}
