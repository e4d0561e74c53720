// The heap at its limits. This file runs in its own process, since the heap never shrinks.

import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { beforeAll, describe, expect, it, vi } from "vitest";

import { convReluMaxPool, enableTraining, type TrainingBackend } from "./index.ts";
import { KeptForms } from "./kept-forms.ts";
import { generator, tensor } from "./testing/numbers.ts";
import { tf } from "./testing/tensorflow.ts";

const MEBIBYTE = 2 ** 20;
const FLOATS_OF_A_GIBIBYTE = 2 ** 28;

let training: TrainingBackend;
beforeAll(async () => {
  training = await enableTraining();
});

const outOfMemory = expect.objectContaining({ name: "TrainingWasmError", code: "OUT_OF_MEMORY" }) as Error;

/** A tensor whose values are not set, so that the machine need not have its memory. */
function untouched(floats: number): tf.Tensor {
  return tf.engine().makeTensorFromTensorInfo((tf.backend() as BackendWasm).makeOutput([floats], "float32"));
}

/** Takes blocks until there is no room for another. */
function fill(mebibytes: number): tf.Tensor[] {
  const taken: tf.Tensor[] = [];
  expect(() => {
    for (let room = 4096; room >= 0; room -= mebibytes) taken.push(untouched((mebibytes * MEBIBYTE) / 4));
  }).toThrow(outOfMemory);
  return taken;
}

function addressOf({ dataId }: tf.Tensor): number {
  return (tf.backend() as BackendWasm).getMemoryOffset(dataId);
}

function expectToWork(): void {
  expect([...tf.tidy(() => tf.add(2, 2).dataSync())]).toEqual([4]);
}

describe("the heap", () => {
  it("does not have to hold the map before pooling", () => {
    // The map has 64 MiB, the pooled one 16: without fusion three of the first would be there at once.
    const x = tf.ones<tf.Rank.R4>([1, 514, 514, 1]);
    const filter = tensor<tf.Rank.R4>(generator(41), [3, 3, 1, 64]);
    const gradient = tf.grad((at: tf.Tensor) => convReluMaxPool(x, at as tf.Tensor4D, tf.zeros([64])));
    const before = training.heapBytes();
    tf.tidy(() => gradient(filter).dataSync());
    expect(training.heapBytes() - before).toBeLessThan(80 * MEBIBYTE);
    tf.dispose([x, filter]);
  });

  it("rejects a tensor larger than itself, and goes on working", () => {
    const { numTensors } = tf.memory();
    const heapBytes = training.heapBytes();
    for (const gibibytes of [4, 5, 8, 64]) {
      expect(() => tf.tile([1], [gibibytes * FLOATS_OF_A_GIBIBYTE])).toThrow(outOfMemory);
    }
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(training.heapBytes()).toBe(heapBytes);
    expectToWork();
  });

  it("says when it is full, how much was requested, and what to do", () => {
    const taken = fill(1024);
    expect(taken).toHaveLength(3);
    const large = tf.tile([1], [FLOATS_OF_A_GIBIBYTE]);
    expect(() => large.dataSync()).toThrow(
      /^Expected 1024 MiB more for a tensor, but the WASM heap has \d+ MiB and cannot grow so far \(its limit is 3840 MiB\)\. Use a smaller batch or smaller pictures\.$/u,
    );
    // What is small still fits.
    expectToWork();
    tf.dispose([large, taken]);
    expectToWork();
  });

  it("computes a tensor that did not fit once there is room", () => {
    const taken = fill(1024);
    const y = tf.tidy(() => tf.neg(tf.tile([1], [2 ** 26])));
    const more = fill(128);
    expect(() => y.dataSync()).toThrow(outOfMemory);
    tf.dispose([taken, more]);
    expect(y.dataSync().subarray(0, 2)).toEqual(Float32Array.of(-1, -1));
    y.dispose();
  });

  it("takes what kept filters have before it is full", () => {
    const lend = vi.spyOn(KeptForms.prototype, "lend");
    const next = generator(43);
    const [x, filter] = [tensor<tf.Rank.R4>(next, [1, 40, 40, 256]), tensor<tf.Rank.R4>(next, [3, 3, 256, 256])];
    const call = (): Float32Array => tf.tidy(() => tf.conv2d(x, filter, 1, "same").dataSync<"float32">());
    const expected = call();
    expect(call()).toEqual(expected);
    const [forms] = lend.mock.contexts as KeptForms[];
    vi.restoreAllMocks();
    expect(forms?.bytes).toBe(9 * MEBIBYTE);
    const taken = fill(1);
    expect(forms?.bytes).toBe(0);
    tf.dispose(taken);
    expect(call()).toEqual(expected);
    tf.dispose([x, filter]);
  });

  it("gives no block that ends beyond it, as the stock allocator does near the last address", () => {
    // Leaves room at the heap's end that is too small for the last block.
    for (const mebibytes of [1024, 700, 500, 300]) {
      const taken = fill(mebibytes);
      for (const each of taken) expect(addressOf(each) + 4 * each.size).toBeLessThanOrEqual(training.heapBytes());
      tf.dispose(taken);
    }
  });

  it("can be filled again and again after it was emptied", () => {
    const counts = Array.from({ length: 4 }, () => {
      const taken = fill(200);
      expectToWork();
      tf.dispose(taken);
      return taken.length;
    });
    expect(counts[0]).toBeGreaterThanOrEqual(17);
    expect(new Set(counts).size).toBe(1);
  });

  it("reaches tensors beyond 2 GiB", () => {
    // Also the small places at the heap's begin are taken; then there is room at its end.
    const taken = [1000, 100, 1, 0.125].flatMap((mebibytes) => fill(mebibytes));
    const highest = taken.reduce((best, each) => (addressOf(each) > addressOf(best) && each.size > 2e7 ? each : best));
    highest.dispose();
    const next = generator(42);
    const inputs = [tensor(next, [2, 160, 160, 1]), tensor(next, [3, 3, 1, 8]), tensor(next, [8])];
    expect(addressOf(inputs[0] as tf.Tensor)).toBeGreaterThan(2 ** 31);
    const gradients = (): string[] =>
      tf.tidy(() =>
        tf
          .grads((...all: tf.Tensor[]) => convReluMaxPool(...(all as [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D])))(inputs)
          .map((each) => each.dataSync().join()),
      );
    const high = gradients();
    // Now there is room at the heap's begin.
    taken[0]?.dispose();
    expect(gradients()).toEqual(high);
    tf.dispose([taken, inputs]);
  });

  it("frees the tensors that a kernel created before it failed", () => {
    const x = tf.zeros([1, 1, 1, 512]);
    // A place for one MiB is made, and not for two.
    const place = untouched((1.25 * MEBIBYTE) / 4);
    const taken = [200, 16, 2, 0.5].flatMap((mebibytes) => fill(mebibytes));
    place.dispose();
    const buffers = tf.backend().numDataIds();
    // The gradient has 1 MiB, and so has the workspace.
    const attributes = { strides: 1, pad: "valid", dataFormat: "NHWC", filterShape: [1, 1, 512, 512] };
    const run = (): unknown => tf.engine().runKernel("Conv2DBackpropFilter", { x, dy: x }, attributes);
    for (let attempt = 0; attempt < 3; attempt++) expect(run).toThrow(outOfMemory);
    expect(tf.backend().numDataIds()).toBe(buffers);
    tf.dispose(taken);
    expect(run).not.toThrow();
  });
});
