// Which answers of peers are ours, but for rounding.

import { describe, expect, it } from "vitest";

import { checkedDeviation } from "./answers.ts";

const differ = expect.objectContaining({ code: "ANSWERS_DIFFER" }) as Error;

describe("an answer to a training step", () => {
  it("is ours if its losses are apart by no more than rounding, as a share of the first loss", () => {
    expect(checkedDeviation("train", "peer", [2.0002, 1.02, 0.51], [2, 1, 0.5])).toBeCloseTo(0.01, 6);
  });

  it.each([
    ["another first loss", [2.01, 1, 0.5]],
    ["another later loss", [2, 1.1, 0.5]],
    ["a NaN", [2, Number.NaN, 0.5]],
    ["too few losses", [2, 1]],
    ["too many losses", [2, 1, 0.5, 0.2]],
  ])("is another with %s, which names the peer and both answers", (_, values) => {
    expect(() => checkedDeviation("train", "Some peer", values, [2, 1, 0.5])).toThrow(differ);
    expect(() => checkedDeviation("train", "Some peer", values, [2, 1, 0.5])).toThrow(
      `Expected Some peer to give our answer, 2, 1, 0.5, but received ${values.slice(0, 6).join(", ")}.`,
    );
  });
});

it("probabilities are ours within 1e-4, whatever their size", () => {
  expect(checkedDeviation("predict", "peer", [0.30005, 1e-9], [0.3, 0])).toBeCloseTo(5e-5, 9);
  expect(() => checkedDeviation("predict", "peer", [0.3002], [0.3])).toThrow(differ);
});

it("loaded pictures are ours only with the same checksum", () => {
  expect(checkedDeviation("load", "peer", [123], [123])).toBe(0);
  expect(() => checkedDeviation("load", "peer", [124], [123])).toThrow(differ);
});
