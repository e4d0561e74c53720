// Gradients of ReLU, ReLU up to 6 and clipping, as products that the backend computes together with what surrounds
// them. TensorFlow.js keeps the inputs of ReLU, which nothing else reads, and makes three tensors of truth values to clip.

import {
  ClipByValue,
  mul,
  Relu,
  Relu6,
  step,
  sub,
  type ClipByValueAttrs,
  type GradConfig,
  type Tensor,
} from "@tensorflow/tfjs-core";

/** 1 where `a > b`, and 0 elsewhere. */
function isAbove(a: Tensor | number, b: Tensor | number): Tensor {
  return step(sub(a, b));
}

export const rectifierGradients: readonly GradConfig[] = [
  {
    kernelName: Relu,
    outputsToSave: [true],
    gradFunc: (dy, saved) => {
      const [y] = saved as [Tensor];
      return { x: () => mul(dy as Tensor, step(y)) };
    },
  },
  {
    kernelName: Relu6,
    outputsToSave: [true],
    gradFunc: (dy, saved) => {
      const [y] = saved as [Tensor];
      return { x: () => mul(dy as Tensor, mul(step(y), isAbove(6, y))) };
    },
  },
  {
    kernelName: ClipByValue,
    inputsToSave: ["x"],
    gradFunc: (dy, saved, attributes) => {
      const [x] = saved as [Tensor];
      const { clipValueMin, clipValueMax } = attributes as unknown as ClipByValueAttrs;
      // The bounds themselves are within.
      const isWithin = () => mul(sub(1, isAbove(clipValueMin, x)), sub(1, isAbove(x, clipValueMax)));
      return { x: () => mul(dy as Tensor, isWithin()) };
    },
  },
];
