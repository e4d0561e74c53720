// Turns in rounds, and what is kept of them if one fails.

import { describe, expect, it } from "vitest";

import { Rounds, type Contender } from "./rounds.ts";

const SETTINGS = { rounds: 3, measureMilliseconds: 0, warmupMilliseconds: 0, leastWarmups: 0, leastSamples: 1 };

/** Contenders a, b and c, whose turns take 1, 2, 3, ... ms; turn `fails` throws. */
function rounds(fails: number): Rounds {
  let turn = 0;
  const contender = (name: string): Contender => ({
    name,
    takeTurn: async () => {
      if (++turn === fails) throw new Error("Fails");
      return { medianMilliseconds: turn, bestMilliseconds: turn, samples: 1 };
    },
  });
  return new Rounds(["a", "b", "c"].map(contender), SETTINGS);
}

describe("rounds", () => {
  it("let each contender take a turn per round, in their order", async () => {
    const all = rounds(Infinity);
    await all.run();
    expect(all.timings().map((timing) => [timing?.name, timing?.lowestRoundMilliseconds, timing?.samples])).toEqual([
      ["a", 1, 3],
      ["b", 2, 3],
      ["c", 3, 3],
    ]);
  });

  it.each([
    [1, [undefined, undefined, undefined]],
    [3, [1, 1, undefined]],
    [8, [3, 2, 2]],
  ])("keep the turns before turn %d, which fails", async (fails, samples) => {
    const some = rounds(fails);
    await expect(some.run()).rejects.toThrow("Fails");
    expect(some.timings().map((timing) => timing?.samples)).toEqual(samples);
  });
});
