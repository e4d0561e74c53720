// Checks of parsed JSON: small functions that turn `unknown` into a type, or report where it differs.
//
// In: a value of JSON.parse. Out: the same value, typed, with the requested fields and no others; or `Damage`.

import { Damage } from "./errors.ts";

/**
 * Checks that `value` is a `T`.
 *
 * @param where path of the value, used in the message: `labels[2]`
 * @throws {Damage} if it is not
 */
export type Shape<T> = (value: unknown, where: string) => T;

/** Characters of a wrong value shown in a message. */
const MAX_SHOWN = 60;

/** Nesting depth of arrays and objects: networks within networks within networks have some dozens of levels. */
const MAX_DEPTH = 500;

function differs(value: unknown, where: string, expected: string): Damage {
  const text = shown(value);
  const short = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text;
  return new Damage(`${where === "" ? "its content" : where} is ${short} instead of ${expected}`);
}

/** A wrong value, which need not come from JSON: recipes are also objects of programs. */
function shown(value: unknown): string {
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value === "function") return "a function";
  try {
    return JSON.stringify(value) ?? "missing";
  } catch {
    return "an object that is not JSON";
  }
}

export const text: Shape<string> = (value, where) => {
  if (typeof value !== "string") throw differs(value, where, "a string");
  return value;
};

/** A whole number from 0 to 2^53 - 1. */
export const count: Shape<number> = (value, where) => {
  if (!Number.isSafeInteger(value) || Number(value) < 0) throw differs(value, where, "a non-negative whole number");
  return Number(value);
};

/** How {@link jsonText} writes the numbers that JSON lacks. */
const NOT_IN_JSON: Readonly<Record<string, number>> = {
  NaN: NaN,
  Infinity: Infinity,
  "-Infinity": -Infinity,
  "-0": -0,
};

/** Any number, as {@link jsonText} writes it. */
export const real: Shape<number> = (value, where) => {
  if (typeof value === "number") return value;
  const named = typeof value === "string" && Object.hasOwn(NOT_IN_JSON, value) ? NOT_IN_JSON[value] : undefined;
  if (named === undefined) throw differs(value, where, "a number");
  return named;
};

/** One of `values`. */
export function oneOf<const T extends string | number | boolean>(...values: readonly T[]): Shape<T> {
  return (value, where) => {
    const found = values.find((each) => each === value);
    if (found === undefined) throw differs(value, where, values.map((each) => JSON.stringify(each)).join(" or "));
    return found;
  };
}

/** A `T` that passes `test`; `expected` names such values, as a noun. */
export function such<T>(shape: Shape<T>, test: (value: T) => boolean, expected: string): Shape<T> {
  return (value, where) => {
    const found = shape(value, where);
    if (!test(found)) throw differs(value, where, expected);
    return found;
  };
}

/** A finite number above 0. */
export const positive: Shape<number> = such(real, (value) => value > 0 && value < Infinity, "a number above 0");

/** A finite number of 0 or more. */
export const nonNegative: Shape<number> = such(
  real,
  (value) => value >= 0 && value < Infinity,
  "a number of 0 or more",
);

/** A number from 0 to 1, 1 excluded. */
export const belowOne: Shape<number> = such(real, (value) => value >= 0 && value < 1, "a number from 0 to below 1");

/** A whole number from 1 to 2^53 - 1. */
export const positiveCount: Shape<number> = such(count, (value) => value > 0, "a whole number of 1 or more");

/** A `T`, or null. */
export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value, where) => (value === null ? null : shape(value, where));
}

/** An array of any length. */
export function list<T>(each: Shape<T>): Shape<readonly T[]> {
  return (value, where) => {
    if (!Array.isArray(value)) throw differs(value, where, "a list");
    return value.map((item: unknown, index) => each(item, `${where}[${index}]`));
  };
}

/** An array with a shape for each of its items. */
export function tuple<T extends readonly unknown[]>(...shapes: { readonly [K in keyof T]: Shape<T[K]> }): Shape<T> {
  return (value, where) => {
    if (!Array.isArray(value) || value.length !== shapes.length) {
      throw differs(value, where, `a list of ${shapes.length}`);
    }
    return shapes.map((shape, index) => shape(value[index], `${where}[${index}]`)) as unknown as T;
  };
}

/** An object with any fields. */
export const object: Shape<Readonly<Record<string, unknown>>> = (value, where) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw differs(value, where, "an object");
  return value as Readonly<Record<string, unknown>>;
};

/** An object with these own fields. */
export function record<T>(fields: { readonly [K in keyof T]: Shape<T[K]> }): Shape<T> {
  return (value, where) => {
    const found = object(value, where);
    const entries = Object.entries<Shape<unknown>>(fields).map(([key, shape]) => {
      const place = where === "" ? key : `${where}.${key}`;
      return [key, shape(Object.hasOwn(found, key) ? found[key] : undefined, place)] as const;
    });
    return Object.fromEntries(entries) as T;
  };
}

/**
 * A record with one of several shapes, chosen by the value of its field `key`.
 *
 * @param shapes by the value of the field, the shapes of the other fields
 */
export function variants<Key extends string, T extends Readonly<Record<Key, string>>>(
  key: Key,
  shapes: {
    readonly [V in T[Key]]: {
      readonly [K in Exclude<keyof Extract<T, Readonly<Record<Key, V>>>, Key>]: Shape<
        Extract<T, Readonly<Record<Key, V>>>[K]
      >;
    };
  },
): Shape<T> {
  const choice = oneOf(...(Object.keys(shapes) as T[Key][]));
  return (value, where) => {
    const chosen = record({ [key]: choice })(value, where)[key] as T[Key];
    return record({ [key]: choice, ...shapes[chosen] })(value, where) as unknown as T;
  };
}

/**
 * Parses JSON without checking the value.
 *
 * @throws {Damage} if it is not JSON, or is nested more deeply than anything this package writes: recursive code such as
 * JSON.stringify would run out of stack
 */
export function parseJson(json: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new Damage(`it is not JSON (${String(cause)})`, { cause });
  }
  if (isDeeperThan(value, MAX_DEPTH)) throw new Damage(`it is nested more than ${MAX_DEPTH} levels deep`);
  return value;
}

/** Whether arrays and objects are nested more than `max` levels deep. */
function isDeeperThan(value: unknown, max: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    level = level.filter((each) => typeof each === "object" && each !== null);
    if (level.length > 0 && depth === max) return true;
    level = level.flatMap((each) => Object.values(each as object));
  }
  return false;
}

/** JSON that preserves every number: those that JSON lacks are written as strings, see {@link real}. */
export function jsonText(value: unknown, indent?: number): string {
  const replacer = (_: string, each: unknown) => {
    if (typeof each !== "number") return each;
    if (Object.is(each, -0)) return "-0";
    return Number.isFinite(each) ? each : String(each);
  };
  return JSON.stringify(value, replacer, indent);
}
