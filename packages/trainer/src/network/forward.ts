// A network's forward pass: pictures to logits. Differentiable. Layers that behave differently in training and inference are
// handled here.

import {
  add,
  matMul,
  mul,
  tensor,
  util,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
} from "@tensorflow/tfjs-core";

import type { NetworkOperations } from "../backend/operations.ts";
import { normalize, withBatchNorms, type Normalizer, type ReportStatistics } from "./batch-norm.ts";
import type { Generator } from "../values/generator.ts";
import type { Layer } from "./layer-tree.ts";
import { withDrawsOf } from "./seeded-draws.ts";
import type { Stage } from "./stages.ts";

/** Purpose of a pass. */
export type Pass =
  /** BatchNorm with the batch's own statistics, unless it is frozen; dropout and noise drawn from `generator`. */
  | { readonly kind: "training"; readonly generator: Generator }
  /** As in training, without dropout and noise; reports the statistics of every BatchNorm layer. */
  | { readonly kind: "statistics"; readonly report: ReportStatistics }
  /** BatchNorm with population statistics, without dropout and noise. */
  | { readonly kind: "evaluation" };

/** Data passed from stage to stage. */
interface Flow {
  readonly values: Tensor;
  /** Mask of valid time steps, if a layer has set one: `[batch, steps]`. */
  readonly mask?: Tensor | undefined;
}

/** Logits of a batch, and what they are computed from. */
export interface Output {
  /** `[batch, classes]`. */
  readonly logits: Tensor2D;
  /** `[batch, ...]`: what each stage gets, in order. */
  readonly inputs: readonly Tensor[];
}

/** Logits for the pictures `[batch, height, width, channels]`. Call it in a tidy. */
export function forward(
  stages: readonly Stage[],
  operations: NetworkOperations,
  pictures: Tensor4D,
  pass: Pass,
): Output {
  const run = (): Output => {
    let flow: Flow = { values: pictures };
    const inputs: Tensor[] = [];
    for (const stage of stages) {
      inputs.push(flow.values);
      flow = runStage(stage, operations, flow, pass);
    }
    return { logits: flow.values as Tensor2D, inputs };
  };
  return pass.kind === "training" ? withDrawsOf(pass.generator, run) : run();
}

/** The last feature map of a pass, and what follows it. */
export interface LastMap {
  /** `[batch, rows, columns, channels]`. */
  readonly map: Tensor4D;
  /** The stages that compute the logits from it. */
  readonly rest: readonly Stage[];
}

/**
 * The last feature map of an evaluation: what the stages before the first one without rows and columns compute. Undefined if they
 * compute none. Call it in a tidy.
 *
 * @param pictures `[batch, height, width, channels]`
 */
export function lastMap(
  stages: readonly Stage[],
  operations: NetworkOperations,
  pictures: Tensor4D,
): LastMap | undefined {
  let flow: Flow = { values: pictures };
  let last: LastMap | undefined;
  for (const [index, stage] of stages.entries()) {
    flow = runStage(stage, operations, flow, { kind: "evaluation" });
    if (flow.values.rank === 4) last = { map: flow.values as Tensor4D, rest: stages.slice(index + 1) };
  }
  return last;
}

/** The same of a pass that has been computed, by what each of its stages gets. */
export function lastMapAmong(stages: readonly Stage[], inputs: readonly Tensor[]): LastMap | undefined {
  const at = inputs.findLastIndex(({ rank }, index) => index > 0 && rank === 4);
  return at === -1 ? undefined : { map: inputs[at] as Tensor4D, rest: stages.slice(at) };
}

function runStage(stage: Stage, operations: NetworkOperations, flow: Flow, pass: Pass): Flow {
  const { values, mask } = flow;
  const by = normalizerOf(pass);
  switch (stage.kind) {
    case "convPool": {
      const [filter, bias] = weightsOf(stage.layer) as [Tensor4D, Tensor1D];
      return { values: operations.convReluMaxPool(values as Tensor4D, filter, bias) };
    }
    case "batchNorm":
      return { values: normalize(stage.layer, operations, values, stage.isFrozen ? POPULATION : by), mask };
    case "dropout":
      return pass.kind === "training" && stage.rate > 0
        ? { values: mul(values, dropoutMask(values.shape, stage.rate, pass.generator)), mask }
        : flow;
    case "logits": {
      const [kernel, bias] = weightsOf(stage.layer) as [Tensor2D, Tensor1D | undefined];
      const products = matMul(values as Tensor2D, kernel);
      return { values: bias === undefined ? products : add(products, bias) };
    }
    default: {
      const { layer, norms, frozenNorms, masks } = stage;
      const settings = { training: pass.kind === "training", ...(mask && { mask }) };
      const apply = (): Tensor => layer.apply(values, settings) as Tensor;
      return {
        values: withBatchNorms(norms, operations, (norm) => (frozenNorms.has(norm) ? POPULATION : by), apply),
        mask: masks ? maskAfter(layer, flow) : undefined,
      };
    }
  }
}

const POPULATION: Normalizer = { kind: "population" };

function normalizerOf(pass: Pass): Normalizer {
  if (pass.kind === "evaluation") return POPULATION;
  return { kind: "batch", report: pass.kind === "statistics" ? pass.report : () => undefined };
}

function maskAfter(layer: Layer, { values, mask }: Flow): Tensor | undefined {
  // TensorFlow.js declares the mask as required, but accepts undefined.
  const after: Tensor | (Tensor | null)[] | null = layer.computeMask(values, mask);
  return [after].flat()[0] ?? undefined;
}

/** The variables of a layer, in the layer's order. */
function weightsOf(layer: Layer): readonly Tensor[] {
  return layer.weights.map((weight) => weight.read());
}

/** 0 with probability `rate`, else 1 / (1 - rate), which preserves the expected value (Srivastava et al. 2014). */
function dropoutMask(shape: number[], rate: number, generator: Generator): Tensor {
  const kept = 1 / (1 - rate);
  const values = new Float32Array(util.sizeFromShape(shape));
  // Float32Array.from with a function takes several times as long.
  for (let index = 0; index < values.length; index++) values[index] = generator.uniform() < rate ? 0 : kept;
  return tensor(values, shape);
}
