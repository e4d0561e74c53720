// Gradients of dilated convolutions, which TensorFlow.js rejects.

import {
  backend_util,
  engine,
  getBackend,
  type Conv2DAttrs,
  type GradConfig,
  type NamedTensorMap,
  type Tensor,
} from "@tensorflow/tfjs-core";

/** Kernels of a convolution. */
interface Convolution {
  readonly forward: string;
  readonly inputGradient: string;
  readonly filterGradient: string;
}

/** How TensorFlow.js differentiates a convolution: by `usual`, but on our backend also if it is dilated. */
export function dilatedGradient(
  { forward, inputGradient, filterGradient }: Convolution,
  usual: GradConfig | undefined,
): GradConfig {
  return {
    kernelName: forward,
    inputsToSave: ["x", "filter"],
    gradFunc: (dy, saved, attributes) => {
      // tf.layers leaves them out.
      const dilations = (attributes as Partial<Conv2DAttrs>).dilations ?? 1;
      if (usual !== undefined && (getBackend() !== "wasm" || backend_util.tupleValuesAreOne(dilations)))
        return usual.gradFunc(dy, saved, attributes);
      const [x, filter] = saved as [Tensor, Tensor];
      const run = (name: string, inputs: NamedTensorMap, shape: object): Tensor =>
        engine().runKernel<Tensor>(name, inputs, { ...attributes, dilations, ...shape });
      return {
        x: () => run(inputGradient, { dy: dy as Tensor, filter }, { inputShape: x.shape }),
        filter: () => run(filterGradient, { x, dy: dy as Tensor }, { filterShape: filter.shape }),
      };
    },
  };
}
