// Arguments, checked before anything is written to WebAssembly memory.

import { MOST_BYTES } from "./arena.ts";
import { PreprocessError } from "./errors.ts";
import type { KernelSource } from "./kernels.ts";
import type { Picture } from "./preprocessor.ts";

/** A picture's longest side: Pillow's box coordinates, and with them our resize, are exact up to here. */
export const LONGEST_SIDE = 2 ** 24 - 1;

/** The widest window of a local threshold, in pixels: `WIDEST_WINDOW` in src/local/mod.rs. */
export const WIDEST_WINDOW = 2901;

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

/**
 * @param length in elements; left out, any will do
 * @throws {PreprocessError} `INVALID_ARGUMENT` for other than 8-bit or 16-bit levels, `WRONG_LENGTH` for another length
 */
export function checkLevels(name: string, value: unknown, length?: number): asserts value is Uint8Array | Uint16Array {
  if (!(value instanceof Uint16Array || value instanceof Uint8Array || value instanceof Uint8ClampedArray)) {
    throw new PreprocessError(
      "INVALID_ARGUMENT",
      `Expected a Uint8Array or a Uint16Array for ${name} but received ${described(value)}`,
    );
  }
  if (length !== undefined) checkLength(name, value, length);
}

/**
 * @param lengths of histograms that will do, in elements
 * @throws {PreprocessError} `INVALID_ARGUMENT` for another type, `WRONG_LENGTH` for another length
 */
export function checkCounts(name: string, value: unknown, ...lengths: number[]): asserts value is Uint32Array {
  if (!(value instanceof Uint32Array)) {
    throw new PreprocessError(
      "INVALID_ARGUMENT",
      `Expected a Uint32Array for ${name} but received ${described(value)}`,
    );
  }
  checkLength(name, value, ...lengths);
}

/**
 * As {@link checkCounts}, of a histogram that is to be divided.
 *
 * @param occurring how many levels have to occur
 * @throws {PreprocessError} `INVALID_ARGUMENT` for another type or too few levels, `WRONG_LENGTH` for another length
 */
export function checkOccurring(
  name: string,
  value: unknown,
  occurring: number,
  ...lengths: number[]
): asserts value is Uint32Array {
  checkCounts(name, value, ...lengths);
  let found = 0;
  for (const count of value) if (count > 0 && ++found === occurring) return;
  throw new PreprocessError(
    "INVALID_ARGUMENT",
    occurring === 1
      ? `Expected at least one pixel in ${name} but all ${value.length} are 0`
      : `Expected at least ${occurring} levels in ${name} but received ${found}. Ask for fewer classes.`,
  );
}

/** @throws {PreprocessError} `INVALID_ARGUMENT` unless `value` is a finite number */
export function checkFinite(name: string, value: unknown): asserts value is number {
  if (Number.isFinite(value)) return;
  throw new PreprocessError(
    "INVALID_ARGUMENT",
    `Expected a finite number for ${name} but received ${described(value)}`,
  );
}

/**
 * @param least pixels
 * @throws {PreprocessError} `INVALID_ARGUMENT` unless `value` is an odd number of pixels, up to {@link WIDEST_WINDOW}
 */
export function checkWindow(name: string, value: unknown, least: number): asserts value is number {
  checkInteger(name, value, least, WIDEST_WINDOW);
  if (value % 2 === 1) return;
  throw new PreprocessError(
    "INVALID_ARGUMENT",
    `Expected an odd number for ${name} but received ${value}: a window has a pixel in its middle`,
  );
}

/** @throws {PreprocessError} `WRONG_LENGTH` unless there are as many elements as one of `lengths` says */
export function checkLength(name: string, value: { readonly length: number }, ...lengths: number[]): void {
  if (lengths.includes(value.length)) return;
  throw new PreprocessError(
    "WRONG_LENGTH",
    `Expected ${lengths.join(" or ")} elements in ${name} but received ${value.length}`,
  );
}

/** @throws {PreprocessError} `WRONG_LENGTH` unless there are `least` to `most` elements */
export function checkLengthBetween(
  name: string,
  value: { readonly length: number },
  least: number,
  most: number,
): void {
  if (value.length >= least && value.length <= most) return;
  throw new PreprocessError(
    "WRONG_LENGTH",
    `Expected ${least} to ${most} elements in ${name} but received ${value.length}`,
  );
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
    checkLengthBetween(`${name}.data`, data, (height - 1) * stride + width * channels, height * stride);
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
