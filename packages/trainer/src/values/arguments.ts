// Checks the arguments of this package's functions before anything else happens: building blocks of valibot schemas, and the
// error that says what was expected and what was received. Each function keeps its own schema beside its options.

import { closest, distance } from "fastest-levenshtein";
import {
  array,
  check,
  custom,
  optional as valibotOptional,
  picklist,
  pipe,
  safeParse,
  strictObject,
  string,
  type GenericSchema,
} from "valibot";

import { TrainerError } from "./errors.ts";
import { RANGES, type WholeRange } from "./ranges.ts";

/** A schema whose messages name what was expected, as a noun. */
export type Schema = GenericSchema;

/** Characters of a wrong value shown in a message. */
const MAX_SHOWN = 60;

/** Edits between a misspelt name and the one suggested. */
const MAX_EDITS = 3;

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): Schema {
  const isWhole = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
  return custom(isWhole, `a whole number from ${min} to ${max}`);
}

/** A whole number in a range. */
export function wholeNumberIn({ min, max }: WholeRange): Schema {
  return wholeNumber(min, max);
}

/** A seed: a whole number from 0 to 2^53 - 1. */
export const seedNumber = wholeNumberIn(RANGES.seed);

/** A string that is not empty; `what` names it, as a noun. */
export function text(what: string): Schema {
  return pipe(
    string(what),
    check((value) => value !== "", what),
  );
}

/** The path of a file or folder, without null characters: no system opens such a path. */
export const filePath = pipe(
  string("a path"),
  check((value) => value !== "" && !value.includes("\0"), "a path"),
);

/** The content of a file. */
export const fileContent = custom(
  (value) => value instanceof Uint8Array || value instanceof ArrayBuffer || value instanceof Blob,
  "the bytes of a file, as a Uint8Array, an ArrayBuffer or a Blob",
);

/** Epochs of a training, and pictures per step. */
export const epochCount = wholeNumberIn(RANGES.epochs);
export const batchSize = wholeNumberIn(RANGES.batch);

/** Picture size in pixels: each side from 1 to 4,096. */
export const pictureSize = strictObject(
  { width: wholeNumber(1, 4096), height: wholeNumber(1, 4096) },
  "a size { width, height } in pixels",
);

/** A list of class names. */
export const classNames = array(string("a class name"), "a list of class names");

/** Fractions of the three splits; their sum is checked where they are used. */
export const splitShares = pipe(
  array(
    custom((value) => typeof value === "number", "a number"),
    "a list of three fractions",
  ),
  check((fractions) => fractions.length === 3, "a list of three fractions"),
);

/** A list of at least one path. */
export const filePaths = pipe(
  array(filePath, "a list of paths"),
  check((paths) => paths.length > 0, "at least one path"),
);

/** Files to leave out: the path of a list, or a list of paths. */
export const filesToLeaveOut = custom(
  (value) =>
    (typeof value === "string" && value !== "" && !value.includes("\0")) ||
    (Array.isArray(value) && value.every((each) => typeof each === "string" && each !== "")),
  "the path of a list (CSV), or a list of paths,",
);

/** One of `values`. */
export function oneOf(values: readonly string[]): Schema {
  return picklist([...values], `one of ${values.join(", ")}`);
}

export const flag = custom((value) => typeof value === "boolean", "true or false");

export const callback = custom((value) => typeof value === "function", "a function");

/** An AbortSignal, also from another realm such as a test runner's sandbox. */
export const abortSignal = custom(
  (value) => typeof value === "object" && value !== null && "aborted" in value && "addEventListener" in value,
  "an AbortSignal",
);

/** A list of indices. */
export const indices = custom(
  (value) => Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0),
  "a list of whole numbers of 0 or more",
);

/** `schema`, or undefined. */
export function optional(schema: Schema): Schema {
  return valibotOptional(schema);
}

/** Options with exactly the keys of `T`: adding or removing a key of the type requires the same change here. */
export function optionsOf<T extends object>(entries: Readonly<Record<keyof T & string, Schema>>): Schema {
  return strictObject(entries, "an object of options");
}

/**
 * Checks an argument of the function `call`, such as `train()`.
 *
 * @param name name of the argument, used in the message if the whole argument is wrong
 * @throws {TrainerError} `INVALID_ARGUMENT`
 */
export function checkArgument(call: string, name: string, schema: Schema, value: unknown): void {
  const [issue] = safeParse(schema, value, { abortEarly: true }).issues ?? [];
  if (issue === undefined) return;
  const keys = issue.path?.map(({ key }) => String(key)) ?? [];
  const place = keys.length > 0 ? keys.join(".") : name;
  if (issue.type === "strict_object" && issue.expected === "never") throw unknownName(call, place, schema);
  // For a missing key, valibot reports the shape of the whole object.
  const [missing] = issue.type === "strict_object" && keys.length === 1 ? missingEntry(schema, place) : [];
  const expected = missing?.message ?? issue.message;
  throw new TrainerError(
    "INVALID_ARGUMENT",
    `Expected ${expected} for ${place}, but received ${shown(issue.input)}`,
    `Pass ${expected} as ${place}.`,
  );
}

function missingEntry(schema: Schema, name: string): readonly { readonly message: string }[] {
  const entries = "entries" in schema ? (schema.entries as Readonly<Record<string, Schema>>) : {};
  const entry = entries[name];
  return entry === undefined ? [] : (safeParse(entry, undefined, { abortEarly: true }).issues ?? []);
}

function unknownName(call: string, name: string, schema: Schema): TrainerError {
  const known = "entries" in schema && !name.includes(".") ? Object.keys(schema.entries as object) : [];
  const nearest = closest(name, known);
  const suggestion = known.length > 0 && distance(name, nearest) <= MAX_EDITS ? `Did you mean ${nearest}? ` : "";
  return new TrainerError(
    "INVALID_ARGUMENT",
    `Expected only options of ${call}, but received ${name}`,
    known.length > 0 ? `${suggestion}Its options are ${known.join(", ")}.` : "Remove it.",
  );
}

/** A wrong value, shortened for a message. */
function shown(value: unknown): string {
  if (typeof value === "string")
    return JSON.stringify(value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}...` : value);
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}
