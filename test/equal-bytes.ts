// For every test: typed arrays with the same bytes are equal at once. Vitest compares them element by element, by their names: a third of a
// second for the pixels of a picture. Arrays that differ are left to it, which shows where.

import { expect } from "vitest";

function haveSameBytes(one: unknown, other: unknown): true | undefined {
  if (!ArrayBuffer.isView(one) || !ArrayBuffer.isView(other)) return undefined;
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other) || one.byteLength !== other.byteLength)
    return undefined;
  const [bytes, others] = [one, other].map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength),
  );
  return bytes !== undefined && others !== undefined && bytes.equals(others) ? true : undefined;
}

// Test files that share a process run this again.
const ADDED = Symbol.for("silhouette: typed arrays are compared by their bytes");
if (!(ADDED in globalThis)) {
  Object.defineProperty(globalThis, ADDED, { value: true });
  expect.addEqualityTesters([haveSameBytes]);
}
