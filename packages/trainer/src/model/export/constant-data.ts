// Data of constants in the order and the bytes that formats want.

import type { Constant } from "./graph.ts";

/** A constant with its axes in another order: axis i of the result is axis `order[i]` of it. */
export function permuted({ name, shape, values }: Constant, order: readonly number[]): Constant {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const result = new Float32Array(values.length);
  const sizes = order.map((axis) => shape[axis] ?? 1);
  for (let at = 0; at < result.length; at++) {
    let [rest, from] = [at, 0];
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      const size = sizes[axis] ?? 1;
      from += (rest % size) * (strides[order[axis] ?? 0] ?? 1);
      rest = Math.floor(rest / size);
    }
    result[at] = values[from] ?? 0;
  }
  return { name, shape: sizes, values: result };
}

/** 32-bit floats, little-endian whatever the machine. */
export function floatBytes(values: Float32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (const [index, value] of values.entries()) view.setFloat32(4 * index, value, true);
  return new Uint8Array(view.buffer);
}

/** 32-bit integers, little-endian. */
export function int32Bytes(values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (const [index, value] of values.entries()) view.setInt32(4 * index, value, true);
  return new Uint8Array(view.buffer);
}

/** 64-bit integers, little-endian. */
export function int64Bytes(values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * values.length));
  for (const [index, value] of values.entries()) view.setBigInt64(8 * index, BigInt(value), true);
  return new Uint8Array(view.buffer);
}
