// The operations of @silhouette/training-wasm on tfjs-node: the same results, computed by native TensorFlow operations.
//
// TensorFlow.js computes the gradients of ReLU and batch normalization with many small operations; TensorFlow has a single
// operation for each. Using it halves the time and the memory of a training step.

import type { AdamSettings, AdamStepped } from "@silhouette/training-wasm";
import {
  add,
  backend,
  batchNorm,
  conv2d,
  customGrad,
  div,
  maxPool,
  mean,
  mul,
  relu,
  reshape,
  scalar,
  sqrt,
  square,
  sub,
  tensor1d,
  tidy,
  type Tensor,
  type Tensor1D,
  type Tensor4D,
} from "@tensorflow/tfjs-core";

import type { NetworkOperations } from "../../backend/operations.ts";

/** An attribute of a TensorFlow operation. */
interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: number | string | boolean;
}

/** An untyped feature of tfjs-node's backend: running any TensorFlow operation by name. */
interface NativeBackend {
  readonly binding: Readonly<
    Record<"TF_FLOAT" | "TF_ATTR_TYPE" | "TF_ATTR_FLOAT" | "TF_ATTR_BOOL" | "TF_ATTR_STRING", number>
  >;
  executeMultipleOutputs(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly Tensor[],
    outputs: number,
  ): Tensor[];
}

/** Saves tensors for the backward pass. */
type Save = (tensors: Tensor[]) => void;

/** See `NetworkOperations`. */
export const tensorflowNodeOperations: NetworkOperations = {
  convReluMaxPool(x, filter, bias) {
    // A pooling window shares one bias and ReLU is monotonic, so both can be applied after pooling, at a quarter of the cost.
    return biasRelu(maxPool(conv2d(x, filter, 1, "valid"), 2, 2, "valid"), bias);
  },

  batchNormInTraining<T extends Tensor>(x: T, scale: Tensor1D, offset: Tensor1D, epsilon: number) {
    // TensorFlow's operation expects four axes: [rows, 1, 1, channels].
    const rows = reshape(x, [-1, 1, 1, scale.size]) as Tensor4D;
    // The statistics of TensorFlow's forward pass are less accurate: gradients would be ten times as far from PyTorch's.
    const means = axisByAxis(x);
    const variance = tidy(() => axisByAxis(square(sub(x, means))));
    const normalized = customGrad((...args) => {
      const save = args.at(-1) as Save;
      // The last one is empty on CPUs.
      save([rows, scale, means, variance, tensor1d([])]);
      return {
        value: batchNorm(rows, means, variance, offset, scale, epsilon),
        gradFunc: (dy, saved) => {
          const { TF_ATTR_BOOL, TF_ATTR_FLOAT, TF_ATTR_STRING } = nativeBackend().binding;
          const attributes = [
            floats("T"),
            floats("U"),
            { name: "epsilon", type: TF_ATTR_FLOAT, value: epsilon },
            { name: "data_format", type: TF_ATTR_STRING, value: "NHWC" },
            { name: "is_training", type: TF_ATTR_BOOL, value: true },
          ];
          return native("FusedBatchNormGradV3", attributes, [dy, ...saved], 5).slice(0, 3);
        },
      };
    })(rows, scale, offset);
    return { y: reshape(normalized, x.shape) as T, mean: means, variance };
  },

  adamStep<T extends Tensor>(
    { value, m, v }: AdamStepped<T>,
    gradient: T,
    step: number,
    { learningRate, beta1, beta2, epsilon }: AdamSettings,
  ) {
    const [nextValue, nextM, nextV] = tidy(() => {
      const m1 = add(mul(m, scalar(beta1)), mul(gradient, scalar(1 - beta1)));
      const v1 = add(mul(v, scalar(beta2)), mul(square(gradient), scalar(1 - beta2)));
      const root = add(sqrt(mul(v1, scalar(1 / (1 - beta2 ** step)))), scalar(epsilon));
      const value1 = sub(value, div(mul(m1, scalar(learningRate / (1 - beta1 ** step))), root));
      return [value1, m1, v1] as [T, T, T];
    });
    return { value: nextValue, m: nextM, v: nextV };
  },

  areFinite(tensors) {
    return tensors.every((each) => each.dataSync<"float32">().every((value) => Number.isFinite(value)));
  },

  // The map kept for the backward pass, and its gradient.
  mapsBeforePooling: 2,
};

/** The mean over all axes but the last, one axis at a time, since the rounding error grows with the length of a sum. */
function axisByAxis(x: Tensor): Tensor1D {
  return tidy(() => {
    let means = x;
    while (means.rank > 1) means = mean(means, means.rank - 2);
    return means as Tensor1D;
  });
}

/** `relu(map + bias)` for a map `[batch, height, width, channels]`. */
function biasRelu(map: Tensor4D, bias: Tensor1D): Tensor4D {
  return customGrad((...args) => {
    const save = args.at(-1) as Save;
    const value = relu(add<Tensor4D>(map, bias));
    save([value]);
    return {
      value,
      gradFunc: (dy, saved) => {
        const { TF_ATTR_STRING } = nativeBackend().binding;
        const attributes = [floats("T"), { name: "data_format", type: TF_ATTR_STRING, value: "NHWC" }];
        const dMap = native("ReluGrad", [floats("T")], [dy, ...saved], 1);
        return [...dMap, ...native("BiasAddGrad", attributes, dMap, 1)];
      },
    };
  })(map, bias) as Tensor4D;
}

function nativeBackend(): NativeBackend {
  return backend() as unknown as NativeBackend;
}

/** The attribute that declares a tensor type as 32-bit floating point. */
function floats(name: string): Attribute {
  const { TF_ATTR_TYPE, TF_FLOAT } = nativeBackend().binding;
  return { name, type: TF_ATTR_TYPE, value: TF_FLOAT };
}

/** Runs a TensorFlow operation; the caller owns the output tensors. TensorFlow.js' gradient tape does not record it. */
function native(name: string, attributes: readonly Attribute[], inputs: readonly Tensor[], outputs: number): Tensor[] {
  return nativeBackend().executeMultipleOutputs(name, attributes, inputs, outputs);
}
