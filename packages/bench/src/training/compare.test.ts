// What changed from one result to another.

import { describe, expect, it } from "vitest";

import { compare, comparisonText } from "./compare.ts";
import { groupOf, resultOf, timed } from "../testing/results.ts";

describe("a comparison", () => {
  const before = resultOf([groupOf([timed("a", 10, 12), timed("b", 10, 12), timed("c", 10, 12), timed("gone", 1)])]);
  const after = resultOf([groupOf([timed("a", 8, 9), timed("b", 11, 14), timed("c", 13, 15), timed("new", 1)])]);

  it("calls a change only what lies beyond all rounds of the other run", () => {
    expect(compare(before, after).map(({ name, change, ratio }) => [name, change, ratio])).toEqual([
      ["a", "faster", 8.5 / 11],
      ["b", "noise", 12.5 / 11],
      ["c", "slower", 14 / 11],
    ]);
    expect(compare(after, before).map(({ change }) => change)).toEqual(["slower", "noise", "faster"]);
  });

  it("takes a peer with another network, other threads or another batch for another", () => {
    const group = groupOf([timed("a", 8)]);
    const others = resultOf([
      { ...group, threads: 2 },
      { ...group, batch: 9 },
      { ...group, network: "compact" },
    ]);
    expect(compare(before, others)).toEqual([]);
    expect(comparisonText(before, others)).toContain("No peer is in both");
  });

  it("is shown with both machines, and a warning where they differ", () => {
    const text = comparisonText(before, after);
    expect(text).toMatch(
      /^a +reference +1 +8 +11\.0 \(10\.0\.\.12\.0\) +8\.500 \(8\.000\.\.9\.000\) +0\.773 +faster$/m,
    );
    expect(text).toContain("within noise");
    expect(text).not.toContain("different machines");
    const elsewhere = { ...after, machine: { ...after.machine, processor: "Another" } };
    expect(comparisonText(before, elsewhere)).toContain("different machines");
  });

  it("of two suites is an error", () => {
    const differ = expect.objectContaining({ code: "RESULT_SUITE" }) as Error;
    expect(() => compare(before, { ...after, suite: "predict" })).toThrow(differ);
  });

  it("of a partial result is an error that says why it is partial, and how to measure it", () => {
    const partial = { ...after, complete: false, stopped: "Stopped by Ctrl-C" };
    const refused = expect.objectContaining({
      code: "RESULT_PARTIAL",
      message: expect.stringContaining("Stopped by Ctrl-C") as string,
      hint: expect.stringContaining(after.command) as string,
    }) as Error;
    expect(() => compare(before, partial)).toThrow(refused);
    expect(() => compare(partial, before)).toThrow(refused);
  });
});
