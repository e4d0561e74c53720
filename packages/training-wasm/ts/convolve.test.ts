// Forward convolutions and their gradients, of every kind of kernel: fused with bias and activation, on any number of
// threads, and of what stock TensorFlow.js has no kernels for.

import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

import { enableTraining } from "./index.ts";
import { Kernels } from "./kernels.ts";
import { bytesOf, generator, tensor } from "./testing/numbers.ts";
import { tf } from "./testing/tensorflow.ts";

beforeAll(async () => {
  await enableTraining();
});

type Pair = [tf.Tensor4D, tf.Tensor4D];

interface Kind {
  readonly name: string;
  readonly isDepthwise?: boolean;
  readonly x: tf.Tensor4D["shape"];
  readonly filter: tf.Tensor4D["shape"];
  readonly strides?: number;
  readonly dilations?: number;
}

const KINDS: readonly Kind[] = [
  { name: "1x1", x: [3, 9, 9, 20], filter: [1, 1, 20, 13] },
  { name: "1x1 with stride", x: [2, 9, 9, 8], filter: [1, 1, 8, 24], strides: 2 },
  { name: "3x3 with stride", x: [2, 15, 12, 3], filter: [3, 3, 3, 16], strides: 2 },
  { name: "3x3 by Winograd's method", x: [2, 20, 24, 8], filter: [3, 3, 8, 12] },
  { name: "7x7 with dilation", x: [1, 20, 18, 3], filter: [7, 7, 3, 9], dilations: 2 },
  { name: "depthwise", isDepthwise: true, x: [2, 14, 13, 18], filter: [3, 3, 18, 1] },
  { name: "depthwise with stride", isDepthwise: true, x: [2, 14, 13, 18], filter: [3, 3, 18, 1], strides: 2 },
  { name: "depthwise with multiplier", isDepthwise: true, x: [2, 9, 8, 5], filter: [5, 5, 5, 3] },
];

function operands({ x, filter }: Kind): Pair {
  const next = generator(71);
  return [tensor<tf.Rank.R4>(next, x), tensor<tf.Rank.R4>(next, filter)];
}

function convolve({ isDepthwise, strides = 1, dilations = 1 }: Kind, [x, filter]: Pair): tf.Tensor4D {
  return isDepthwise === true
    ? tf.depthwiseConv2d(x, filter, strides, "same", "NHWC", dilations)
    : tf.conv2d(x, filter, strides, "same", "NHWC", dilations);
}

describe.each(KINDS)("a convolution: $name", (kind) => {
  afterAll(async () => {
    await enableTraining();
  });

  it.each(["linear", "relu", "relu6"] as const)("normalized, with %s, has the bytes of its steps", (activation) => {
    // Large enough to be deferred.
    const [x, filter] = operands({ ...kind, x: [28, kind.x[1], kind.x[2], kind.x[3]] });
    const channels = kind.isDepthwise === true ? filter.shape[2] * filter.shape[3] : filter.shape[3];
    const [bias, mean, offset, scale, spread] = [72, 73, 74, 75, 76].map((seed) => {
      return tensor<tf.Rank.R1>(generator(seed), [channels]);
    }) as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
    const bytes = (read: boolean): Buffer =>
      tf.tidy(() => {
        const at = <T extends tf.Tensor>(each: T): T => {
          if (read) each.dataSync();
          return each;
        };
        const sums = at(tf.add<tf.Tensor4D>(at(convolve(kind, [x, filter])), bias));
        const normalized = at(tf.batchNorm(sums, mean, tf.square(spread), offset, scale, 0.01));
        if (activation === "linear") return bytesOf(normalized);
        const rectified = at(tf.relu(normalized));
        return bytesOf(activation === "relu" ? rectified : tf.clipByValue(rectified, 0, 6));
      });
    const run = vi.spyOn(Kernels.prototype, "run");
    const fused = bytes(false);
    const names = run.mock.calls.map(([name]) => name);
    run.mockRestore();
    expect(names).not.toContain("evaluate");
    expect(fused.equals(bytes(true))).toBe(true);
    tf.dispose([x, filter, bias, mean, offset, scale, spread]);
  });

  it.each(["linear", "relu", "relu6", "elu"] as const)("fused with a bias and %s equals its steps", (activation) => {
    const [x, filter] = operands(kind);
    const sums = convolve(kind, [x, filter]);
    const bias = tensor<tf.Rank.R1>(generator(72), [sums.shape[3]]);
    const settings = { x, filter, strides: kind.strides ?? 1, pad: "same", dilations: kind.dilations ?? 1 } as const;
    const fused = (more: object): tf.Tensor =>
      kind.isDepthwise === true
        ? tf.fused.depthwiseConv2d({ ...settings, ...more })
        : tf.fused.conv2d({ ...settings, ...more });
    const step = { linear: tf.clone, relu: tf.relu, relu6: tf.relu6, elu: tf.elu }[activation];
    expect(bytesOf(fused({ bias, activation }))).toEqual(bytesOf(step(tf.add(sums, bias))));
    expect(bytesOf(fused({ activation }))).toEqual(bytesOf(step(sums)));
  });

  it("has the same bytes on any number of threads, as have its gradients", async () => {
    const pair = operands(kind);
    const answers: Buffer[][] = [];
    for (const threads of [1, 2, 5]) {
      await enableTraining({ threads });
      const sum = (x: tf.Tensor, filter: tf.Tensor): tf.Tensor =>
        tf.sum(tf.square(convolve(kind, [x as tf.Tensor4D, filter as tf.Tensor4D])));
      answers.push([convolve(kind, pair), ...tf.grads(sum)(pair)].map(bytesOf));
    }
    const [first] = answers;
    for (const answer of answers) expect(answer).toEqual(first);
  });
});

describe("what stock TensorFlow.js has no kernels for", () => {
  it("a filter of 33 x 33 pixels is convolved and differentiated", () => {
    const [x, filter] = [tf.ones<tf.Rank.R4>([1, 33, 33, 1]), tf.ones<tf.Rank.R4>([33, 33, 1, 1])];
    for (const convolution of [tf.conv2d, tf.depthwiseConv2d]) {
      expect([...convolution(x, filter, 1, "valid").dataSync()]).toEqual([33 * 33]);
    }
    const gradients = tf.grads((...[image, weights]: tf.Tensor[]) =>
      tf.conv2d(image as tf.Tensor4D, weights as tf.Tensor4D, 2, "same"),
    );
    // 17 x 17 outputs: what the middle pixel is seen by, and what the middle tap sees.
    const middle = 16 * 33 + 16;
    expect(gradients([x, filter]).map((gradient) => gradient.dataSync()[middle])).toEqual([17 * 17, 17 * 17]);
  });

  it("channels first are rejected", () => {
    const convolution = (): tf.Tensor =>
      tf.conv2d(tf.ones<tf.Rank.R4>([1, 2, 3, 3]), tf.ones([1, 1, 2, 1]), 1, "valid", "NCHW");
    expect(convolution).toThrow(expect.objectContaining({ code: "UNSUPPORTED_OPERATION" }) as Error);
  });
});
