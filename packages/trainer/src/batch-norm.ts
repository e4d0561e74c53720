// BatchNormalization by the statistics of a batch, wherever in a network the layer is: over any axis, with or without scale
// and offset, on its own or within models and wrappers. Its moving averages are left alone: see population-statistics.ts.

import { ones, transpose, zeros, type Rank, type Tensor, type Tensor1D } from "@tensorflow/tfjs-core";

import type { NetworkOperations } from "./backend.ts";
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

/** `values`, whose channels are along the layer's axis, normalized by their own statistics, which are reported to `tell`. */
export function normalizeByBatch(
  layer: Layer,
  operations: NetworkOperations,
  values: Tensor,
  tell: TellStatistics,
): Tensor {
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
  const { y, mean, variance } = operations.batchNormInTraining(rows, scale, offset, settings["epsilon"] as number);
  tell(layer, { mean, variance, count: values.size / channels });
  if (isLast) return y;
  const back = channelsLast.map((_, place) => channelsLast.indexOf(place));
  return transpose(y, back);
}

/** What `compute` returns, during which the BatchNorm layers `norms`, parts of another layer, go by {@link normalizeByBatch}. */
export function withBatchNorms<Result>(
  norms: readonly Layer[],
  operations: NetworkOperations,
  tell: TellStatistics,
  compute: () => Result,
): Result {
  for (const norm of norms) {
    norm.call = (inputs) => normalizeByBatch(norm, operations, [inputs].flat()[0] as Tensor, tell);
  }
  try {
    return compute();
  } finally {
    // The method of its class again.
    for (const norm of norms) Reflect.deleteProperty(norm, "call");
  }
}
