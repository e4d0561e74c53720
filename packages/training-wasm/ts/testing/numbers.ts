// Reproducible numbers and tensors, for tests alone.

import { tf } from "./tensorflow.ts";

/** The next of a sequence that a seed gives, from 0 to 1: Marsaglia's xorshift generator (2003). */
export type Generator = () => number;

export function generator(seed: number): Generator {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Numbers from -1 to 1 in steps of 1/256: exact in `f32`, with a step of a power of two added too. */
export function numbers(next: Generator, shape: readonly number[]): Float32Array {
  return Float32Array.from(
    { length: tf.util.sizeFromShape([...shape]) },
    () => Math.round((2 * next() - 1) * 256) / 256,
  );
}

export function tensor<Rank extends tf.Rank>(next: Generator, shape: tf.ShapeMap[Rank]): tf.Tensor<Rank> {
  return tf.tensor<Rank>(numbers(next, shape), shape);
}

/** As {@link tensor}, but no two numbers are closer to each other, or to 0, than `gap`. */
export function spacedTensor<Rank extends tf.Rank>(
  next: Generator,
  shape: tf.ShapeMap[Rank],
  gap: number,
): tf.Tensor<Rank> {
  const size = tf.util.sizeFromShape(shape);
  const places = Array.from({ length: size }, (_, index) => ({ index, order: next() }));
  places.sort((a, b) => a.order - b.order);
  const values = new Float32Array(size);
  for (const [rank, { index }] of places.entries()) values[index] = (rank + 1 - Math.floor(size / 2) - 0.5) * gap;
  return tf.tensor<Rank>(values, shape);
}

/** Largest distance of two numbers at the same place; NaN, or shapes that differ, are infinitely far. */
export function distance(a: tf.Tensor, b: tf.Tensor): number {
  if (!tf.util.arraysEqual(a.shape, b.shape)) return Infinity;
  const [aValues, bValues] = [a.dataSync(), b.dataSync()];
  const distances = [...aValues].map((value, index) => Math.abs(value - (bValues[index] ?? NaN)));
  return distances.reduce((most, each) => (each >= most ? each : Number.isNaN(each) ? Infinity : most), 0);
}

/** Bytes of a tensor's values. */
export function bytesOf(x: tf.Tensor): Buffer {
  const { buffer, byteOffset, byteLength } = x.dataSync();
  return Buffer.from(buffer, byteOffset, byteLength);
}
