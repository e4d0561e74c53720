// Operations with a bias and an activation in one kernel: stock TensorFlow.js takes no bias but one number a channel.

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
interface FusedAttributes {
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

/** `fused` as it is where the bias has one number a channel, or there is none; else its steps one after the other. */
export function withAnyBias(heap: Heap, name: string, fused: KernelFunc): Kernel {
  return kernel<string, FusedAttributes>(name, ({ bias, preluActivationWeights, ...inputs }, attributes) => {
    const { activation, leakyreluAlpha } = attributes;
    const withoutBias = preluActivationWeights === undefined ? inputs : { ...inputs, preluActivationWeights };
    if (bias === undefined || (bias.shape.length === 1 && bias.shape[0] !== 1)) {
      const all = bias === undefined ? withoutBias : { ...withoutBias, bias };
      return fused({ inputs: all, attrs: { ...attributes }, backend: heap.backend });
    }
    const attrs = { ...attributes, activation: "linear" };
    const product = fused({ inputs, attrs, backend: heap.backend }) as TensorInfo;
    let sum;
    try {
      sum = runKernel(heap, Add, { a: product, b: bias });
    } finally {
      heap.backend.disposeData(product.dataId);
    }
    const step = ACTIVATIONS[activation];
    if (step === null) return sum;
    const alpha = preluActivationWeights === undefined ? {} : { alpha: preluActivationWeights };
    try {
      return runKernel(heap, step, { x: sum, ...alpha }, leakyreluAlpha === undefined ? {} : { alpha: leakyreluAlpha });
    } finally {
      heap.backend.disposeData(sum.dataId);
    }
  });
}
