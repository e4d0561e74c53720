// Silhouette relative to other rows, to more threads, to other batches and to augmentation.

import { describe, expect, it } from "vitest";

import { augmentationLines, batchLines, scalingLines } from "./ratios.ts";
import { relativeLines } from "../measure/report-words.ts";
import { groupOf, timed } from "../testing/results.ts";

describe("our time and the others'", () => {
  it("are shown relative to each other, by their best", () => {
    expect(relativeLines([timed("ours", 2, 9), timed("fast", 1), timed("slow", 5, 6)])).toEqual([
      "ours's best time relative to fast 2.00, slow 0.40",
      "best times relative to ours: fast 0.50, slow 2.50",
    ]);
  });

  it("are not shown without another", () => {
    expect(relativeLines([timed("ours", 2)])).toEqual([]);
    expect(relativeLines([])).toEqual([]);
  });
});

describe("our speedup with threads", () => {
  const tile = (best: number, median: number) => ({ tileGigaflops: best, tileMedianGigaflops: median });
  const one = { ...groupOf([timed("ours", 100, 120), timed("peer", 1)]), ...tile(40, 30) };
  const two = { ...groupOf([timed("ours", 50, 65, 2), timed("peer", 1, 1, 2)], 2), ...tile(76, 60) };

  it("is shown beside that of the register tile, by best times and by medians", () => {
    expect(scalingLines([one, two])).toEqual([
      "reference network (300 x 300), batch 8, speedup from 1 to 2 threads: ours 2.00, register tile 1.90, ratio 1.05 " +
        "(best times); 1.91, register tile 2.00, ratio 0.96 (medians)",
    ]);
  });

  it("is shown only for the same network and batch, for groups with a counterpart of one thread, and for threads that we use", () => {
    expect(scalingLines([one, { ...two, batch: 9 }])).toEqual([]);
    expect(scalingLines([one, { ...two, network: "compact" }])).toEqual([]);
    expect(scalingLines([two])).toEqual([]);
    expect(scalingLines([one, { ...two, peers: one.peers }])).toEqual([]);
  });
});

describe("our times per picture with several batches", () => {
  const groups = [
    groupOf([timed("ours", 102, 120), timed("peer", 1)]),
    { ...groupOf([timed("ours", 100, 120), timed("peer", 1)]), batch: 32 },
    { ...groupOf([timed("ours", 105, 106), timed("peer", 1)]), batch: 64 },
  ];

  it("differ by the distance of the slowest from the fastest, by their best", () => {
    expect(batchLines(groups)).toEqual([
      "reference network (300 x 300), 1 thread, batches 8, 32, 64: ours 100.0..105.0 ms per picture (best times), 5.0 % apart",
    ]);
  });

  it("are compared only with the same network and threads, and between two batches or more", () => {
    const other = { ...groupOf([timed("ours", 50, 50, 2)], 2), batch: 32 };
    expect(batchLines([...groups, other])).toHaveLength(1);
    const compact = groups.map((group) => ({ ...group, network: "compact" as const }));
    expect(batchLines([...groups.slice(1), ...compact.slice(0, 1)])).toHaveLength(1);
    expect(batchLines([...groups, ...compact])[1]).toContain("compact network (96 x 96), 1 thread, batches 8, 32, 64");
    expect(batchLines(groups.slice(1, 2))).toEqual([]);
    expect(batchLines(groups.map((group) => ({ ...group, threads: 2 })))).toEqual([]);
  });
});

it("augmentation is shown relative to our step, by medians, for groups that have it", () => {
  const group = groupOf([timed("ours", 1, 3), timed("peer", 10)]);
  const augmented = { ...group, network: "compact", augmentation: timed("augmentation", 0.05, 0.15) } as const;
  expect(augmentationLines([group, augmented])).toEqual([
    "compact network (96 x 96), 1 thread, batch 8, augmentation: 0.100 ms per picture, 5.0 % of ours's step (medians)",
  ]);
});
