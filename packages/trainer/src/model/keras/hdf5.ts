// Arrays of 32-bit floats in an HDF5 file in memory, by h5wasm: the HDF5 library itself, which is loaded when it is first needed.

import type { File, ready } from "h5wasm";

import { Damage } from "../../values/errors.ts";

/** An array and its path, such as `layers/conv2d/vars/0`. */
export interface Hdf5Array {
  readonly path: string;
  readonly shape: readonly number[];
  /** In row-major order. */
  readonly values: Float32Array;
}

/** Name of the file in h5wasm's own file system, which only this module uses. */
const FILE = "/weights.h5";

/** Oldest and newest version of the format that may be used, as h5py chooses them: what is simple can be read by any HDF5 library. */
const VERSIONS = ["earliest", "latest"] as const;

/** HDF5's class of floating-point numbers. */
const FLOAT_CLASS = 1;

interface Hdf5 {
  readonly File: typeof File;
  readonly module: Awaited<typeof ready>;
}

async function loaded(): Promise<Hdf5> {
  const library = await import("h5wasm");
  const module = await library.ready;
  // Otherwise the library prints its errors.
  module.activate_throwing_error_handler();
  return { File: library.File, module };
}

/** Encodes arrays as a file. The same arrays give the same bytes. */
export async function encodeHdf5(arrays: readonly Hdf5Array[]): Promise<Uint8Array> {
  const { File: Hdf5File, module } = await loaded();
  return withFixedTime(() => {
    const file = new Hdf5File(FILE, "w", { libver: [...VERSIONS] });
    try {
      const groups = new Set<string>();
      for (const { path, shape, values } of arrays) {
        const names = path.split("/");
        for (let depth = 1; depth < names.length; depth++) {
          const group = names.slice(0, depth).join("/");
          if (!groups.has(group)) file.create_group(group);
          groups.add(group);
        }
        file.create_dataset({ name: path, data: values, shape: [...shape], dtype: "<f4" });
      }
    } finally {
      file.close();
    }
    try {
      return module.FS.readFile(FILE).slice();
    } finally {
      module.FS.unlink(FILE);
    }
  });
}

/** HDF5 notes when each array was written, by the clock, and h5wasm cannot turn this off: during `write`, the clock stands still. */
function withFixedTime<Result>(write: () => Result): Result {
  const { now } = Date;
  Date.now = () => 0;
  try {
    return write();
  } finally {
    Date.now = now;
  }
}

/**
 * Reads arrays from a file.
 *
 * @param expected their paths and shapes: no others are read
 * @throws {Damage} if the file is none, or lacks an array, or one has another shape or other numbers
 */
export async function decodeHdf5(
  bytes: Uint8Array,
  expected: readonly Pick<Hdf5Array, "path" | "shape">[],
): Promise<readonly Float32Array[]> {
  const { File: Hdf5File, module } = await loaded();
  module.FS.writeFile(FILE, bytes);
  try {
    const file = orDamaged("it is not an HDF5 file", () => new Hdf5File(FILE, "r"));
    try {
      return expected.map(({ path, shape }) => orDamaged(`${path} cannot be read`, () => arrayAt(file, path, shape)));
    } finally {
      file.close();
    }
  } finally {
    module.FS.unlink(FILE);
  }
}

function arrayAt(file: File, path: string, shape: readonly number[]): Float32Array {
  const found = file.get(path);
  if (found === null || !("metadata" in found) || !("slice" in found)) throw new Damage(`its weights lack ${path}`);
  const { type, size, littleEndian, shape: own } = found.metadata;
  if (type !== FLOAT_CLASS || size !== Float32Array.BYTES_PER_ELEMENT || !littleEndian) {
    throw new Damage(`its weights ${path} are not 32-bit floats`);
  }
  // Before anything is allocated for its values.
  const sides = JSON.stringify([...(own ?? [])].map(Number));
  if (sides !== JSON.stringify(shape))
    throw new Damage(`its weights ${path} have the shape ${sides} instead of ${JSON.stringify(shape)}`);
  const { value } = found;
  if (!(value instanceof Float32Array)) throw new Damage(`its weights ${path} are not an array`);
  return value;
}

/** The HDF5 library throws errors of its own, with many lines. */
function orDamaged<Result>(what: string, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof Damage) throw cause;
    throw new Damage(`its weights are damaged: ${what}`, { cause });
  }
}
