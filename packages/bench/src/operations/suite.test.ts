// The suite of operations, and how its times are shown. Nothing is timed here but in a run that is stopped.

import { describe, expect, it } from "vitest";

import { resultOf, timed } from "../testing/results.ts";
import { casesOf } from "./cases.ts";
import { chartOf, OPERATIONS_REPORT } from "../suite-reports.ts";
import { operationsMarkdown, operationsTexts, slowestText } from "./report.ts";
import type { OperationsResult, OperationTiming } from "./result.ts";
import { runOperationsSuite } from "./suite.ts";

it("a suite that is stopped keeps what both backends agreed on, and says why it stopped", async () => {
  const stop = new AbortController();
  const results: OperationsResult[] = [];
  const run = async (): Promise<void> => {
    for await (const result of runOperationsSuite({ thoroughness: "quick", command: "", signal: stop.signal })) {
      results.push(result);
      stop.abort(new Error("Stopped by Ctrl-C"));
    }
  };
  await expect(run()).rejects.toThrow("Stopped by Ctrl-C");
  expect(results.map(({ complete, stopped }) => [complete, stopped])).toEqual([
    [false, null],
    [false, "Stopped by Ctrl-C"],
  ]);
  const [first] = results;
  expect(results[1]?.timings).toEqual(first?.timings);
  const names = casesOf(2 ** 16).map(({ name }) => name);
  expect(first?.timings.map(({ operation, name }) => `${operation}: ${name}`)).toEqual(
    names.flatMap((name) => [`${name}: silhouette`, `${name}: stock WASM`]),
  );
  // Caches hold its tensors: no share of a copy.
  expect(first?.timings.every(({ copyGigabytesPerSecond }) => copyGigabytesPerSecond === null)).toBe(true);
}, 120_000);

describe("a report of operations", () => {
  const facts = { operation: "add", floats: 2 ** 24, threads: 2, bytes: 2e8, copyGigabytesPerSecond: 20, deviation: 0 };
  const timings: readonly OperationTiming[] = [
    { ...timed("silhouette", 20, 30), ...facts, relativeToStock: 0.5 },
    { ...timed("stock WASM", 40), ...facts, relativeToStock: 1 },
    {
      ...timed("silhouette", 0.02),
      ...facts,
      floats: 256,
      bytes: 3072,
      copyGigabytesPerSecond: null,
      relativeToStock: 1.05,
    },
  ];
  const result: OperationsResult = { ...resultOf([]), suite: "operations", timings };

  it("has times, GB/s, their share of a copy and the ratio to the stock backend", () => {
    const [large, small] = operationsTexts(result);
    expect(large?.split("\n")[1]).toMatch(/^add +16777216 +2 +silhouette +20\.0 \/ 25\.0 +10\.0 +50 % +0\.50 +0$/);
    expect(small?.split("\n")[1]).toMatch(/^add +256 +2 +silhouette +0\.020 \/ 0\.020 +0\.2 +1\.05 +0$/);
  });

  it("names the slowest in relation to the stock backend", () => {
    expect(slowestText(result)).toContain("add of 256 floats, threads 2: 1.05");
  });

  it("is a Markdown table, and a chart of the large tensors", () => {
    expect(operationsMarkdown(result)).toMatch(/\| add +\| 16777216 \|/);
    const chart = chartOf(result, OPERATIONS_REPORT);
    for (const text of ["add of 16777216 floats, 2 threads", "silhouette", "stock WASM"]) {
      expect(chart).toContain(`>${text}</text>`);
    }
    expect(chart).not.toContain("256 floats");
  });
});
