// A network's forward pass: pictures to logits. Differentiable; layers that differ between training and use are told
// apart here.

import {
  add,
  batchNorm,
  matMul,
  mul,
  tensor,
  util,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
} from "@tensorflow/tfjs-core";

import type { NetworkOperations } from "./backend.ts";
import type { Generator } from "./generator.ts";
import type { Layer, Stage } from "./stages.ts";

/** What a pass is for. */
export type Pass =
  /** BatchNorm by the batch's own statistics; dropout by masks that `generator` draws. */
  | { readonly kind: "training"; readonly generator: Generator }
  /** As in training, without dropout; every BatchNorm layer's statistics are told. */
  | { readonly kind: "statistics"; readonly tell: (layer: Layer, statistics: BatchStatistics) => void }
  /** BatchNorm by the population's statistics, without dropout. */
  | { readonly kind: "evaluation" };

/** What a batch was like before a BatchNorm layer. The tensors `[channels]` live as long as the pass. */
export interface BatchStatistics {
  readonly mean: Tensor1D;
  readonly variance: Tensor1D;
  /** Values of a channel in the batch. */
  readonly count: number;
}

/** Logits `[batch, classes]` of the pictures `[batch, height, width, 1]`. Call it in a tidy. */
export function forward(
  stages: readonly Stage[],
  operations: NetworkOperations,
  pictures: Tensor4D,
  pass: Pass,
): Tensor2D {
  let values: Tensor = pictures;
  for (const stage of stages) values = runStage(stage, operations, values, pass);
  return values as Tensor2D;
}

function runStage(stage: Stage, operations: NetworkOperations, values: Tensor, pass: Pass): Tensor {
  switch (stage.kind) {
    case "convPool": {
      const [filter, bias] = weightsOf(stage.layer) as [Tensor4D, Tensor1D];
      return operations.convReluMaxPool(values as Tensor4D, filter, bias);
    }
    case "batchNorm": {
      const [scale, offset, mean, variance] = weightsOf(stage.layer) as [Tensor1D, Tensor1D, Tensor1D, Tensor1D];
      if (pass.kind === "evaluation") return batchNorm(values, mean, variance, offset, scale, stage.epsilon);
      const normalized = operations.batchNormInTraining(values, scale, offset, stage.epsilon);
      if (pass.kind === "statistics") {
        pass.tell(stage.layer, { ...normalized, count: values.size / scale.size });
      }
      return normalized.y;
    }
    case "dropout":
      return pass.kind === "training" && stage.rate > 0
        ? mul(values, dropoutMask(values.shape, stage.rate, pass.generator))
        : values;
    case "logits": {
      const [kernel, bias] = weightsOf(stage.layer) as [Tensor2D, Tensor1D | undefined];
      const products = matMul(values as Tensor2D, kernel);
      return bias === undefined ? products : add(products, bias);
    }
    default:
      return stage.layer.apply(values) as Tensor;
  }
}

/** The variables of a layer, in its own order. */
function weightsOf(layer: Layer): readonly Tensor[] {
  return layer.weights.map((weight) => weight.read());
}

/** 0 with probability `rate`, else 1 / (1 - rate), so that the expected value stays (Srivastava et al. 2014). */
function dropoutMask(shape: number[], rate: number, generator: Generator): Tensor {
  const kept = 1 / (1 - rate);
  const values = new Float32Array(util.sizeFromShape(shape));
  // Float32Array.from with a function takes several times as long.
  for (let index = 0; index < values.length; index++) values[index] = generator.uniform() < rate ? 0 : kept;
  return tensor(values, shape);
}
