// How ours stands to other rows, to more threads and to other batches.

import { describe, expect, it } from "vitest";

import { batchLines, scalingLines } from "./ratios.ts";
import { multiplesLines } from "../measure/report-words.ts";
import { groupOf, timed } from "../testing/results.ts";

describe("our time and the others'", () => {
  it("are told as multiples of each other, best to best", () => {
    expect(multiplesLines([timed("ours", 2, 9), timed("fast", 1), timed("slow", 5, 6)])).toEqual([
      "ours's time, best to best: 2.00 x fast, 0.40 x slow",
      "in multiples of ours's: fast 0.50, slow 2.50",
    ]);
  });

  it("are not told where there is no other", () => {
    expect(multiplesLines([timed("ours", 2)])).toEqual([]);
    expect(multiplesLines([])).toEqual([]);
  });
});

describe("what we gain from threads", () => {
  const tile = (best: number, median: number) => ({ tileGigaflops: best, tileMedianGigaflops: median });
  const one = { ...groupOf([timed("ours", 100, 120), timed("peer", 1)]), ...tile(40, 30) };
  const two = { ...groupOf([timed("ours", 50, 65, 2), timed("peer", 1, 1, 2)], 2), ...tile(76, 60) };

  it("is told in relation to what the register tile gains, best to best and by medians", () => {
    expect(scalingLines([one, two])).toEqual([
      "from 1 to 2 threads, batch 8: ours 2.00 x, the register tile 1.90 x: 1.05 of it, best to best; " +
        "1.91 x, the register tile 2.00 x: 0.96 of it, by medians",
    ]);
  });

  it("is told of results without the tile's median, best to best", () => {
    const { tileMedianGigaflops, ...older } = one;
    expect(tileMedianGigaflops).toBe(30);
    expect(scalingLines([older, two])).toEqual([
      "from 1 to 2 threads, batch 8: ours 2.00 x, the register tile 1.90 x: 1.05 of it, best to best",
    ]);
  });

  it("is told only of the same batch, of groups that have one thread beside them, and of threads that we use", () => {
    expect(scalingLines([one, { ...two, batch: 9 }])).toEqual([]);
    expect(scalingLines([two])).toEqual([]);
    expect(scalingLines([one, { ...two, peers: one.peers }])).toEqual([]);
  });
});

describe("our times of a picture in batches of several sizes", () => {
  const groups = [
    groupOf([timed("ours", 102, 120), timed("peer", 1)]),
    { ...groupOf([timed("ours", 100, 120), timed("peer", 1)]), batch: 32 },
    { ...groupOf([timed("ours", 105, 106), timed("peer", 1)]), batch: 64 },
  ];

  it("are apart by the slowest's distance from the fastest, at their best", () => {
    expect(batchLines(groups)).toEqual([
      "1 thread, batches 8, 32, 64: ours 100.0..105.0 ms a picture at its best, 5.0 % apart",
    ]);
  });

  it("are compared only with the same threads, and where there are two batches", () => {
    const other = { ...groupOf([timed("ours", 50, 50, 2)], 2), batch: 32 };
    expect(batchLines([...groups, other])).toHaveLength(1);
    expect(batchLines(groups.slice(1, 2))).toEqual([]);
    expect(batchLines(groups.map((group) => ({ ...group, threads: 2 })))).toEqual([]);
  });
});
