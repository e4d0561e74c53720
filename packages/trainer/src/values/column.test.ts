// A column is the list of the numbers that were added, whatever it has reserved.

import { expect, it } from "vitest";

import { Column } from "./column.ts";

it("keeps numbers while it grows, and after it was trimmed", () => {
  const column = new Column(new Uint16Array());
  const expected: number[] = [];
  for (let number = 0; number < 1000; number++) {
    if (number % 3 === 0) column.push(number);
    else column.append([number, 65_536 + number]);
    expected.push(...(number % 3 === 0 ? [number] : [number, number]));
    if (number % 100 === 0) column.trim();
  }
  expect(column).toHaveLength(expected.length);
  expect(column.slice()).toEqual(Uint16Array.from(expected));
  expect(column.slice(5, 8)).toEqual(Uint16Array.from(expected).subarray(5, 8));
  expect(column.at(7)).toBe(expected[7]);
});

it("can be trimmed while it is empty", () => {
  const column = new Column(new Float64Array());
  column.trim();
  column.push(0.5);
  expect(column.slice()).toEqual(Float64Array.of(0.5));
});
