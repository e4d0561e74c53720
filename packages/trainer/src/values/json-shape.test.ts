// Parsed JSON gets a type, or an error that reports where it differs.

import { assert, double, property } from "fast-check";
import { describe, expect, it } from "vitest";

import { Damage } from "./errors.ts";
import {
  belowOne,
  count,
  jsonText,
  list,
  nonNegative,
  nullable,
  object,
  oneOf,
  parseJson,
  positive,
  positiveCount,
  real,
  record,
  text,
  tuple,
  variants,
  type Shape,
} from "./json-shape.ts";

const shape = record({
  name: text,
  sizes: list(count),
  kind: oneOf("a", "b"),
  loss: nullable(real),
  range: tuple<readonly [number, string]>(real, text),
  rest: object,
});

const fitting = { name: "x", sizes: [0, 3], kind: "a", loss: null, range: [0.5, "y"], rest: { z: [1] } } as const;

describe("a shape", () => {
  it("returns a matching value without the fields that were not requested", () => {
    expect(shape({ ...fitting, other: 1 }, "")).toEqual(fitting);
  });

  it("is not applied to values nested more deeply than anything this package writes", () => {
    expect(() => parseJson("[".repeat(200_000) + "]".repeat(200_000))).toThrow(Damage);
  });

  it.each([
    [{ name: 1 }, "name is 1 instead of a string"],
    [{ name: undefined }, "name is missing instead of a string"],
    [{ sizes: {} }, "sizes is {} instead of a list"],
    [{ sizes: [1, -1] }, "sizes[1] is -1 instead of a non-negative whole number"],
    [{ sizes: [0.5] }, "sizes[0] is 0.5 instead of a non-negative whole number"],
    [{ sizes: [2 ** 53] }, "sizes[0] is 9007199254740992 instead of a non-negative whole number"],
    [{ kind: "c" }, 'kind is "c" instead of "a" or "b"'],
    [{ loss: "many" }, 'loss is "many" instead of a number'],
    [{ loss: "toString" }, 'loss is "toString" instead of a number'],
    [{ range: [1] }, "range is [1] instead of a list of 2"],
    [{ range: [1, 2] }, "range[1] is 2 instead of a string"],
    [{ rest: null }, "rest is null instead of an object"],
    [{ rest: [] }, "rest is [] instead of an object"],
    [{ name: ["x".repeat(100)] }, `name is ["${"x".repeat(58)}... instead of a string`],
  ])("reports where %j differs", (change, message) => {
    expect(() => shape({ ...fitting, ...change }, "")).toThrow(new Damage(message));
  });

  it("ignores inherited fields", () => {
    const inherited: unknown = Object.create({ name: "x" });
    expect(() => record({ name: text })(inherited, "")).toThrow("name is missing instead of a string");
    const parsed = parseJson('{"__proto__": {"name": "x"}}');
    expect(() => record({ name: text })(parsed, "")).toThrow("name is missing instead of a string");
  });

  it("rejects what is not JSON", () => {
    expect(() => parseJson("{")).toThrow(Damage);
  });
});

describe("variants", () => {
  type Figure =
    | { readonly kind: "circle"; readonly radius: number }
    | { readonly kind: "rectangle"; readonly sides: readonly number[] }
    | { readonly kind: "nothing" };
  const figure = variants<"kind", Figure>("kind", {
    circle: { radius: real },
    rectangle: { sides: list(real) },
    nothing: {},
  });

  it("have the fields that the value of one field asks for, and no others", () => {
    const all = { radius: 1, sides: [2, 3] };
    expect(figure({ kind: "circle", ...all }, "")).toEqual({ kind: "circle", radius: 1 });
    expect(figure({ kind: "rectangle", ...all }, "")).toEqual({ kind: "rectangle", sides: [2, 3] });
    expect(figure({ kind: "nothing", ...all }, "")).toEqual({ kind: "nothing" });
  });

  it.each([
    [{ kind: "circle", sides: [] }, "figure.radius is missing instead of a number"],
    [{ kind: "cube" }, 'figure.kind is "cube" instead of "circle" or "rectangle" or "nothing"'],
    [{ kind: "toString" }, 'figure.kind is "toString" instead of "circle" or "rectangle" or "nothing"'],
    [{}, 'figure.kind is missing instead of "circle" or "rectangle" or "nothing"'],
    ["circle", 'figure is "circle" instead of an object'],
  ])("report where %j differs", (value, message) => {
    expect(() => figure(value, "figure")).toThrow(new Damage(message));
  });
});

describe("numbers within bounds", () => {
  it.each<[string, Shape<number>, readonly number[], readonly number[]]>([
    ["above 0", positive, [5e-324, 1, 1e308], [0, -0, -1, Number.NaN, Infinity]],
    ["of 0 or more", nonNegative, [0, 1, 1e308], [-5e-324, Number.NaN, Infinity]],
    ["from 0 to below 1", belowOne, [0, 0.5, 1 - 2 ** -53], [-0.1, 1, Number.NaN, Infinity]],
    ["of 1 or more", positiveCount, [1, 2 ** 53 - 1], [0, 0.5, -1]],
  ])("%s are these and no others", (expected, bounded, within, beyond) => {
    for (const value of within) expect(bounded(value, "")).toBe(value);
    for (const value of beyond) expect(() => bounded(value, "a")).toThrow(Damage);
    expect(() => bounded(beyond[0], "a")).toThrow(expected);
  });
});

describe("numbers", () => {
  it("are preserved, including those that JSON lacks", () => {
    const same = (number: number) => Object.is(real(parseJson(jsonText(number)), ""), number);
    for (const number of [NaN, Infinity, -Infinity, -0, 0, 5e-324, 0.1 + 0.2, Number.MAX_VALUE]) {
      expect(same(number)).toBe(true);
    }
    assert(property(double(), same));
  });
});
