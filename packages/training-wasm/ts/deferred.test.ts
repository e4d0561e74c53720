// Values that are computed when they are read: the same as at once, whatever happens to tensors in between.

import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { beforeAll, describe, expect, it, vi } from "vitest";

import { enableTraining, type TrainingBackend } from "./index.ts";
import { computationOf, type TensorData } from "./deferred.ts";
import { Kernels } from "./kernels.ts";
import { bytesOf, distance, generator, tensor } from "./testing/numbers.ts";
import { tf } from "./testing/tensorflow.ts";

let training: TrainingBackend;
beforeAll(async () => {
  training = await enableTraining();
});

/** Large enough to be deferred. */
const SHAPE: [number, number, number, number] = [2, 64, 64, 4];

function large(seed: number, shape = SHAPE): tf.Tensor4D {
  return tensor<tf.Rank.R4>(generator(seed), shape);
}

function isDeferred({ dataId }: tf.Tensor): boolean {
  const { dataIdMap } = tf.backend() as unknown as { dataIdMap: { get(dataId: object): TensorData } };
  return computationOf(dataIdMap.get(dataId)) !== undefined;
}

/** Bytes that are taken, as a new block shows: the allocator takes the first that is free. */
function addressOfNext(): number {
  const probe = (tf.backend() as BackendWasm).makeOutput([2 ** 16], "float32");
  const address = (tf.backend() as BackendWasm).getMemoryOffset(probe.dataId);
  (tf.backend() as BackendWasm).disposeData(probe.dataId);
  return address;
}

describe("a deferred tensor", () => {
  it("has the values of its operations, rounded one by one", () => {
    const [a, b] = [large(1), large(2)];
    const [as, bs] = [a.dataSync(), b.dataSync()];
    const y = tf.tidy(() => tf.relu(tf.add(tf.mul(a, 0.3), b)));
    expect(isDeferred(y)).toBe(true);
    const { fround } = Math;
    const expected = as.map((value, index) => Math.max(fround(fround(value * fround(0.3)) + (bs[index] ?? 0)), 0));
    expect([...y.dataSync()]).toEqual([...expected]);
    expect(isDeferred(y)).toBe(false);
    tf.dispose([a, b, y]);
  });

  it.each([
    ["along the last axis", [4]],
    ["along all axes but one", [64, 1, 1]],
    ["to each picture", [2, 1, 1, 4]],
    ["everywhere", []],
  ] as const)("broadcasts %s", (_, shape) => {
    const a = large(3);
    const b = tensor(generator(4), [...shape]);
    const y = tf.tidy(() => tf.sub(b, tf.square(a)));
    expect(isDeferred(y)).toBe(true);
    const whole = tf.broadcastTo(b, SHAPE).dataSync();
    const squares = a.dataSync().map((value) => value * value);
    expect(y.dataSync()).toEqual(whole.map((value, index) => Math.fround(value - (squares[index] ?? 0))));
    tf.dispose([a, b, y]);
  });

  it("outlives the tensors that it reads, and frees them with itself", () => {
    const before = { ...tf.memory() };
    const next = addressOfNext();
    for (const isRead of [true, false]) {
      const a = large(5);
      const values = a.dataSync();
      const y = tf.tidy(() => tf.neg(tf.add(a, 1)));
      a.dispose();
      const other = large(7);
      if (isRead) expect(y.dataSync()).toEqual(values.map((value) => -(value + 1)));
      tf.dispose([y, other]);
    }
    expect(tf.memory()).toEqual(before);
    expect(addressOfNext()).toBe(next);
  });

  it("is computed when a variable takes it, so that steps do not add up", () => {
    const variable = tf.variable(large(6));
    const gradient = large(7);
    const gradients = gradient.dataSync();
    let expected = variable.dataSync();
    for (let step = 0; step < 4; step++) {
      const value = tf.tidy(() => tf.sub(variable, tf.mul(gradient, 0.125)));
      variable.assign(value as tf.Tensor4D);
      value.dispose();
      expect(isDeferred(variable)).toBe(false);
      expected = expected.map((each, index) => each - (gradients[index] ?? 0) / 8);
    }
    expect([...variable.dataSync()]).toEqual([...expected]);
    variable.dispose();
    gradient.dispose();
  });

  it("has any number of operations", () => {
    const x = large(8);
    const y = tf.tidy(() => {
      let result: tf.Tensor = x;
      for (let index = 0; index < 1000; index++) result = tf.add(result, index % 2 === 0 ? tf.square(x) : -0.25);
      return result;
    });
    const expected = x.dataSync().map((value) => {
      let result = value;
      for (let index = 0; index < 1000; index++)
        result = Math.fround(result + (index % 2 === 0 ? value * value : -0.25));
      return result;
    });
    expect([...y.dataSync()]).toEqual([...expected]);
    tf.dispose([x, y]);
  });

  it("has the same bytes whatever was read in between, and for any number of threads", async () => {
    const [x, scale] = [large(9), tensor(generator(10), [4])];
    const run = (read: boolean): Buffer =>
      tf.tidy(() => {
        const steps = [tf.sub(x, scale), tf.sigmoid(x)];
        steps.push(tf.mul(steps[0] as tf.Tensor, steps[1] as tf.Tensor));
        if (read) for (const each of steps) each.dataSync();
        return bytesOf(tf.div(steps[2] as tf.Tensor, tf.add(steps[1] as tf.Tensor, tf.square(steps[0] as tf.Tensor))));
      });
    const expected = run(false);
    expect(run(true)).toEqual(expected);
    const { threads } = training;
    for (const count of [1, 3]) {
      await enableTraining({ threads: count });
      expect(run(false)).toEqual(expected);
    }
    await enableTraining({ threads });
    tf.dispose([x, scale]);
  });

  it("is computed by the kernels that run when it is read", async () => {
    const x = large(11);
    const y = tf.neg(x);
    const { threads } = training;
    await enableTraining({ threads: threads + 1 });
    expect([...y.dataSync()]).toEqual([...x.dataSync()].map((value) => -value));
    await enableTraining({ threads });
    tf.dispose([x, y]);
  });
});

describe("random programs", () => {
  const OF_ONE: readonly ((x: tf.Tensor) => tf.Tensor)[] = [
    tf.relu,
    tf.relu6,
    tf.neg,
    tf.square,
    tf.sigmoid,
    tf.tanh,
    tf.step,
    (x) => tf.clipByValue(x, -0.5, 0.5),
    (x) => tf.mul(x, 0.75),
    (x) => tf.reshape(tf.reshape(x, [-1, 8]), x.shape),
    (x) => tf.softmax(x),
    (x) => tf.sub(x, tf.mean(x, [0, 1, 2])),
    (x) => tf.sub(x, tf.max(x, 3, true)),
    (x) => tf.add(tf.broadcastTo(tf.sum(x, [1, 2], true), x.shape), 1),
    (x) => convolved(x, "same"),
    (x) => enlarged(tf.maxPool<tf.Tensor4D>(convolved(x, "valid"), 2, 2, "valid")),
    (x) => tf.grad((at: tf.Tensor) => enlarged(tf.maxPool<tf.Tensor4D>(convolved(at, "valid"), 2, 2, "valid")))(x, x),
    (x) => tf.grad(normalized)(x, tf.tanh(x)),
    (x) => normalized(tf.conv2d(x as tf.Tensor4D, tf.eye(4).reshape<tf.Tensor4D>([1, 1, 4, 4]), 1, "same")),
  ];

  function convolved(x: tf.Tensor, padding: "same" | "valid"): tf.Tensor4D {
    const filter = tf.mul<tf.Tensor4D>(tensor<tf.Rank.R4>(generator(21), [3, 3, 4, 4]), 0.25);
    return tf.relu(tf.add(tf.conv2d(x as tf.Tensor4D, filter, 1, padding), [0.1, -0.2, 0.3, 0.05]));
  }

  function enlarged(x: tf.Tensor): tf.Tensor {
    return tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [64, 64]);
  }

  function normalized(x: tf.Tensor): tf.Tensor {
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    return tf.relu6(
      tf.batchNorm(
        x as tf.Tensor4D,
        mean as tf.Tensor1D,
        variance as tf.Tensor1D,
        [0.1, 0, -0.1, 0.2],
        [1.5, 1, 0.5, 1],
        0.01,
      ),
    );
  }

  const OF_TWO: readonly ((a: tf.Tensor, b: tf.Tensor) => tf.Tensor)[] = [
    tf.add,
    tf.sub,
    tf.mul,
    tf.maximum,
    tf.minimum,
  ];

  /** Runs `steps` operations on what came before; at times forgets a result, and reads one if `read` says so. */
  function bytesOfProgram(seed: number, read: (step: number) => boolean): Buffer {
    const next = generator(seed);
    const below = (count: number): number => Math.floor(next() * count);
    const made: tf.Tensor[] = [large(seed), large(seed + 1)];
    for (let step = 0; step < 40; step++) {
      const [a, b] = [made[below(made.length)], made[below(made.length)]] as [tf.Tensor, tf.Tensor];
      const result = tf.tidy(() => {
        if (next() < 0.5) return (OF_ONE[below(OF_ONE.length)] as (typeof OF_ONE)[0])(a);
        const both = (OF_TWO[below(OF_TWO.length)] as (typeof OF_TWO)[0])(a, b);
        return tf.clipByValue(both, -100, 100);
      });
      made.push(result);
      if (read(step)) result.dataSync();
      if (made.length > 6) made.splice(below(made.length), 1)[0]?.dispose();
    }
    const all = Buffer.concat(made.map(bytesOf));
    tf.dispose(made);
    return all;
  }

  it.each(Array.from({ length: 20 }, (_, seed) => 100 + seed))("give the same bytes, read or not (%i)", (seed) => {
    const before = { ...tf.memory() };
    const expected = bytesOfProgram(seed, () => true);
    expect(bytesOfProgram(seed, () => false).equals(expected)).toBe(true);
    expect(bytesOfProgram(seed, (step) => step % 3 === 0).equals(expected)).toBe(true);
    expect(tf.memory()).toEqual(before);
  });
});

describe("maxima of a deferred tensor", () => {
  it.each([
    ["everywhere", undefined],
    ["along the first axes", [0, 1, 2]],
    ["along the last axis", [-1]],
    ["in the middle", [1, 2]],
    ["along axes apart", [0, 2]],
    ["of 30,011 numbers, a prime", undefined, [30_011, 1, 1, 1]],
  ] as [string, number[] | undefined, typeof SHAPE?][])(
    "%s are the largest values, and NaN",
    (_, axes, shape = SHAPE) => {
      const x = large(6, shape);
      const values = x.dataSync().slice();
      values[4321] = NaN;
      const [width, height, channels] = shape.slice(1) as [number, number, number];
      const strides = [width * height * channels, height * channels, channels, 1];
      const reduced = axes?.map((axis) => (axis + 4) % 4) ?? [0, 1, 2, 3];
      const expected = new Map<string, number>();
      for (const [index, value] of values.entries()) {
        const place = strides.map((stride, axis) => Math.floor(index / stride) % (shape[axis] ?? 1));
        const key = place.filter((__, axis) => !reduced.includes(axis)).join();
        expected.set(key, Math.max(expected.get(key) ?? -Infinity, -value));
      }
      const [negated, kept] = tf.tidy(() => {
        const y = tf.neg(tf.tensor4d(values, shape));
        expect(isDeferred(y)).toBe(true);
        return [tf.max(y, axes), tf.max(y, axes, true)];
      }) as [tf.Tensor, tf.Tensor];
      expect(negated.shape).toEqual(shape.filter((__, axis) => !reduced.includes(axis)));
      expect(kept.shape).toEqual(shape.map((size, axis) => (reduced.includes(axis) ? 1 : size)));
      expect([...negated.dataSync()]).toEqual([...expected.values()]);
      expect(bytesOf(kept).equals(bytesOf(negated))).toBe(true);
      tf.dispose([x, negated, kept]);
    },
  );

  it("of whole numbers are whole numbers", () => {
    const y = tf.max(tf.range(0, 20_000, 1, "int32"));
    expect([y.dtype, y.dataSync()[0]]).toEqual(["int32", 19_999]);
    y.dispose();
  });
});

describe("convolution, bias, ReLU and maximum, one after the other", () => {
  const [inputs, outputs] = [4, 8];
  const wrong = (size: number) => 1e-5 * size;

  /** The same operations; `read` reads every result at once, so that nothing is fused. */
  function pooled(
    [x, filter, bias]: readonly [tf.Tensor4D, tf.Tensor4D, tf.Tensor],
    { pad, relu }: { readonly pad: "valid" | "same"; readonly relu: boolean },
    read: boolean,
  ): tf.Tensor {
    const at = <T extends tf.Tensor>(each: T): T => {
      if (read) each.dataSync();
      return each;
    };
    const biased = at(tf.add(at(tf.conv2d(x, filter, 1, pad)), bias)) as tf.Tensor4D;
    return tf.maxPool(relu ? at(tf.relu(biased)) : biased, 2, 2, "valid");
  }

  it.each([
    ["with ReLU", inputs, { pad: "valid", relu: true }],
    ["with ReLU, padded", inputs, { pad: "same", relu: true }],
    ["without ReLU", inputs, { pad: "valid", relu: false }],
    ["without ReLU, padded", inputs, { pad: "same", relu: false }],
    ["without ReLU, padded, of one channel", 1, { pad: "same", relu: false }],
  ] as const)("never compute the map before pooling, nor its gradient: %s", (_, channels, settings) => {
    const x = large(12, [2, 67, 67, channels]);
    const filter = tensor<tf.Rank.R4>(generator(13), [3, 3, channels, outputs]);
    const bias = tensor<tf.Rank.R1>(generator(14), [outputs]);
    const f = (read: boolean) =>
      tf.grads((...at: tf.Tensor[]) =>
        tf.sum(tf.square(pooled(at as [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D], settings, read))),
      )([x, filter, bias]);
    const run = vi.spyOn(Kernels.prototype, "run");
    const fused = f(false);
    for (const gradient of fused) gradient.dataSync();
    const names = run.mock.calls.map(([name]) => name);
    run.mockRestore();
    const kernels = channels > 1 ? "winograd_pool" : "conv_pool";
    const expected = [kernels, `${kernels}_filter_gradient`, `${kernels}_input_gradient`];
    expect(names).toEqual(expect.arrayContaining([...expected, "conv_pool_bias_gradient"]));
    for (const computed of ["winograd_conv2d", "conv2d", "max_pool_gradient"]) expect(names).not.toContain(computed);
    const separate = f(true);
    for (const [index, gradient] of fused.entries())
      expect(distance(gradient, separate[index] as tf.Tensor)).toBeLessThan(wrong(2000));
    tf.dispose([x, filter, bias, ...fused, ...separate]);
  });

  it("have the same gradients if the maxima are flattened for a dense layer", () => {
    const x = large(12, [2, 67, 67, inputs]);
    const filter = tensor<tf.Rank.R4>(generator(13), [3, 3, inputs, outputs]);
    const bias = tensor<tf.Rank.R1>(generator(14), [outputs]);
    const dense = tensor<tf.Rank.R2>(generator(17), [32 * 32 * outputs, 3]);
    const f = (read: boolean) =>
      tf.grads((...at: tf.Tensor[]) => {
        const settings = { pad: "valid", relu: true } as const;
        const flat = tf.reshape(pooled(at as [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D], settings, read), [2, -1]);
        return tf.sum(tf.square(tf.matMul(flat, dense)));
      })([x, filter, bias]);
    const [fused, separate] = [f(false), f(true)];
    for (const [index, gradient] of fused.entries()) {
      expect(gradient.shape).toEqual(separate[index]?.shape);
      const largest = tf.max(tf.abs(gradient)).dataSync()[0] ?? NaN;
      expect(distance(gradient, separate[index] as tf.Tensor)).toBeLessThan(largest * 1e-3);
    }
    tf.dispose([x, filter, bias, dense, ...fused, ...separate]);
  });

  it.each([
    ["alone", (map: tf.Tensor4D) => map],
    ["with ReLU and pooling", (map: tf.Tensor4D) => tf.maxPool(tf.relu(map), 2, 2, "valid")],
  ])("never compute the gradient of an input that nothing reads, %s", (_, following) => {
    const x = large(15, [2, 67, 67, inputs]);
    const filter = tf.variable(tensor<tf.Rank.R4>(generator(16), [3, 3, inputs, outputs]));
    // tf.layers convolves like this: TensorFlow.js asks for both gradients, whatever depends on them.
    const loss = (): tf.Scalar =>
      tf.sum(tf.square(following(tf.fused.conv2d({ x, filter, strides: 1, pad: "valid" }))));
    const run = vi.spyOn(Kernels.prototype, "run");
    const { value, grads } = tf.variableGrads(loss, [filter]);
    grads[filter.name]?.dataSync();
    const names = run.mock.calls.map(([name]) => name);
    run.mockRestore();
    expect(names.filter((name) => name.includes("filter_gradient"))).not.toEqual([]);
    expect(names.filter((name) => name.includes("input_gradient"))).toEqual([]);
    tf.dispose([x, filter, value, grads]);
  });

  it("compute it if something else reads it", () => {
    const [x, filter] = [large(15, [2, 67, 67, inputs]), tensor<tf.Rank.R4>(generator(16), [3, 3, inputs, outputs])];
    const gradientOf = (read: boolean) =>
      tf.grad((at: tf.Tensor) => {
        const map = tf.relu(tf.conv2d(x, at as tf.Tensor4D, 1, "valid"));
        if (read) map.dataSync();
        const small = tf.maxPool(map, 2, 2, "valid");
        return tf.add(tf.sum(tf.square(small)), tf.sum(tf.mul(map, 0.5)));
      })(filter);
    const [fused, separate] = [gradientOf(false), gradientOf(true)];
    expect(distance(fused, separate)).toBeLessThan(wrong(2000));
    tf.dispose([x, filter, fused, separate]);
  });
});
