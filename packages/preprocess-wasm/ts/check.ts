// Arguments, checked before anything is written to WebAssembly memory.

import { MOST_BYTES } from "./arena.ts";
import { PreprocessError } from "./errors.ts";
import type { KernelSource } from "./kernels.ts";
import type { Picture } from "./preprocessor.ts";

/** A picture's longest side: Pillow's box coordinates, and with them our resize, are exact up to here. */
export const LONGEST_SIDE = 2 ** 24 - 1;

/** @throws {PreprocessError} `INVALID_ARGUMENT` unless `value` is a whole number of `least` to `most` */
export function checkInteger(name: string, value: unknown, least: number, most: number): asserts value is number {
  if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) {
    throw new PreprocessError(
      "INVALID_ARGUMENT",
      `Expected a whole number from ${least} to ${most} for ${name} but received ${described(value)}`,
    );
  }
}

/** @throws {PreprocessError} `INVALID_ARGUMENT` unless `value` is one of `choices` */
export function checkChoice(name: string, value: unknown, choices: readonly unknown[]): void {
  if (!choices.includes(value)) {
    throw new PreprocessError(
      "INVALID_ARGUMENT",
      `Expected ${choices.map(String).join(", ")} for ${name} but received ${described(value)}`,
    );
  }
}

/** @throws {PreprocessError} `INVALID_ARGUMENT` unless `value` is an object */
export function checkObject(name: string, value: unknown): asserts value is object {
  if (typeof value === "object" && value !== null) return;
  throw new PreprocessError("INVALID_ARGUMENT", `Expected an object for ${name} but received ${described(value)}`);
}

/** @throws {PreprocessError} `INVALID_ARGUMENT` unless `value` is a compiled module or bytes */
export function checkBinary(
  name: string,
  value: unknown,
  expected = "a WebAssembly.Module or its bytes",
): asserts value is WebAssembly.Module | BufferSource {
  if (value instanceof WebAssembly.Module || value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return;
  throw new PreprocessError("INVALID_ARGUMENT", `Expected ${expected} for ${name} but received ${described(value)}`);
}

/** @throws {PreprocessError} `INVALID_ARGUMENT` unless `value` is a compiled module, bytes, or can be asked for them */
export function checkKernelSource(name: string, value: unknown): asserts value is KernelSource {
  if (typeof value === "string" || value instanceof URL) return;
  // A response is told by what it can do: some engines have none.
  if (typeof value === "object" && value !== null && "arrayBuffer" in value) return;
  checkBinary(name, value, "a WebAssembly.Module, its bytes, a Response or a URL");
}

/**
 * @param length in elements; left out, any will do
 * @throws {PreprocessError} `INVALID_ARGUMENT` for another type, `WRONG_LENGTH` for another length
 */
export function checkBytes(name: string, value: unknown, length?: number): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array || value instanceof Uint8ClampedArray)) {
    throw new PreprocessError("INVALID_ARGUMENT", `Expected a Uint8Array for ${name} but received ${described(value)}`);
  }
  if (length !== undefined) checkLength(name, value, length);
}

/** @throws {PreprocessError} `INVALID_ARGUMENT` for another type, `WRONG_LENGTH` for another length than 256 */
export function checkCounts(name: string, value: unknown): asserts value is Uint32Array {
  if (!(value instanceof Uint32Array)) {
    throw new PreprocessError(
      "INVALID_ARGUMENT",
      `Expected a Uint32Array for ${name} but received ${described(value)}`,
    );
  }
  checkLength(name, value, 256);
}

/** @throws {PreprocessError} `WRONG_LENGTH` unless there are `least` to `most` elements, both the same if left out */
export function checkLength(name: string, value: { readonly length: number }, least: number, most = least): void {
  if (value.length >= least && value.length <= most) return;
  const expected = least === most ? `${least}` : `${least} to ${most}`;
  throw new PreprocessError("WRONG_LENGTH", `Expected ${expected} elements in ${name} but received ${value.length}`);
}

/** @throws {PreprocessError} `INVALID_ARGUMENT`, `WRONG_LENGTH` unless `picture` is one, with all its bytes */
export function checkPicture(name: string, picture: Picture): void {
  checkObject(name, picture);
  const { data, width, height, channels, stride, region } = picture;
  checkInteger(`${name}.width`, width, 1, LONGEST_SIDE);
  checkInteger(`${name}.height`, height, 1, LONGEST_SIDE);
  checkChoice(`${name}.channels`, channels, [1, 3, 4]);
  if (stride === undefined) {
    checkBytes(`${name}.data`, data, width * height * channels);
  } else {
    checkInteger(`${name}.stride`, stride, width * channels, MOST_BYTES);
    checkBytes(`${name}.data`, data);
    checkLength(`${name}.data`, data, (height - 1) * stride + width * channels, height * stride);
  }
  if (region === undefined) return;
  checkObject(`${name}.region`, region);
  checkInteger(`${name}.region.x`, region.x, 0, width - 1);
  checkInteger(`${name}.region.y`, region.y, 0, height - 1);
  checkInteger(`${name}.region.width`, region.width, 1, width - region.x);
  checkInteger(`${name}.region.height`, region.height, 1, height - region.y);
}

function described(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value === "object") return Object.prototype.toString.call(value);
  if (typeof value === "string") return `${JSON.stringify(value)} of type string`;
  return typeof value === "number" ? `${value} of type number` : `a value of type ${typeof value}`;
}
