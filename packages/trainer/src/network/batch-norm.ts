// BatchNormalization, wherever in a network the layer is: over any axis, with or without scale and offset, on its own or within
// models and wrappers. Its moving averages are left alone in training: see population-statistics.ts.

import { batchNorm, ones, transpose, zeros, type Rank, type Tensor, type Tensor1D } from "@tensorflow/tfjs-core";

import type { NetworkOperations } from "../backend/operations.ts";
import type { Layer } from "./layer-tree.ts";

/** What a batch was like before a BatchNorm layer. The tensors `[channels]` live as long as the pass. */
export interface BatchStatistics {
  readonly mean: Tensor1D;
  readonly variance: Tensor1D;
  /** Values of a channel in the batch. */
  readonly count: number;
}

/** Takes the statistics of a batch before a layer. */
export type TellStatistics = (layer: Layer, statistics: BatchStatistics) => void;

/** Whether `layer` is a BatchNormalization layer. */
export function isBatchNorm(layer: Layer): boolean {
  return layer.getClassName() === "BatchNormalization";
}

/** What normalizes: the batch's own statistics, which are reported, or the population's, which the layer holds. */
export type Normalizer = { readonly kind: "batch"; readonly tell: TellStatistics } | { readonly kind: "population" };

/**
 * `values` normalized, whose channels are along the layer's axis. TensorFlow.js normalizes along the last axis alone: by the
 * population's statistics it gives wrong numbers along others.
 */
export function normalize(layer: Layer, operations: NetworkOperations, values: Tensor, by: Normalizer): Tensor {
  const settings = layer.getConfig();
  const axes = values.shape.map((_, axis) => axis);
  const [axis = 0] = axes.splice(settings["axis"] as number, 1);
  const channelsLast = [...axes, axis];
  const isLast = axis === values.rank - 1;
  const rows = isLast ? values : transpose(values, channelsLast);
  const channels = values.shape[axis] ?? 0;
  const weights = layer.weights.map((weight) => weight.read() as Tensor1D);
  const scale = (settings["scale"] === true ? weights.shift() : undefined) ?? ones<Rank.R1>([channels]);
  const offset = (settings["center"] === true ? weights.shift() : undefined) ?? zeros<Rank.R1>([channels]);
  const epsilon = settings["epsilon"] as number;
  let normalized: Tensor;
  if (by.kind === "batch") {
    const { y, mean, variance } = operations.batchNormInTraining(rows, scale, offset, epsilon);
    by.tell(layer, { mean, variance, count: values.size / channels });
    normalized = y;
  } else {
    const [mean, variance] = weights as [Tensor1D, Tensor1D];
    normalized = batchNorm(rows, mean, variance, offset, scale, epsilon);
  }
  if (isLast) return normalized;
  const back = channelsLast.map((_, place) => channelsLast.indexOf(place));
  return transpose(normalized, back);
}

/** What `compute` returns, during which the BatchNorm layers `norms`, parts of another layer, go by {@link normalize}. */
export function withBatchNorms<Result>(
  norms: readonly Layer[],
  operations: NetworkOperations,
  by: Normalizer,
  compute: () => Result,
): Result {
  for (const norm of norms) {
    norm.call = (inputs) => normalize(norm, operations, [inputs].flat()[0] as Tensor, by);
  }
  try {
    return compute();
  } finally {
    // The method of its class again.
    for (const norm of norms) Reflect.deleteProperty(norm, "call");
  }
}
