// Arguments, checked before anything is written to WebAssembly memory.
//
// Objects are read once, and arrays become views of our own: getters, proxies and subclasses may answer a check
// differently from a kernel. All arguments are read before the first array is checked, since a getter can transfer its
// buffer.

import { PreprocessError } from "./errors.ts";
import type { KernelSource } from "./kernel-source.ts";

/** A picture's longest side: Pillow's box coordinates, and with them our resize, are exact up to here. */
export const LONGEST_SIDE = 2 ** 24 - 1;

/** Elements of an array, at most. */
export const MOST_ELEMENTS = 2 ** 32 - 1;

/** The widest window of a local threshold, in pixels: `WIDEST_WINDOW` in src/threshold/local/mod.rs. */
const WIDEST_WINDOW = 2901;

/** @throws {PreprocessError} `INVALID_ARGUMENT` unless `value` is an integer from `least` to `most` */
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

/**
 * The properties `keys` of `value`, each read once.
 *
 * @throws {PreprocessError} `INVALID_ARGUMENT` unless `value` is an object whose properties can be read
 */
export function readProperties<Value extends object, Key extends keyof Value>(
  name: string,
  value: Value,
  ...keys: readonly Key[]
): Pick<Value, Key> {
  if (typeof value !== "object" || value === null) {
    throw new PreprocessError("INVALID_ARGUMENT", `Expected an object for ${name} but received ${described(value)}`);
  }
  try {
    const read: Partial<Pick<Value, Key>> = {};
    for (const key of keys) read[key] = value[key];
    return read as Pick<Value, Key>;
  } catch (cause) {
    throw new PreprocessError(
      "INVALID_ARGUMENT",
      `Expected an object for ${name} with readable ${keys.map(String).join(", ")}, but reading them threw an error: ` +
        "see the cause",
      { cause },
    );
  }
}

/**
 * {@link readProperties} of options, which may have no others: a misspelt name would be ignored silently.
 *
 * @throws {PreprocessError} `INVALID_ARGUMENT` for an unknown name, or options that cannot be read
 */
export function readOptions<Value extends object, Key extends keyof Value & string>(
  value: Value,
  ...keys: readonly Key[]
): Pick<Value, Key> {
  const read = readProperties("options", value, ...keys);
  for (const name of namesOf(value)) {
    if (!(keys as readonly string[]).includes(name)) throw unknownOption(name, keys);
  }
  return read;
}

function namesOf(value: object): string[] {
  try {
    return Object.keys(value);
  } catch (cause) {
    throw new PreprocessError(
      "INVALID_ARGUMENT",
      "Expected an object for options with readable names, but reading them threw an error: see the cause",
      { cause },
    );
  }
}

/** Edits that still count as a typo. */
const MOST_TYPOS = 3;

function unknownOption(name: string, known: readonly string[]): PreprocessError {
  const typos = (other: string): number => editDistance(name.toLowerCase(), other.toLowerCase());
  const [nearest = ""] = known.toSorted((one, other) => typos(one) - typos(other));
  // A name of a few letters is within that distance of any other.
  const isNear = typos(nearest) <= Math.min(MOST_TYPOS, Math.floor(nearest.length / 2));
  return new PreprocessError(
    "INVALID_ARGUMENT",
    `Expected options named ${known.join(", ")} but received ${JSON.stringify(name)}.` +
      (isNear ? ` Did you mean ${nearest}?` : ""),
  );
}

/** Number of characters to insert, delete or replace: the Levenshtein distance. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const character of one) {
    const next = [(row[0] ?? 0) + 1];
    for (let index = 0; index < other.length; index++) {
      const replaced = (row[index] ?? 0) + (character === other[index] ? 0 : 1);
      next.push(Math.min(replaced, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
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

/** @throws {PreprocessError} `INVALID_ARGUMENT` unless `value` is a compiled module, bytes, or a source of them */
export function checkKernelSource(name: string, value: unknown): asserts value is KernelSource {
  if (typeof value === "string" || value instanceof URL) return;
  // By its method, not its class: some engines have no Response.
  if (typeof value === "object" && value !== null && "arrayBuffer" in value) return;
  checkBinary(name, value, "a WebAssembly.Module, its bytes, a Response or a URL");
}

/** The prototype of all typed arrays: its getters are reliable, whatever properties an array has under their names. */
const TYPED_ARRAY = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;

const VIEWS = { Uint8Array, Uint8ClampedArray: Uint8Array, Uint16Array, Uint32Array } as const;

/** A plain view of a caller's array: its length is fixed, and it runs no code of the caller. */
function viewOf<Kind extends keyof typeof VIEWS>(
  name: string,
  value: unknown,
  expected: string,
  ...kinds: readonly Kind[]
): InstanceType<(typeof VIEWS)[Kind]> {
  const own = (key: string | symbol): unknown => Reflect.get(TYPED_ARRAY, key, value);
  const actual = own(Symbol.toStringTag);
  const kind = kinds.find((each) => each === actual);
  if (kind === undefined) {
    throw new PreprocessError("INVALID_ARGUMENT", `Expected ${expected} for ${name} but received ${described(value)}`);
  }
  try {
    // Throws for a detached array, whose length is 0 like that of an empty one.
    TYPED_ARRAY.keys.call(value);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new PreprocessError(
      "WRONG_LENGTH",
      `Expected elements in ${name}, but its buffer was transferred or has shrunk. ` +
        "Pass the array that has them now.",
      { cause },
    );
  }
  const View = VIEWS[kind];
  const view = new View(own("buffer") as ArrayBuffer, own("byteOffset") as number, own("length") as number);
  return view as InstanceType<(typeof VIEWS)[Kind]>;
}

/**
 * Bytes of a caller's array.
 *
 * @param length in elements; any length by default
 * @throws {PreprocessError} `INVALID_ARGUMENT` for another type, `WRONG_LENGTH` for another length
 */
export function bytesOf(name: string, value: unknown, length?: number): Uint8Array {
  const bytes = viewOf(name, value, "a Uint8Array", "Uint8Array", "Uint8ClampedArray");
  if (length !== undefined) checkLength(name, bytes, length);
  return bytes;
}

/**
 * Gray levels of 8 or 16 bits.
 *
 * @throws {PreprocessError} `INVALID_ARGUMENT` for another type, `WRONG_LENGTH` for a detached array
 */
export function levelsOf(name: string, value: unknown): Uint8Array | Uint16Array {
  const expected = "a Uint8Array or a Uint16Array";
  return viewOf(name, value, expected, "Uint8Array", "Uint8ClampedArray", "Uint16Array");
}

/**
 * An array for counts.
 *
 * @param lengths of accepted histograms, in elements
 * @throws {PreprocessError} `INVALID_ARGUMENT` for another type, `WRONG_LENGTH` for another length
 */
export function countsOf(name: string, value: unknown, ...lengths: number[]): Uint32Array {
  const counts = viewOf(name, value, "a Uint32Array", "Uint32Array");
  checkLength(name, counts, ...lengths);
  return counts;
}

/**
 * A copy of the counts of a histogram: other threads may change shared memory.
 *
 * @param occurring number of levels that have to occur
 * @param lengths of accepted histograms, in elements
 * @throws {PreprocessError} `INVALID_ARGUMENT` for another type or too few levels, `WRONG_LENGTH` for another length
 */
export function occurringCountsOf(
  name: string,
  value: unknown,
  occurring: number,
  ...lengths: number[]
): Uint32Array<ArrayBuffer> {
  const counts = new Uint32Array(countsOf(name, value, ...lengths));
  let found = 0;
  for (const count of counts) if (count > 0 && ++found === occurring) return counts;
  throw new PreprocessError(
    "INVALID_ARGUMENT",
    occurring === 1
      ? `Expected at least one pixel in ${name} but all ${counts.length} are 0`
      : `Expected at least ${occurring} levels in ${name} but received ${found}. Ask for fewer classes.`,
  );
}

/** @throws {PreprocessError} `INVALID_ARGUMENT` if two outputs of a call overlap */
export function checkApart(name: string, output: Uint8Array, otherName: string, other: Uint8Array): void {
  const isApart =
    output.buffer !== other.buffer ||
    output.byteOffset + output.length <= other.byteOffset ||
    other.byteOffset + other.length <= output.byteOffset;
  if (isApart || output.length === 0 || other.length === 0) return;
  throw new PreprocessError(
    "INVALID_ARGUMENT",
    `Expected separate memory for ${name} and ${otherName}, but they overlap: one would overwrite the other`,
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
 * The numbers of an array, each read once.
 *
 * @throws {PreprocessError} `INVALID_ARGUMENT` unless they can be read and are finite, `WRONG_LENGTH` unless there are
 * `count`
 */
export function readNumbers(name: string, value: ArrayLike<number>, count: number): number[] {
  const { length } = readProperties(name, value, "length");
  checkInteger(`${name}.length`, length, 0, MOST_ELEMENTS);
  checkLength(name, { length }, count);
  return Array.from({ length: count }, (_, index) => {
    const { [index]: number } = readProperties(name, value, index);
    checkFinite(`${name}[${index}]`, number);
    return number;
  });
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
    `Expected an odd number for ${name} but received ${value}: a window has a center pixel`,
  );
}

/** @throws {PreprocessError} `WRONG_LENGTH` unless the number of elements is one of `lengths` */
function checkLength(name: string, value: { readonly length: number }, ...lengths: number[]): void {
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
    `Expected ${least === most ? least : `${least} to ${most}`} elements in ${name} but received ${value.length}`,
  );
}

/** Describes any value, even one that throws when it is inspected. */
function described(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value === "object") return textOf(() => Object.prototype.toString.call(value)) ?? "an object";
  if (typeof value === "string") return `${JSON.stringify(value)} of type string`;
  return typeof value === "number" ? `${value} of type number` : `a value of type ${typeof value}`;
}

/** Describes a thrown value, for a message. */
export function describedCause(cause: unknown): string {
  return textOf(() => String(cause)) ?? described(cause);
}

function textOf(text: () => string): string | undefined {
  try {
    return text();
  } catch {
    return undefined;
  }
}
