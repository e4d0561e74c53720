// BatchNormalization, wherever the layer is in a network: over any axis, with or without scale and offset, on its own or within
// models and wrappers. Training does not update its moving averages: see population-statistics.ts.

import { batchNorm, ones, transpose, zeros, type Rank, type Tensor, type Tensor1D } from "@tensorflow/tfjs-core";

import type { NetworkOperations } from "../backend/operations.ts";
import type { Layer } from "./layer-tree.ts";

/** Statistics of a BatchNorm layer's input for one batch. The tensors `[channels]` live until the end of the pass. */
export interface BatchStatistics {
  readonly mean: Tensor1D;
  readonly variance: Tensor1D;
  /** Number of values per channel in the batch. */
  readonly count: number;
}

/** Receives the statistics of a layer's input for one batch. */
export type ReportStatistics = (layer: Layer, statistics: BatchStatistics) => void;

/** Whether `layer` is a BatchNormalization layer. */
export function isBatchNorm(layer: Layer): boolean {
  return layer.getClassName() === "BatchNormalization";
}

/** Statistics to normalize with: the batch's own, which are reported, or the population's, which are stored in the layer. */
export type Normalizer =
  { readonly kind: "batch"; readonly report: ReportStatistics } | { readonly kind: "population" };

/**
 * Normalizes `values` along the layer's axis. TensorFlow.js supports only the last axis: with population statistics, it
 * returns wrong values for other axes.
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
    by.report(layer, { mean, variance, count: values.size / channels });
    normalized = y;
  } else {
    const [mean, variance] = weights as [Tensor1D, Tensor1D];
    normalized = batchNorm(rows, mean, variance, offset, scale, epsilon);
  }
  if (isLast) return normalized;
  const back = channelsLast.map((_, place) => channelsLast.indexOf(place));
  return transpose(normalized, back);
}

/**
 * Returns the result of `compute`, during which the BatchNorm layers `norms`, nested in another layer, use {@link normalize}.
 */
export function withBatchNorms<Result>(
  norms: readonly Layer[],
  operations: NetworkOperations,
  by: (norm: Layer) => Normalizer,
  compute: () => Result,
): Result {
  for (const norm of norms) {
    norm.call = (inputs) => normalize(norm, operations, [inputs].flat()[0] as Tensor, by(norm));
  }
  try {
    return compute();
  } finally {
    // Restores the method of the class.
    for (const norm of norms) Reflect.deleteProperty(norm, "call");
  }
}
