// Weights by planes, and back.

import { expect, it } from "vitest";

import { fromPlanes, toPlanes } from "./byte-planes.ts";

it("puts all first bytes first, then all second ones", () => {
  expect([...toPlanes(Uint8Array.of(1, 2, 3, 4, 11, 12, 13, 14))]).toEqual([1, 11, 2, 12, 3, 13, 4, 14]);
});

it.each([0, 1, 3, 4, 5, 7, 8, 4099])("gives back %i bytes", (length) => {
  const bytes = Uint8Array.from({ length }, (_, index) => (index * 37) % 251);
  expect(fromPlanes(toPlanes(bytes))).toEqual(bytes);
});
