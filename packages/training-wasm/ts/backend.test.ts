// What enableTraining promises where all is well.

import { afterEach, describe, expect, it, vi } from "vitest";

import { convReluMaxPool, enableTraining } from "./index.ts";
import { bytesOf, distance } from "./testing/numbers.ts";
import { tf } from "./testing/tensorflow.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** A step through kernels of ours and through stock ones that ours call. */
function gradients(): tf.Tensor[] {
  return tf.grads((...all: tf.Tensor[]) => {
    const [x, filter, bias, weights] = all as [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D, tf.Tensor2D];
    const pooled = tf.reshape(convReluMaxPool(x, filter, bias), [2, 16]);
    return tf.fused.matMul({ a: weights, b: pooled, transposeA: true, transposeB: true });
  })([tf.ones([2, 6, 6, 1]), tf.ones([3, 3, 1, 4]), tf.ones([4]), tf.ones([16, 5])]);
}

describe("enableTraining", () => {
  it("starts once for two calls at once", async () => {
    const [first, second] = await Promise.all([enableTraining(), enableTraining()]);
    expect(second).toBe(first);
    expect(first.kernelSet).toBe("simd128");
    expect(first.heapBytes()).toBeGreaterThan(0);
    expect(tf.getBackend()).toBe("wasm");
    expect(Object.keys(tf.engine().registry)).toEqual(["wasm"]);
  });

  it("gives the same backend again, and registers nothing twice", async () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const first = await enableTraining();
    const kernels = tf.getKernelsForBackend("wasm").map(({ kernelFunc }) => kernelFunc);
    expect(await enableTraining()).toBe(first);
    expect(tf.getKernelsForBackend("wasm").map(({ kernelFunc }) => kernelFunc)).toEqual(kernels);
    expect(warn).not.toHaveBeenCalled();
  });

  it("makes a backend that was started before it the one that runs, and keeps its tensors", async () => {
    const x = tf.tensor1d([1, 2, 3]);
    await enableTraining();
    expect([...tf.mul(x, 2).dataSync()]).toEqual([2, 4, 6]);
  });

  it("serves a second backend of the same process as well as the first", async () => {
    const first = await enableTraining();
    const expected = gradients().map(bytesOf);
    tf.engine().reset();
    const second = await enableTraining();
    expect(second).not.toBe(first);
    expect(gradients().map(bytesOf)).toEqual(expected);
    const [a, b] = [tf.ones([4, 3]), tf.ones([3, 2])];
    expect(distance(tf.matMul(a, b), tf.tensor2d(Array(8).fill(3), [4, 2]))).toBe(0);
  });
});
