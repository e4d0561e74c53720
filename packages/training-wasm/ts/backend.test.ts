// enableTraining, when it succeeds.

import { availableParallelism } from "node:os";

import { afterEach, describe, expect, it, vi } from "vitest";

import { adamStep, areFinite, batchNormInTraining, convReluMaxPool, enableTraining } from "./index.ts";
import { bytesOf, distance, generator, tensor } from "./testing/numbers.ts";
import { tf } from "./testing/tensorflow.ts";

const wasmFactory = tf.findBackendFactory("wasm");

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

/** Gradients of all kernels that divide their work, at sizes that make many parts. */
function gradientsInParts(): tf.Tensor[] {
  const next = generator(51);
  const x = tensor<tf.Rank.R4>(next, [5, 37, 29, 4]);
  // Some of 0 and 1, some not.
  const pictures = tf.maximum(
    tf.round(
      tf.mul(
        tensor(next, [5, 37, 29, 1]),
        [2, 1, 1, 0.5, 3].map((factor) => [[[factor]]]),
      ),
    ),
    0,
  );
  const filters = [
    tensor<tf.Rank.R4>(next, [3, 3, 4, 12]),
    tensor<tf.Rank.R4>(next, [3, 3, 12, 2]),
    tensor<tf.Rank.R4>(next, [3, 3, 1, 12]),
  ] as const;
  const bias = tensor<tf.Rank.R1>(next, [12]);
  return tf.grads((...all: tf.Tensor[]) => {
    const [at, first, second, third, offset] = all as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor1D];
    const fused = batchNormInTraining(convReluMaxPool(at, first, offset), tf.ones([12]), offset, 1e-3).y;
    const plain = tf.add<tf.Tensor4D>(tf.conv2d(at, first, 2, "same"), offset);
    const both = [
      tf.depthwiseConv2d(fused, second, 1, "same"),
      tf.avgPool(tf.maxPool(plain, 3, 1, "same"), 2, 1, "same"),
    ];
    const rows = both.map((each) => tf.reshape(each, [5, -1]));
    return tf.addN([
      tf.sum(tf.square(tf.matMul(rows[0] as tf.Tensor2D, rows[0] as tf.Tensor2D, false, true))),
      tf.sum(rows[1] as tf.Tensor2D),
      tf.sum(tf.square(convReluMaxPool(pictures as tf.Tensor4D, third, offset))),
    ]);
  })([x, ...filters, bias]);
}

/** What the kernels that have no gradients give, at sizes that make many parts. */
function othersInParts(): tf.Tensor[] {
  const next = generator(52);
  const x = tensor<tf.Rank.R4>(next, [5, 37, 29, 12]);
  const [first, second] = [tensor<tf.Rank.R1>(next, [12]), tf.abs(tensor<tf.Rank.R1>(next, [12]))];
  const settings = { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
  const { value, m, v } = adamStep({ value: x, m: x, v: tf.abs(x) }, x, 3, settings);
  const rows = tf.reshape(x, [-1, 60]) as tf.Tensor2D;
  return [
    value,
    m,
    v,
    tf.batchNorm(x, first, second, first, first, 1e-3),
    tf.matMul(rows, tensor<tf.Rank.R2>(next, [60, 100])),
    tf.cast(tf.greater(x, 0), "float32"),
    tf.scalar(areFinite([x, tf.div(x, 0)]), "bool"),
  ];
}

describe("enableTraining", () => {
  it("gives the same bytes with any number of threads", async () => {
    // As text: Vitest compares buffers byte by byte.
    const answers: string[][] = [];
    for (const threads of [1, 2, 7]) {
      const training = await enableTraining({ threads });
      expect(training.threads).toBe(threads);
      for (let repetition = 0; repetition < 3; repetition++) {
        const all = [...gradientsInParts(), ...othersInParts()];
        answers.push(all.map((each) => bytesOf(each).toString("base64")));
      }
    }
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    await enableTraining({ threads: availableParallelism() });
  });

  it("leaves the process' own listeners alone, when it starts a backend and when that is disposed of", async () => {
    const own = [(): void => undefined, (): void => undefined] as const;
    const listeners = (): unknown[] => [
      process.listeners("uncaughtException"),
      process.listeners("unhandledRejection"),
    ];
    const before = listeners();
    process.on("uncaughtException", own[0]).on("unhandledRejection", own[1]);
    const with2 = listeners();
    tf.engine().reset();
    const removed: unknown[] = [];
    const note = (_: unknown, listener: unknown): unknown => removed.push(listener);
    process.on("removeListener", note);
    await enableTraining();
    process.off("removeListener", note);
    expect(listeners()).toEqual(with2);
    // Next.js, for one, notices that its own is removed, even if it is added again.
    expect(removed).not.toContain(own[1]);
    tf.removeBackend("wasm");
    expect(listeners()).toEqual(with2);
    process.off("uncaughtException", own[0]).off("unhandledRejection", own[1]);
    expect(listeners()).toEqual(before);
    tf.registerBackend("wasm", wasmFactory);
    await enableTraining();
  });

  it("starts the backend once, for two calls at once too", async () => {
    tf.removeBackend("wasm");
    const factory = vi.fn<typeof wasmFactory>(wasmFactory);
    tf.registerBackend("wasm", factory);
    const [first, second] = await Promise.all([enableTraining(), enableTraining()]);
    expect(factory).toHaveBeenCalledTimes(1);
    expect(second).toBe(first);
    expect(first.threads).toBe(availableParallelism());
    expect(first.oneThreadBecause).toBeNull();
    expect(first.heapBytes()).toBeGreaterThan(0);
    expect(tf.getBackend()).toBe("wasm");
    expect(Object.keys(tf.engine().registry)).toEqual(["wasm"]);
  });

  it("returns the same backend again, and registers nothing twice", async () => {
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
