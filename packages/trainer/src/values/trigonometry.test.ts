// Sine and cosine equal the engine's, to the last digits.

import { expect, it } from "vitest";

import { cosine, sine } from "./trigonometry.ts";

const PLACES = Array.from({ length: 2001 }, (_, index) => index / 1000 - 1);

it("sine and cosine are those of Math to 2e-15, over their whole range", () => {
  for (const place of PLACES) {
    expect(Math.abs(sine((place * Math.PI) / 2) - Math.sin((place * Math.PI) / 2))).toBeLessThan(2e-15);
    expect(Math.abs(cosine(place * Math.PI) - Math.cos(place * Math.PI))).toBeLessThan(2e-15);
  }
});

it("no rotation changes nothing", () => {
  expect([sine(0), cosine(0)]).toEqual([0, 1]);
});
