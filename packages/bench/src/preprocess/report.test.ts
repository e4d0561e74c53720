// A result of the suite preprocess as text and as Markdown.

import { expect, it } from "vitest";

import type { PeerReport } from "./result.ts";
import { caseText, preprocessEndText, preprocessMarkdown } from "./report.ts";
import type { PreprocessResult } from "./result.ts";
import { resultOf, timed } from "../testing/results.ts";

const { machine, settings } = resultOf([]);
const library = { name: "other-js", version: "5.0.0", installedBytes: 14_700_000 };

function peer(name: string, low: number, high: number, changes: Partial<PeerReport> = {}): PeerReport {
  return { ...timed(name, low, high), threshold: 122, agreement: 1, ratio: (low + high) / 4, ...changes };
}

const RGBA = [peer("ours", 1, 3), peer("other", 4, 6, { agreement: 0.99999, threshold: 121, library })];
const RESULT: PreprocessResult = {
  formatVersion: 2,
  suite: "preprocess",
  thoroughness: "full",
  command: "silhouette bench preprocess",
  machine,
  complete: true,
  stopped: null,
  cases: [
    { name: "RGBA", settings, whiteShare: 0.625, peers: RGBA },
    { name: "gray", settings, whiteShare: 0.625, peers: RGBA.slice(0, 1) },
  ],
  missing: [{ name: "absent", reason: "Cannot find it" }],
  histograms: [
    { ...timed("", 0.02), name: "photograph", width: 3, height: 2 },
    { ...timed("", 0.025), name: "constant", width: 3, height: 2 },
    { ...timed("", 0.04), name: "photograph", width: 5, height: 4 },
    { ...timed("", 0.03), name: "constant", width: 5, height: 4 },
  ],
  pools: [
    { workers: 1, pool: timed("pool", 0.2), tile: timed("tile", 10) },
    { workers: 2, pool: timed("pool", 0.125), tile: timed("tile", 11) },
  ],
  coldStarts: [timed("ours", 2, 4), timed("other", 200, 400)],
  binaries: [{ name: "simd128.wasm", bytes: 17_539, gzippedBytes: 7210 }],
};

it("a case has each peer's times, and how near its answer is, cut so that only the same is 100 %", () => {
  const [title, facts, , , ours, other, , ...relative] = caseText(RESULT.cases[0] ?? expect.fail()).split("\n");
  expect([title, facts]).toEqual(["RGBA", "5 interleaved rounds; our mask is 62.50 % white"]);
  expect(ours).toMatch(/^ours +2\.000 +1\.000 +1\.000\.\.3\.000 +1\.00 +10 +100\.00 % +122$/);
  expect(other).toMatch(/^other +5\.000 +4\.000 +4\.000\.\.6\.000 +2\.50 +10 +99\.99 % +121$/);
  expect(relative).toEqual(["ours's best time relative to other 0.25", "best times relative to ours: other 4.00"]);
});

it("below the tables are our histogram by size and plane, cold starts, sizes, and missing peers", () => {
  expect(preprocessEndText(RESULT).split("\n")).toEqual([
    "",
    "our histogram of 3x2, best times: photograph 0.020 ms, constant 1.25 times that",
    "our histogram of 5x4, best times: photograph 0.040 ms, constant 0.75 times that",
    "our pool from 1 to 2 workers, 500x375 RGBA to 300x300, best times: 0.200 to 0.125 ms per picture, " +
      "speedup 1.60, register tile 1.82, ratio 0.88",
    "cold start to the first mask in a new process, best / median ms: ours 2.000 / 3.000, other 200.0 / 300.0",
    "our kernels: simd128.wasm 17.5 KB, 7.2 KB gzipped",
    "installed size with dependencies: other-js 5.0.0 14.7 MB",
    "",
    "Not measured: absent: Cannot find it",
  ]);
});

it("Markdown has the first case's times, and all relative to ours, empty where a peer cannot do it", () => {
  const lines = preprocessMarkdown(RESULT).split("\n");
  expect(lines.slice(0, 4)).toEqual([
    "| peer  | best ms | median ms | agreement |",
    "| ----- | ------: | --------: | --------: |",
    "| ours  |   1.000 |     2.000 |  100.00 % |",
    "| other |   4.000 |     5.000 |   99.99 % |",
  ]);
  expect(lines[5]).toContain("RGBA, best and median of 5 rounds; 2026-01-02, 2 cores of Test processor, Node 20.0.0; ");
  expect(lines[5]).toContain("Not measured: absent.");
  expect(lines.slice(7, 10)).toEqual([
    "| best time relative to ours | RGBA | gray |",
    "| -------------------------- | ---: | ---: |",
    "| other                      | 4.00 |      |",
  ]);
  expect(lines.slice(13)).toEqual(
    preprocessEndText(RESULT)
      .split("\n")
      .slice(1, 7)
      .map((line) => `- ${line}`)
      .concat(""),
  );
});
