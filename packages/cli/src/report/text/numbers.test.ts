// Numbers as text.

import { expect, it } from "vitest";

import { roughly } from "./numbers.ts";

it.each([
  [0, "about 5 s"],
  [42, "about 40 s"],
  [94, "about 95 s"],
  [96, "about 2 min"],
  [736, "about 12 min"],
  [5399, "about 90 min"],
  [5401, "about 1.5 h"],
])("an estimate of %d seconds is no more exact than it is", (seconds, text) => {
  expect(roughly(seconds)).toBe(text);
});
