// The plain JavaScript peer against ours, and the built program from end to end: `npm run build` comes first. No test
// here depends on speed.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { createPreprocessor } from "@silhouette/preprocess-wasm";
import { describe, expect, it } from "vitest";

import { photoLikePicture } from "./pictures.ts";
import { PlainJavaScriptPreprocessor } from "./plain-javascript.ts";
import type { CaseReport } from "./preprocess.ts";

const SIZES: readonly { readonly why: string; readonly source: [number, number]; readonly target: [number, number] }[] =
  [
    { why: "rows first", source: [500, 375], target: [300, 300] },
    { why: "columns first: a portrait", source: [375, 500], target: [300, 300] },
    { why: "odd sizes", source: [101, 67], target: [33, 29] },
    { why: "odd sizes, columns first", source: [67, 101], target: [31, 37] },
    { why: "an odd number of pixels a byte", source: [53, 47], target: [7, 3] },
    { why: "a large window", source: [997, 613], target: [13, 11] },
    { why: "enlarged", source: [19, 23], target: [64, 61] },
    { why: "wider and lower", source: [40, 90], target: [55, 21] },
    { why: "width stays", source: [60, 90], target: [60, 41] },
    { why: "height stays", source: [90, 41], target: [37, 41] },
    { why: "both stay", source: [51, 35], target: [51, 35] },
    { why: "one pixel wide", source: [1, 50], target: [1, 20] },
    { why: "to one pixel", source: [50, 21], target: [1, 1] },
  ];

describe("plain JavaScript", () => {
  for (const channels of [1, 4] as const) {
    it.each(SIZES)(`equals ours byte for byte, ${channels} channels, $source to $target: $why`, async (size) => {
      const [width, height] = size.target;
      const ours = await createPreprocessor({ width, height });
      const plainJavaScript = new PlainJavaScriptPreprocessor(width, height);
      const ourBits = new Uint8Array(ours.packedBytes).fill(0x55);
      const plainBits = new Uint8Array(ours.packedBytes).fill(0xaa);
      for (const seed of [1, 2, 3]) {
        const picture = photoLikePicture(...size.source, channels, seed);
        expect(plainJavaScript.binarize(picture, plainBits)).toBe(ours.binarize(picture, ourBits));
        expect(plainBits).toEqual(ourBits);
      }
    });
  }

  it("forgets the last picture's size when the next has another", async () => {
    const ours = await createPreprocessor({ width: 20, height: 30 });
    const plainJavaScript = new PlainJavaScriptPreprocessor(20, 30);
    const ourBits = new Uint8Array(ours.packedBytes);
    const plainBits = new Uint8Array(ours.packedBytes);
    for (const [width, height] of [
      [50, 41],
      [41, 50],
      [50, 41],
      [20, 90],
    ] as const) {
      const picture = photoLikePicture(width, height, 4, 7);
      expect(plainJavaScript.binarize(picture, plainBits)).toBe(ours.binarize(picture, ourBits));
      expect(plainBits).toEqual(ourBits);
    }
  });
});

/** Runs the built program, as people do. */
function bench(...words: readonly string[]) {
  const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
  return spawnSync(process.execPath, [main, ...words], { encoding: "utf8" });
}

describe("the program", () => {
  it("checks the answers and reports positive times of every peer", () => {
    const { stdout, stderr, status } = bench("preprocess", "--quick", "--json");
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    const { cases } = JSON.parse(stdout) as { readonly cases: readonly CaseReport[] };
    expect(cases.map(({ name }) => name)).toEqual([
      expect.stringContaining("500x375 RGBA"),
      expect.stringContaining("4000x3000 RGBA"),
      expect.stringContaining("500x375 gray"),
    ]);
    for (const { peers } of cases) {
      expect(peers.map(({ name }) => name)).toEqual([
        "ours simd128",
        "ours scalar",
        "plain JavaScript",
        "sharp",
        "sharp .greyscale()",
      ]);
      for (const peer of peers) {
        expect(peer.bestMilliseconds).toBeGreaterThan(0);
        expect(peer.medianMilliseconds).toBeGreaterThanOrEqual(peer.bestMilliseconds);
        expect(peer.ratio).toBeGreaterThan(0);
        expect(peer.agreement).toBeGreaterThanOrEqual(0.95);
      }
    }
  });

  it.each([[], ["unknown"], ["preprocess", "more"], ["preprocess", "--unknown"], ["preprocess", "--quick=1"]])(
    "answers unknown arguments (%s %s) with one line that names the known ones, and exit code 2",
    (...words) => {
      const { stdout, stderr, status } = bench(...words);
      expect({ stdout, status }).toEqual({ stdout: "", status: 2 });
      expect(stderr).toMatch(/^Expected one suite \(preprocess\) and flags of --json, --quick, --help, .*\n$/);
    },
  );
});
