// What callers may pass to this package's functions, checked before anything is done with it: building blocks of valibot
// schemas, and the error that says what was expected and what came. Each function keeps its own schema beside its options.

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

/** A schema whose messages say what was expected, as a noun. */
export type Schema = GenericSchema;

/** Longest part of a wrong value that a message shows, in characters. */
const LONGEST_SHOWN = 60;

/** Most letters that a misspelt name may differ by from the one that is suggested. */
const MOST_MISSPELT = 3;

/** A whole number from `least` to `most`. */
export function wholeNumber(least: number, most: number): Schema {
  const isWhole = (value: unknown): boolean =>
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
  return custom(isWhole, `a whole number from ${least} to ${most}`);
}

/** A seed: a whole number from 0 to 2^53 - 1. */
export const seedNumber = wholeNumber(0, Number.MAX_SAFE_INTEGER);

/** A text with at least one character; `what` says which, as a noun. */
export function text(what: string): Schema {
  return pipe(
    string(what),
    check((value) => value !== "", what),
  );
}

/** The path of a file or folder. No system opens a path with a null character. */
export const filePath = pipe(
  string("a path"),
  check((value) => value !== "" && !value.includes("\0"), "a path"),
);

/** The size of pictures in pixels: each side from 1 to 4,096. */
export const pictureSize = strictObject(
  { width: wholeNumber(1, 4096), height: wholeNumber(1, 4096) },
  "a size { width, height } in pixels",
);

/** A list of class names. */
export const classNames = array(string("a class name"), "a list of class names");

/** Shares of the splits; their sum is checked where they are used. */
export const splitShares = pipe(
  array(
    custom((value) => typeof value === "number", "a number"),
    "a list of three fractions",
  ),
  check((fractions) => fractions.length === 3, "a list of three fractions"),
);

/** A list of paths, one at least. */
export const filePaths = pipe(
  array(filePath, "a list of paths"),
  check((paths) => paths.length > 0, "at least one path"),
);

/** One of `values`. */
export function oneOf(values: readonly string[]): Schema {
  return picklist([...values], `one of ${values.join(", ")}`);
}

export const truth = custom((value) => typeof value === "boolean", "true or false");

export const callback = custom((value) => typeof value === "function", "a function");

/** Also one of another realm, such as a test runner's sandbox. */
export const abortSignal = custom(
  (value) => typeof value === "object" && value !== null && "aborted" in value && "addEventListener" in value,
  "an AbortSignal",
);

/** As `schema`, or left out. */
export function optional(schema: Schema): Schema {
  return valibotOptional(schema);
}

/** Options with exactly the names of `T`: a name that the type gains or loses has to be added or removed here. */
export function optionsOf<T extends object>(entries: Readonly<Record<keyof T & string, Schema>>): Schema {
  return strictObject(entries, "an object of options");
}

/**
 * Checks an argument of the function `call`, such as `train()`.
 *
 * @param name the argument, as the message names it where it is wrong as a whole
 * @throws {TrainerError} `INVALID_ARGUMENT`
 */
export function checkArgument(call: string, name: string, schema: Schema, value: unknown): void {
  const [issue] = safeParse(schema, value, { abortEarly: true }).issues ?? [];
  if (issue === undefined) return;
  const keys = issue.path?.map(({ key }) => String(key)) ?? [];
  const place = keys.length > 0 ? keys.join(".") : name;
  if (issue.type === "strict_object" && issue.expected === "never") throw unknownName(call, place, schema);
  // Of a name that is missing, valibot reports what the whole object should be.
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
  const suggestion = known.length > 0 && distance(name, nearest) <= MOST_MISSPELT ? `Did you mean ${nearest}? ` : "";
  return new TrainerError(
    "INVALID_ARGUMENT",
    `Expected only options that ${call} has, but received ${name}`,
    known.length > 0 ? `${suggestion}Its options are ${known.join(", ")}.` : "Leave it out.",
  );
}

/** A wrong value, short enough for a message. */
function shown(value: unknown): string {
  if (typeof value === "string")
    return JSON.stringify(value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}...` : value);
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}
