// Kernels of convolutions called beside TensorFlow.js' own operations, and how their times are shown.

import { enableTraining } from "@silhouette/training-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";

import { chartOf, CONVOLUTIONS_REPORT } from "../suite-reports.ts";
import { backendKernels, directKernels, separateOperations, type ConvolutionOperation } from "./kernels.ts";
import { convolutionsMarkdown, convolutionsText, sumText } from "./report.ts";
import { relativeDistance } from "../measure/relative-distance.ts";
import { runConvolutionSuite } from "./suite.ts";
import type { ConvolutionsResult, ConvolutionTiming } from "./result.ts";
import { resultOf, timed } from "../testing/results.ts";

describe("both families of kernels", () => {
  const layer = { input: [2, 11, 9, 3], output: [2, 9, 7, 8] } as const;
  const draw = (length: number, seed: number): Float32Array =>
    Float32Array.from({ length }, (_, index) => Math.sin(seed + index * (index + 1)));
  const operands = {
    x: draw(2 * 11 * 9 * 3, 1),
    filter: draw(9 * 3 * 8, 2),
    bias: draw(8, 3),
    dy: draw(2 * 4 * 3 * 8, 4),
  };
  const expected = new Map<ConvolutionOperation, Float32Array>();

  beforeAll(async () => {
    await enableTraining({ threads: 1 });
    const [x, filter] = [tf.tensor4d(operands.x, [2, 11, 9, 3]), tf.tensor4d(operands.filter, [3, 3, 3, 8])] as const;
    const forward = (input: tf.Tensor, weights: tf.Tensor): tf.Tensor =>
      tf.maxPool(
        tf.relu(
          tf.add(tf.conv2d(input as tf.Tensor4D, weights as tf.Tensor4D, 1, "valid"), tf.tensor1d(operands.bias)),
        ),
        2,
        2,
        "valid",
      );
    const [dx, dFilter] = tf.grads(forward)([x, filter], tf.tensor4d(operands.dy, [2, 4, 3, 8]));
    expected.set("forward with pooling", forward(x, filter).dataSync<"float32">());
    expected.set("filter gradient", dFilter?.dataSync<"float32">() ?? new Float32Array());
    expected.set("input gradient", dx?.dataSync<"float32">() ?? new Float32Array());
  });

  it.each(["forward with pooling", "filter gradient", "input gradient"] as const)(
    "give the %s that TensorFlow.js' own operations give",
    async (operation) => {
      const direct = await directKernels(layer, operands);
      const chosen = backendKernels(layer, operands, direct.places);
      const answer = expected.get(operation) ?? new Float32Array();
      expect(answer.some((value) => value !== 0)).toBe(true);
      expect(relativeDistance(direct.computations[operation]().read(), answer)).toBeLessThan(1e-6);
      expect(relativeDistance(chosen[operation]().read(), answer)).toBeLessThan(1e-6);
    },
  );
});

it("the first layer's kernels for binary pictures give what separate operations give", async () => {
  await enableTraining({ threads: 1 });
  const layer = { input: [2, 22, 18, 1], output: [2, 20, 16, 32] } as const;
  const draw = (length: number, seed: number): Float32Array =>
    Float32Array.from({ length }, (_, index) => Math.sin(seed + index * (index + 1)));
  const operands = {
    x: draw(2 * 22 * 18, 1).map((value) => Number(value > 0)),
    filter: draw(9 * 32, 2),
    bias: draw(32, 3),
    dy: draw(2 * 10 * 8 * 32, 4),
  };
  const { places } = await directKernels(layer, operands);
  const [own, separate] = [backendKernels(layer, operands, places), separateOperations(layer, operands, places)];
  for (const operation of ["forward with pooling", "filter gradient"] as const) {
    const answer = separate[operation]().read();
    expect(answer.some((value) => value !== 0)).toBe(true);
    expect(relativeDistance(own[operation]().read(), answer)).toBeLessThan(1e-6);
  }
});

it("a suite of the peers named that is stopped keeps the layers before, and says why it stopped", async () => {
  const stop = new AbortController();
  const results: ConvolutionsResult[] = [];
  const run = async (): Promise<void> => {
    const options = { thoroughness: "quick", command: "", peers: ["direct kernels"], signal: stop.signal } as const;
    for await (const result of runConvolutionSuite(options)) {
      results.push(result);
      stop.abort(new Error("Stopped by Ctrl-C"));
    }
  };
  await expect(run()).rejects.toThrow("Stopped by Ctrl-C");
  expect(results.map(({ complete, stopped }) => [complete, stopped])).toEqual([
    [false, null],
    [false, "Stopped by Ctrl-C"],
  ]);
  expect(results[1]?.timings).toEqual(results[0]?.timings);
  expect(results[1]?.timings.map(({ layer, name, operation }) => `${layer}, ${operation}: ${name}`)).toEqual([
    "1: 300 x 300 x 1 to 32, forward with pooling: silhouette",
    "1: 300 x 300 x 1 to 32, filter gradient: silhouette",
  ]);
}, 60_000);

it("the relative distance is the difference's length in relation to what was expected", () => {
  expect(relativeDistance(Float32Array.of(3, 4.5), Float32Array.of(3, 4))).toBe(0.1);
  expect(relativeDistance(Float32Array.of(3, 4), Float32Array.of(3, 4))).toBe(0);
  expect(relativeDistance(Float32Array.of(3, Number.NaN), Float32Array.of(3, 4))).toBeNaN();
  expect(relativeDistance(Float32Array.of(3), Float32Array.of(3, 4))).toBeNaN();
});

describe("a report of convolutions", () => {
  const facts = { layer: "2: 149 x 149 x 32 to 64", flopsPerPicture: 4e9, tileGigaflops: 40 };
  const timings: readonly ConvolutionTiming[] = (["filter gradient", "input gradient"] as const).flatMap(
    (operation) => [
      { ...timed("silhouette", 50, 60), ...facts, operation, deviation: 2e-6 },
      { ...timed("direct kernels", 100, 120), ...facts, operation, deviation: 0 },
    ],
  );

  it("has times, GFLOP/s by best and median, their shares of the tile's best, and distances", () => {
    const [, ours, direct] = convolutionsText(timings).split("\n");
    // 4 GFLOP in 50 and 55 ms, and in 100 and 110 ms.
    expect(ours).toMatch(/to 64 +filter gradient +silhouette +50\.0 \/ 55\.0 +80\.0 \/ 72\.7 +200 \/ 182 % +2e-6$/);
    expect(direct).toMatch(/to 64 +filter gradient +direct kernels +100\.0 \/ 110\.0 +40\.0 \/ 36\.4 +100 \/ 91 % +0$/);
  });

  it("adds up all operations, by each family", () => {
    expect(sumText(timings)).toBe("sums of best times: silhouette 100.0 ms, direct kernels 200.0 ms");
  });

  it("is a Markdown table, and a chart with a panel for each operation", () => {
    const result: ConvolutionsResult = { ...resultOf([]), suite: "convolutions", timings };
    const lines = convolutionsMarkdown(result).split("\n");
    expect(lines[2]).toMatch(/^\| 2: 149 x 149 x 32 to 64 \| filter gradient +\| silhouette +\| +50\.0 \/ 55\.0 \|/);
    expect(lines[7]).toContain("best / median of 5 rounds; sums of best times");
    for (const text of ["2: 149 x 149 x 32 to 64, filter gradient", "direct kernels", "110.0"]) {
      expect(chartOf(result, CONVOLUTIONS_REPORT)).toContain(`>${text}</text>`);
    }
  });
});
