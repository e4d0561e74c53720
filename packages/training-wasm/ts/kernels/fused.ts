// Operations fused with a bias and an activation: kernels support some of them, the rest is computed step by step.

import {
  Add,
  Elu,
  LeakyRelu,
  Prelu,
  Relu,
  Relu6,
  Sigmoid,
  type KernelFunc,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import type { Heap } from "../heap.ts";
import { kernel, runKernel, type Kernel } from "./kernel.ts";

/** Attributes of all fused operations. */
export interface FusedAttributes {
  readonly activation: keyof typeof ACTIVATIONS;
  readonly leakyreluAlpha?: number;
}

const ACTIVATIONS = {
  linear: null,
  relu: Relu,
  relu6: Relu6,
  sigmoid: Sigmoid,
  elu: Elu,
  leakyrelu: LeakyRelu,
  prelu: Prelu,
} as const;

/** Activations that our kernels apply to their sums, by their codes: `Activation` in `src/epilogue.rs`. */
export const ACTIVATION_CODES = { linear: 0, relu: 1, relu6: 2 } as const;

/** An activation that our kernels apply. */
export type FusedActivation = keyof typeof ACTIVATION_CODES;

/**
 * `fused` itself if the bias has one number per channel or there is none; otherwise its steps one after the other.
 *
 * @param isRight whether `fused` is correct for these inputs
 */
export function withAnyBias(
  heap: Heap,
  name: string,
  fused: KernelFunc,
  isRight: (inputs: Readonly<Record<string, TensorInfo>>, attributes: FusedAttributes) => boolean = () => true,
): Kernel {
  return kernel<string, FusedAttributes>(name, (all, attributes) => {
    const { backend } = heap;
    const { bias, preluActivationWeights, ...inputs } = all;
    const { activation, leakyreluAlpha } = attributes;
    const isUsual = bias === undefined || (bias.shape.length === 1 && bias.shape[0] !== 1);
    if (isUsual && isRight(all, attributes)) return fused({ inputs: all, attrs: { ...attributes }, backend });
    const attrs = { ...attributes, activation: "linear" as const };
    const isBiasFused = isUsual && bias !== undefined && isRight(all, attrs);
    const product = fused({ inputs: isBiasFused ? { ...inputs, bias } : inputs, attrs, backend }) as TensorInfo;
    const sum = bias === undefined || isBiasFused ? product : replaced(heap, Add, { a: product, b: bias }, product);
    const step = ACTIVATIONS[activation];
    if (step === null) return sum;
    const alpha = preluActivationWeights === undefined ? {} : { alpha: preluActivationWeights };
    return replaced(
      heap,
      step,
      { x: sum, ...alpha },
      sum,
      leakyreluAlpha === undefined ? {} : { alpha: leakyreluAlpha },
    );
  });
}

/** The result of a step; frees its input `former`. */
function replaced(
  heap: Heap,
  step: string,
  inputs: Readonly<Record<string, TensorInfo>>,
  former: TensorInfo,
  attributes: object = {},
): TensorInfo {
  try {
    return runKernel(heap, step, inputs, attributes);
  } finally {
    heap.backend.disposeData(former.dataId);
  }
}
