// Filters in the forms that kernels read: when they are kept, and when they are given back.

import { layers, sequential } from "@tensorflow/tfjs-layers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";

import type { TensorData } from "./deferred.ts";
import { enableTraining } from "./index.ts";
import { KeptForms } from "./kept-forms.ts";
import { Kernels } from "./kernels.ts";
import { generator, tensor } from "./testing/numbers.ts";
import { tf } from "./testing/tensorflow.ts";

const MEBIBYTE = 2 ** 20;

/** Values like a tensor's. */
function values(): TensorData {
  return { id: 0, memoryOffset: 0, shape: [], dtype: "float32", refCount: 1 };
}

describe("the forms of values", () => {
  const start = () => {
    const blocks = new Map<number, number>();
    let next = 1;
    const forms = new KeptForms({
      allocate: (bytes) => {
        blocks.set(next, bytes);
        return next++;
      },
      free: (address) => {
        expect(blocks.delete(address)).toBe(true);
      },
    });
    /** Whether the form had to be written. */
    const lend = (data: TensorData, kind = "a", bytes = MEBIBYTE, others: readonly TensorData[] = []): boolean => {
      let written = 0;
      let used = 0;
      const write = (address: number): void => void (written = address);
      forms.lend([data, ...others], kind, bytes, write, (address) => {
        expect(blocks.has(address)).toBe(true);
        used = address;
      });
      expect(used).toBeGreaterThan(0);
      if (written !== 0) expect(written).toBe(used);
      return written !== 0;
    };
    return { forms, blocks, lend };
  };

  it("are kept from the second use of a kind on", () => {
    const { forms, blocks, lend } = start();
    const data = values();
    expect(lend(data)).toBe(true);
    expect(blocks.size).toBe(0);
    expect(lend(data, "b")).toBe(true);
    expect(blocks.size).toBe(0);
    expect([lend(data), lend(data), lend(data)]).toEqual([true, false, false]);
    expect([blocks.size, forms.bytes]).toEqual([1, MEBIBYTE]);
    expect(lend(values())).toBe(true);
  });

  it("are freed with the values", () => {
    const { forms, blocks, lend } = start();
    const [data, other] = [values(), values()];
    for (const each of [data, data, other, other]) lend(each);
    forms.free(data);
    expect([blocks.size, forms.bytes]).toEqual([1, MEBIBYTE]);
    expect(lend(other)).toBe(false);
    forms.free(other);
    expect([blocks.size, forms.bytes]).toEqual([0, 0]);
  });

  it("are written anew if they are made of another bias", () => {
    const { blocks, lend } = start();
    const [data, bias, other] = [values(), values(), values()];
    const written = [[bias], [bias], [bias], [other], [other], []].map((others) => lend(data, "a", 1, others));
    expect(written).toEqual([true, true, false, true, false, true]);
    expect(blocks.size).toBe(1);
  });

  it("have at most 256 MiB, of which those that were used last", () => {
    const { forms, blocks, lend } = start();
    const [first, second, third, large] = [values(), values(), values(), values()] as const;
    for (const data of [first, second]) for (let use = 0; use < 2; use++) lend(data, "a", 100 * MEBIBYTE);
    lend(first, "a", 100 * MEBIBYTE);
    for (let use = 0; use < 2; use++) lend(third, "a", 100 * MEBIBYTE);
    for (let use = 0; use < 3; use++) expect(lend(large, "a", 257 * MEBIBYTE)).toBe(true);
    expect([forms.bytes, blocks.size]).toEqual([200 * MEBIBYTE, 2]);
    expect([first, third, second].map((data) => lend(data, "a", 100 * MEBIBYTE))).toEqual([false, false, true]);
  });

  it("give way where memory is short, except to the kernel that reads them", () => {
    const { forms, blocks, lend } = start();
    const [data, other] = [values(), values()];
    for (const each of [data, data, other, other]) lend(each);
    forms.lend([data], "a", MEBIBYTE, vi.fn(), (address) => {
      forms.clear();
      expect([...blocks.keys()]).toEqual([address]);
    });
    expect(lend(data)).toBe(false);
    forms.clear();
    expect([forms.bytes, blocks.size]).toEqual([0, 0]);
  });

  it("that could not be written are freed, and not taken for others", () => {
    const { blocks, lend, forms } = start();
    const data = values();
    const fail = (): void => {
      throw new Error("trap");
    };
    for (let use = 0; use < 2; use++) expect(() => forms.lend([data], "a", 1, fail, vi.fn())).toThrow("trap");
    expect(blocks.size).toBe(0);
    expect(lend(data)).toBe(true);
  });
});

describe.each([
  { name: "a direct convolution", packs: "conv2d_pack_filter", channels: 3, size: 5 },
  { name: "Winograd's", packs: "winograd_filter", channels: 8, size: 3 },
])("the filter of $name", ({ packs, channels, size }) => {
  beforeAll(async () => {
    await enableTraining({ threads: 1 });
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const operands = () => {
    const next = generator(7);
    const x = tensor<tf.Rank.R4>(next, [2, 32, 32, channels]);
    return { x, filter: tensor<tf.Rank.R4>(next, [size, size, channels, 8]), bias: tensor<tf.Rank.R1>(next, [8]) };
  };
  const bytesOf = (y: tf.Tensor): Buffer => Buffer.from(y.dataSync().slice().buffer);
  const observed = () => {
    const [run, lend] = [vi.spyOn(Kernels.prototype, "run"), vi.spyOn(KeptForms.prototype, "lend")];
    return {
      packed: () => run.mock.calls.filter(([name]) => name === packs).length,
      keptBytes: () => (lend.mock.contexts as KeptForms[])[0]?.bytes,
    };
  };

  it("is packed twice, whatever the batch, gives the same bytes, and is given back with the tensor", () => {
    const { packed, keptBytes } = observed();
    const { x, filter, bias } = operands();
    const { numTensors, numBytes } = tf.memory();
    const call = (images: tf.Tensor4D): Buffer =>
      tf.tidy(() => bytesOf(tf.fused.conv2d({ x: images, filter, bias, strides: 1, pad: "same" })));
    const first = call(x);
    expect([packed(), keptBytes()]).toEqual([1, 0]);
    for (let repetition = 0; repetition < 3; repetition++) expect(call(x)).toEqual(first);
    expect(packed()).toBe(2);
    expect(keptBytes()).toBeGreaterThan(4 * filter.size);
    const image = tf.tidy(() => call(tf.slice(x, [1, 0, 0, 0], [1, -1, -1, -1])));
    expect(image).toEqual(first.subarray(first.length / 2));
    expect(packed()).toBe(2);
    expect(tf.memory()).toMatchObject({ numTensors, numBytes });
    filter.dispose();
    expect(keptBytes()).toBe(0);
  });

  it("is packed anew for other kernels", async () => {
    const { packed, keptBytes } = observed();
    const { x, filter } = operands();
    const call = (): Buffer => tf.tidy(() => bytesOf(tf.conv2d(x, filter, 1, "same")));
    const expected = call();
    expect(call()).toEqual(expected);
    expect(keptBytes()).toBeGreaterThan(0);
    await enableTraining({ threads: 2 });
    expect(keptBytes()).toBe(0);
    const before = packed();
    expect(call()).toEqual(expected);
    expect(packed()).toBe(before + 1);
    await enableTraining({ threads: 1 });
    tf.dispose([x, filter]);
  });

  it("is not kept in training, where it is used once and replaced", () => {
    const { packed, keptBytes } = observed();
    const { x, filter } = operands();
    const weights = tf.variable(filter);
    filter.dispose();
    const optimizer = tf.train.sgd(1e-3);
    for (let step = 1; step <= 3; step++) {
      optimizer.minimize(() => tf.mean(tf.square(tf.conv2d(tf.relu(x), weights, 1, "same"))));
      expect([packed(), keptBytes()]).toEqual([step, 0]);
    }
  });
});

describe("a model that is not trained", () => {
  it("has the same answers with kept filters, which are given back when it is disposed of", async () => {
    await enableTraining({ threads: 1 });
    const lend = vi.spyOn(KeptForms.prototype, "lend");
    const model = sequential();
    model.add(layers.conv2d({ inputShape: [32, 32, 4], filters: 8, kernelSize: 3, activation: "relu" }));
    model.add(layers.maxPooling2d({ poolSize: 2 }));
    model.add(layers.conv2d({ filters: 8, kernelSize: 3, strides: 2, padding: "same" }));
    const x = tensor(generator(8), [4, 32, 32, 4]);
    const [first, ...others] = [1, 2, 3, 4].map(() => tf.tidy(() => (model.predict(x) as tf.Tensor).dataSync()));
    for (const other of others) expect(other).toEqual(first);
    const [forms] = lend.mock.contexts as KeptForms[];
    const sizes = new Set(lend.mock.calls.map(([, , bytes]) => bytes));
    expect(sizes.size).toBe(2);
    expect(forms?.bytes).toBe([...sizes].reduce((sum, bytes) => sum + bytes, 0));
    model.dispose();
    expect(forms?.bytes).toBe(0);
    vi.restoreAllMocks();
  });
});
