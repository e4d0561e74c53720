// Gradients of sums and means: broadcast. TensorFlow.js multiplies by a tensor of ones.

import {
  broadcastTo,
  div,
  Mean,
  reshape,
  Sum,
  util,
  type GradConfig,
  type MeanAttrs,
  type NamedAttrMap,
  type Tensor,
} from "@tensorflow/tfjs-core";

/** `dy` of each sum along `attributes.axis` of `x`, for each number that it adds. */
function spread(dy: Tensor, x: Tensor, attributes: NamedAttrMap): Tensor {
  const axes = axesOf(x, attributes);
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return broadcastTo(reshape(dy, kept), x.shape);
}

function axesOf({ shape }: Tensor, attributes: NamedAttrMap): readonly number[] {
  return util.parseAxisParam((attributes as unknown as MeanAttrs).axis, shape);
}

export const sumGradients: readonly GradConfig[] = [
  {
    kernelName: Sum,
    inputsToSave: ["x"],
    gradFunc: (dy, saved, attributes) => {
      const [x] = saved as [Tensor];
      return { x: () => spread(dy as Tensor, x, attributes) };
    },
  },
  {
    kernelName: Mean,
    inputsToSave: ["x"],
    gradFunc: (dy, saved, attributes) => {
      const [x] = saved as [Tensor];
      const count = axesOf(x, attributes).reduce((product, axis) => product * (x.shape[axis] ?? 1), 1);
      return { x: () => spread(div(dy as Tensor, count), x, attributes) };
    },
  },
];
