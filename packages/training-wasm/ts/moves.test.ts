// Softmax, transposition, padding, slices, joins, gathers, resizes and pooling gradients: compared with their definitions at odd
// shapes, and the same bytes on any number of threads.

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { enableTraining } from "./index.ts";
import { bytesOf, generator, tensor } from "./testing/numbers.ts";
import { tf } from "./testing/tensorflow.ts";

beforeAll(async () => {
  await enableTraining({ threads: 3 });
});
afterAll(async () => {
  await enableTraining();
});

/** Elements of a tensor of `shape`, by their indices. */
function valuesAt(shape: readonly number[], valueOf: (place: readonly number[]) => number): number[] {
  return Array.from({ length: tf.util.sizeFromShape([...shape]) }, (_, index) =>
    valueOf(tf.util.indexToLoc(index, shape.length, tf.util.computeStrides([...shape]))),
  );
}

/** The element of `x` at a place, or `outside`. */
function reader(x: tf.Tensor, outside = NaN): (place: readonly number[]) => number {
  const values = x.dataSync();
  const strides = [...tf.util.computeStrides(x.shape), 1];
  return (place) =>
    place.every((index, axis) => index >= 0 && index < (x.shape[axis] ?? 0))
      ? (values[tf.util.sum(place.map((index, axis) => index * (strides[axis] ?? 1)))] ?? NaN)
      : outside;
}

const DTYPES = ["float32", "int32", "bool"] as const;

/** Numbers that no dtype changes, but bool. */
function wholeTensor(shape: readonly number[], dtype: (typeof DTYPES)[number]): tf.Tensor {
  const next = generator(51);
  const most = dtype === "bool" ? 2 : 100;
  return tf.tensor(
    Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => Math.floor(next() * most)),
    [...shape],
    dtype,
  );
}

describe.each(DTYPES)("of %s values,", (dtype) => {
  it.each<[number[], number[]]>([
    [
      [37, 70],
      [1, 0],
    ],
    [
      [3, 1, 9, 5],
      [0, 3, 1, 2],
    ],
    [
      [2, 7, 3, 16],
      [0, 2, 1, 3],
    ],
    [
      [2, 3, 2, 4, 3],
      [4, 2, 0, 3, 1],
    ],
    [
      [130, 260],
      [1, 0],
    ],
  ])("transposes %j by %j", (shape, order) => {
    const x = wholeTensor(shape, dtype);
    const y = tf.transpose(x, order);
    const at = reader(x);
    const expected = valuesAt(y.shape, (place) => at(shape.map((_, axis) => place[order.indexOf(axis)] ?? 0)));
    expect(y.dtype).toBe(dtype);
    expect([...y.dataSync()]).toEqual(expected);
  });

  it("pads with a constant on any side, and crops where the padding is negative", () => {
    const x = wholeTensor([3, 5, 7, 2], dtype);
    for (const paddings of [
      [[0, 0], [1, 2], [3, 0], [0, 0]], // prettier-ignore
      [[1, 0], [0, 0], [-2, 4], [1, -1]], // prettier-ignore
    ] as [number, number][][]) {
      const y = tf.engine().runKernel("PadV2", { x }, { paddings, constantValue: 1 }) as tf.Tensor;
      const at = reader(x, 1);
      expect([...y.dataSync()]).toEqual(
        valuesAt(y.shape, (place) => at(place.map((index, axis) => index - (paddings[axis]?.[0] ?? 0)))),
      );
    }
  });

  it("joins and separates again, along any axis", () => {
    for (const axis of [0, 1, 2]) {
      const pieces = [1, 4, 2].map((length) => wholeTensor([3, 5, 7].with(axis, length), dtype));
      const joined = tf.concat(pieces, axis);
      const again = tf.split(joined, [1, 4, 2], axis);
      for (const [index, piece] of pieces.entries())
        expect([...(again[index]?.dataSync() ?? [])]).toEqual([...piece.dataSync()]);
      const stacked = tf.stack([wholeTensor([3, 5], dtype), wholeTensor([3, 5], dtype)], axis);
      const unstacked = tf.unstack(stacked, axis);
      const piece = [...wholeTensor([3, 5], dtype).dataSync()];
      expect(unstacked.map((x) => [...x.dataSync()])).toEqual([piece, piece]);
    }
  });

  it("gathers along any axis, and refuses indices that do not exist", () => {
    const x = wholeTensor([4, 6, 5], dtype);
    const at = reader(x);
    const indices = [3, 0, 2, 3];
    for (const axis of [0, 1, 2]) {
      const y = tf.gather(x, tf.tensor1d(indices, "int32"), axis);
      expect([...y.dataSync()]).toEqual(
        valuesAt(y.shape, (place) => at(place.with(axis, indices[place[axis] ?? 0] ?? NaN))),
      );
      expect(() => tf.gather(x, tf.tensor1d([9], "int32"), axis)).toThrow("the index value 9 is not in");
    }
  });
});

it("pads with NaN, and keeps the bits of NaN that it moves", () => {
  const x = tf.tensor2d([NaN, 1, 2, 3], [2, 2]);
  expect([...tf.pad(x, [[0, 1], [0, 0]], NaN).dataSync()]).toEqual([NaN, 1, 2, 3, NaN, NaN]); // prettier-ignore
  expect([...tf.transpose(x).dataSync()]).toEqual([NaN, 2, 1, 3]);
});

it("a row with NaN or infinity has no softmax, and others do not mind", () => {
  const x = tf.tensor2d([1, NaN, 2, 5, 5, 5, Infinity, 0, 0, -Infinity, -Infinity, 7], [4, 3]);
  const third = Math.fround(1 / 3);
  const y = [...tf.softmax(x).dataSync()];
  expect(y.slice(0, 3)).toEqual([NaN, NaN, NaN]);
  for (const value of y.slice(3, 6)) expect(value).toBeCloseTo(third, 6);
  expect(y.slice(6)).toEqual([NaN, NaN, NaN, 0, 0, 1]);
});

it("resizes between pixels as half-pixel centers or corners say", () => {
  const x = tensor<tf.Rank.R4>(generator(52), [2, 5, 7, 3]);
  const at = reader(x);
  for (const [alignCorners, halfPixelCenters] of [
    [false, false],
    [true, false],
    [false, true],
  ] as const) {
    const y = tf.image.resizeBilinear(x, [9, 4], alignCorners, halfPixelCenters);
    const placeOf = (index: number, size: number, resized: number): number => {
      if (alignCorners) return (index * (size - 1)) / (resized - 1);
      return halfPixelCenters ? Math.max(0, ((index + 0.5) * size) / resized - 0.5) : (index * size) / resized;
    };
    const expected = valuesAt(y.shape, ([image = 0, row = 0, column = 0, channel = 0]) => {
      const [top, left] = [placeOf(row, 5, 9), placeOf(column, 7, 4)];
      const pixel = (by: number, bx: number): number =>
        at([image, Math.min(4, Math.floor(top) + by), Math.min(6, Math.floor(left) + bx), channel]);
      const [byRow, byColumn] = [top % 1, left % 1];
      const line = (by: number): number => pixel(by, 0) * (1 - byColumn) + pixel(by, 1) * byColumn;
      return line(0) * (1 - byRow) + line(1) * byRow;
    });
    for (const [index, value] of y.dataSync().entries()) expect(value).toBeCloseTo(expected[index] ?? NaN, 5);
  }
});

it("gives the same bytes on any number of threads", async () => {
  const next = generator(53);
  const image = tensor<tf.Rank.R4>(next, [3, 61, 47, 6]);
  const wide = tensor<tf.Rank.R2>(next, [700, 93]);
  const pooledGradient = (window: number, stride: number): tf.Tensor =>
    tf.grad((x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, window, stride, "same"))(image);
  const operations: Record<string, () => tf.Tensor> = {
    softmax: () => tf.softmax(wide),
    transpose: () => tf.transpose(wide),
    concat: () => tf.concat([wide, wide], 1),
    pad: () => tf.pad(image, [[0, 0], [1, 2], [2, 1], [0, 0]], 3), // prettier-ignore
    slice: () => tf.slice(wide, [1, 2], [690, 90]),
    bilinear: () => tf.image.resizeBilinear(image, [100, 33]),
    nearest: () => tf.image.resizeNearestNeighbor(image, [100, 33]),
    "gradient of bilinear": () =>
      tf.grad((x: tf.Tensor) => tf.image.resizeBilinear(x as tf.Tensor4D, [100, 33]))(image),
    "maximum, overlapping": () => pooledGradient(3, 2),
    "maximum, side by side": () => pooledGradient(2, 2),
    mean: () => tf.grad((x: tf.Tensor) => tf.avgPool(x as tf.Tensor4D, 3, 2, "same"))(image),
  };
  const answers: Buffer[][] = [];
  for (const threads of [1, 2, 5]) {
    await enableTraining({ threads });
    answers.push(Object.values(operations).map((run) => Buffer.from(bytesOf(run()))));
  }
  const [one = [], ...others] = answers;
  for (const other of others)
    expect(Object.keys(operations).filter((_, index) => !other[index]?.equals(one[index] ?? Buffer.alloc(0)))).toEqual(
      [],
    );
});
