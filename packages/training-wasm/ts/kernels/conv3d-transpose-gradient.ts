// The gradient of tf.conv3dTranspose, which TensorFlow.js' core lacks.

import {
  Conv3DBackpropFilterV2,
  Conv3DBackpropInputV2,
  conv3d,
  engine,
  type Conv3DBackpropInputV2Attrs,
  type GradConfig,
  type Tensor,
  type Tensor5D,
} from "@tensorflow/tfjs-core";

/** A transposed convolution is linear in both: its input's gradient is a convolution, its filter's that of a convolution. */
export const conv3dTransposeGradient: GradConfig = {
  kernelName: Conv3DBackpropInputV2,
  inputsToSave: ["dy", "filter"],
  gradFunc: (gradient, saved, attributes) => {
    const { strides, pad } = attributes as unknown as Conv3DBackpropInputV2Attrs;
    const [dy, filter] = saved as [Tensor5D, Tensor5D];
    const x = gradient as Tensor5D;
    return {
      dy: () => conv3d(x, filter, strides, pad),
      filter: () =>
        engine().runKernel<Tensor>(Conv3DBackpropFilterV2, { x, dy }, { strides, pad, filterShape: filter.shape }),
    };
  },
};
