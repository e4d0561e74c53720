// A result as tables and as a chart.

import { describe, expect, it } from "vitest";

import { chartOf, TRAINING_REPORT } from "../suite-reports.ts";
import { groupOf, resultOf, timed } from "../testing/results.ts";
import { endText, groupText, headText, trainingMarkdown } from "./report.ts";

const one = groupOf([timed("ours", 100, 120), timed("peer", 50)]);
const two = groupOf([timed("ours", 100, 120), timed("peer", 25, 25, 2)], 2);

describe("a group's table", () => {
  it("has times, ratios to the first row, GFLOP/s by best and median, their shares of the tile's best, and memory", () => {
    const [title, , ...lines] = groupText(one).split("\n");
    expect(title).toBe("reference network (300 x 300), 1 thread, batch 8; register tile 40.0 GFLOP/s");
    // 4 GFLOP in 100 and 110 ms, and in 50 ms.
    expect(lines[1]).toMatch(
      /^ours +110\.0 +100\.0 +100\.0\.\.120\.0 +1\.00 +40\.0 \/ 36\.4 +100 \/ 91 % +1\.50 GB +0$/,
    );
    expect(lines[2]).toMatch(/^peer +50\.0 +50\.0 +50\.0\.\.50\.0 +0\.45 +80\.0 \/ 80\.0 +200 \/ 200 % +1\.50 GB +0$/);
  });

  it("is followed by our time and memory relative to every other row's", () => {
    const large = { ...timed("large", 400, 400, 2), peakBytes: 6e9 };
    const lines = groupText(groupOf([...two.peers, large], 2)).split("\n");
    expect(lines.slice(-3)).toEqual([
      "",
      "ours's best time relative to peer 4.00, large 0.25",
      "ours's memory relative to peer 1.00, large 0.25",
    ]);
    expect(groupText(groupOf([timed("ours", 100)]))).not.toContain("relative to");
  });

  it("says which peer used fewer threads", () => {
    expect(groupText(two)).toMatch(/^ours \(1 thread\) /m);
    expect(groupText(two)).toMatch(/^peer /m);
  });

  it("has no GFLOP/s where nothing is multiplied", () => {
    expect(groupText({ ...one, flopsPerPicture: 0 })).not.toContain("GFLOP/s  ");
  });
});

it("what follows the tables names where time goes, who is missing, and why a run is invalid", () => {
  const whole = { stepMilliseconds: 108, operationsMilliseconds: 99 };
  const ours = { name: "ours", network: "reference", threads: 1 } as const;
  const operations = [
    { ...ours, batch: 8, ...whole, operations: [{ name: "Conv2D", milliseconds: 12.34 }] },
    { ...ours, batch: 2, ...whole, operations: [{ name: "Other", milliseconds: 1 }] },
    { ...ours, network: "compact", batch: 4, ...whole, operations: [{ name: "Small", milliseconds: 1 }] },
  ] as const;
  const text = endText(
    resultOf([one], { operations, missing: [{ name: "Keras", reason: "no Python" }], invalid: "why" }),
  );
  expect(text).toMatch(
    /ours, reference network \(300 x 300\), 1 thread, batch 8\noperation +ms per picture\nConv2D +12\.3\nall others +86\.7$/m,
  );
  expect(text).toContain("\nsum 99.0 of 108.0 ms per picture in this step; best / median in the turns: 100.0 / 110.0");
  expect(text).not.toContain("Other");
  expect(text).toMatch(/ours, compact network \(96 x 96\), 1 thread, batch 4\noperation +ms per picture\nSmall /);
  expect(text).toContain("No profile of single operations: peer");
  expect(text).toContain("Not measured: Keras: no Python");
  expect(text).toContain("Invalid: why.");
  expect(text).not.toContain("best times");
});

it("our speedup with threads, differences between batches and augmentation are below the tables, without the register tile where nothing is multiplied", () => {
  const groups = [
    one,
    { ...one, batch: 16 },
    { ...groupOf([timed("ours", 50, 60, 2)], 2), augmentation: timed("augmentation", 11) },
  ];
  const text = endText(resultOf(groups));
  expect(text).toContain(
    "\nreference network (300 x 300), batch 8, speedup from 1 to 2 threads: ours 2.00, register tile 1.00, ratio 2.00",
  );
  expect(text).toContain("\nreference network (300 x 300), 1 thread, batches 8, 16: ours 100.0..100.0 ms");
  expect(text).toContain("2 threads, batch 8, augmentation: 11.0 ms per picture, 20.0 % of ours's step (medians)");
  const loading = groups.map((group) => ({ ...group, flopsPerPicture: 0 }));
  expect(endText(resultOf(loading))).not.toContain("register tile");
  expect(trainingMarkdown(resultOf(groups))).toMatch(
    /\n\n- .*speedup from 1 to 2 threads.*\n- .*1 thread, batches.*\n- .*augmentation.*\n$/,
  );
});

it.each([
  ["Stopped by Ctrl-C", "Partial result: Stopped by Ctrl-C."],
  [null, "Partial result: the run has not finished."],
])("the first line says of a partial result why it is one: %s", (stopped, line) => {
  const result = resultOf([one], { complete: false, stopped });
  expect(headText(result).split("\n")[0]).toBe(line);
  expect(trainingMarkdown(result).split("\n")[0]).toBe(`**${line}**`);
  expect(headText(resultOf([one]))).not.toContain("Partial");
  expect(trainingMarkdown(resultOf([one]))).not.toContain("Partial");
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
  expect(text).toContain(
    "\n\nA training step of the reference network (300 x 300): milliseconds per picture, best / median of 5 rounds.\n\n",
  );
  expect(text).toContain("Measured on 2026-01-02, 2 cores of Test processor, Node 20.0.0; `silhouette bench train`.");
  expect(text).toContain("Not measured: Keras.");
});

it("Markdown has our best times and memory relative to each row's, with the same threads", () => {
  const large = { ...groupOf([timed("ours", 90), { ...timed("peer", 120), peakBytes: 6e9 }]), batch: 50 };
  const lines = trainingMarkdown(resultOf([one, large, two])).split("\n");
  const start = lines.findIndex((line) => line.startsWith("| ours relative to"));
  expect(lines.slice(start, start + 6)).toEqual([
    "| ours relative to | threads | batch 8 | batch 50 | memory |",
    "| ---------------- | ------: | ------: | -------: | -----: |",
    "| peer             |       1 |    2.00 |     0.75 |   0.25 |",
    "| peer             |       2 |    4.00 |          |        |",
    "",
    "ours's time and memory relative to each peer's: best times, and memory with batch 50.",
  ]);
});

it("Markdown has tables for each network, with its own batches", () => {
  const compact = { ...groupOf([timed("ours", 5), timed("peer", 10)]), network: "compact", batch: 50 } as const;
  const text = trainingMarkdown(resultOf([one, compact, two]));
  const [reference = "", small = "", end = ""] = text.split(/(?=^\| peer +\| threads)|(?=^Measured on)/m);
  expect(reference).toMatch(/^\| peer \| threads \| +batch 8 \| GFLOP/);
  expect(reference).toContain("of the reference network (300 x 300)");
  expect(small).toMatch(/^\| peer \| threads \| +batch 50 \| GFLOP/);
  expect(small).toMatch(/^\| ours +\| +1 \| +5\.000 \/ 5\.000 \|/m);
  expect(small).toContain("of the compact network (96 x 96)");
  expect(small).toMatch(/^\| peer +\| +1 \| +0\.50 \|/m);
  expect(end).toContain("`silhouette bench train`.");
});

it("the chart is an SVG document with a panel for each group: every peer and its median, with the spread of its rounds", () => {
  const svg = chartOf(resultOf([one, two]), TRAINING_REPORT);
  expect(svg).toMatch(/^<svg .*<\/svg>\n$/s);
  const texts = [
    "reference network (300 x 300), 1 thread, batch 8",
    "reference network (300 x 300), 2 threads, batch 8",
  ];
  for (const text of [...texts, "ours", "peer", "110.0", "100.0..120.0", "25.0"])
    expect(svg).toContain(`>${text}</text>`);
});
