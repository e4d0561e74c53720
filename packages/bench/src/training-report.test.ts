// A result as tables and as a chart.

import { describe, expect, it } from "vitest";

import { trainingChart } from "./chart.ts";
import { groupOf, resultOf, timed } from "./testing/results.ts";
import { endText, groupText, trainingMarkdown } from "./training-report.ts";

const one = groupOf([timed("ours", 100, 120), timed("peer", 50)]);
const two = groupOf([timed("ours", 100, 120), timed("peer", 25, 25, 2)], 2);

describe("a group's table", () => {
  it("has times, ratios to the first row, GFLOP/s by the median, their share of the tile's, and memory", () => {
    const [title, , ...lines] = groupText(one, 4e9).split("\n");
    expect(title).toBe("1 thread, batch 8; register tile 40.0 GFLOP/s");
    // 4 GFLOP in 110 ms and in 50 ms.
    expect(lines[1]).toMatch(/^ours +110\.0 +100\.0 +100\.0\.\.120\.0 +1\.00 +36\.4 +91 % +1\.50 GB +0$/);
    expect(lines[2]).toMatch(/^peer +50\.0 +50\.0 +50\.0\.\.50\.0 +0\.45 +80\.0 +200 % +1\.50 GB +0$/);
  });

  it("says which peer used fewer threads", () => {
    expect(groupText(two, 4e9)).toMatch(/^ours \(1 thread\) /m);
    expect(groupText(two, 4e9)).toMatch(/^peer /m);
  });

  it("has no GFLOP/s where nothing is multiplied", () => {
    expect(groupText(one, 0)).not.toContain("GFLOP/s  ");
  });
});

it("what follows the tables names where time goes, who is missing, and why a run is void", () => {
  const operations = [
    { name: "ours", threads: 1, batch: 8, operations: [{ name: "Conv2D", milliseconds: 12.34 }] },
    { name: "ours", threads: 1, batch: 2, operations: [{ name: "Other", milliseconds: 1 }] },
  ];
  const text = endText(resultOf([one], { operations, missing: [{ name: "Keras", reason: "no Python" }], void: "why" }));
  expect(text).toMatch(/ours, 1 thread, batch 8\noperation +ms a picture\nConv2D +12\.3$/m);
  expect(text).not.toContain("Other");
  expect(text).toContain("No single operations are told by: peer");
  expect(text).toContain("Not measured: Keras: no Python");
  expect(text).toContain("VOID: why.");
});

it("Markdown has a row for each peer and number of threads that it can use, and what was measured", () => {
  const text = trainingMarkdown(resultOf([one, two], { missing: [{ name: "Keras", reason: "" }] }));
  expect(text.split("\n").slice(0, 5)).toEqual([
    "| peer | threads |       batch 8 | GFLOP/s |  memory |",
    "| ---- | ------: | ------------: | ------: | ------: |",
    "| ours |       1 | 100.0 / 110.0 |      36 | 1.50 GB |",
    "| peer |       1 |   50.0 / 50.0 |      80 | 1.50 GB |",
    "| peer |       2 |   25.0 / 25.0 |     160 | 1.50 GB |",
  ]);
  expect(text).toContain("2026-01-02, 2 cores of Test processor, Node 20.0.0; `silhouette bench train`.");
  expect(text).toContain("Not there: Keras.");
});

it("the chart is an SVG document with every peer, its threads and its median", () => {
  const svg = trainingChart(resultOf([one, two]));
  expect(svg).toMatch(/^<svg .*<\/svg>\n$/s);
  for (const text of ["ours, 1 thread", "peer, 1 thread", "peer, 2 threads", "batch 8", "110.0", "25.0"]) {
    expect(svg).toContain(`>${text}</text>`);
  }
});
