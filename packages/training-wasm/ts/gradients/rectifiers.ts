// Gradients of ReLU and ReLU up to 6, of their results. TensorFlow.js keeps their inputs, which nothing else reads.

import { mul, Relu, Relu6, scalar, step, sub, type GradConfig, type Tensor } from "@tensorflow/tfjs-core";

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
      return { x: () => mul(dy as Tensor, mul(step(y), step(sub(scalar(6), y)))) };
    },
  },
];
