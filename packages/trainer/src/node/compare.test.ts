// Two runs are compared on the pictures that neither has learned from.

import { join } from "node:path";

import { layers, sequential } from "@tensorflow/tfjs-layers";
import { beforeAll, expect, it } from "vitest";

import type { NetworkBuilder } from "../network/custom-network.ts";
import { folderForAllTests, writeStriped } from "../testing/striped-classes.ts";
import { compare } from "./compare.ts";
import { evaluate } from "./evaluate.ts";
import { train } from "./train.ts";

const folder = folderForAllTests();
const source = join(folder, "stripes.arrow");
const [learned, untrained] = [join(folder, "learned"), join(folder, "untrained")];

const small: NetworkBuilder = ({ width, height, classes }) => {
  const network = sequential();
  network.add(layers.conv2d({ inputShape: [height, width, 1], filters: 8, kernelSize: 5, activation: "relu" }));
  network.add(layers.batchNormalization());
  network.add(layers.globalMaxPooling2d({}));
  network.add(layers.dense({ units: classes, activation: "softmax" }));
  return network;
};

beforeAll(async () => {
  await writeStriped(source, { labels: ["a", "b", "c"], counts: { train: 40, val: 0, test: 20 }, side: 24 });
  await train({ source, run: learned, network: small, epochs: 12, batch: 12 });
  await train({ source, run: untrained, network: small, epochs: 1, batch: 120, seed: 5 });
});

it("counts who is right where, and finds the better run", async () => {
  const { pictures, both, onlyFirst, onlySecond, neither, pValue } = await compare({
    first: untrained,
    second: learned,
    source,
  });
  expect(pictures).toBe(60);
  expect(both + onlyFirst + onlySecond + neither).toBe(60);
  const [one, other] = [await evaluate({ run: untrained, source }), await evaluate({ run: learned, source })];
  expect([both + onlyFirst, both + onlySecond]).toEqual([one.metrics.correct, other.metrics.correct]);
  expect(onlySecond).toBeGreaterThan(onlyFirst);
  expect(pValue).toBeLessThan(0.01);
});

it("finds no difference between a run and itself", async () => {
  expect(await compare({ first: learned, second: learned, source })).toMatchObject({
    onlyFirst: 0,
    onlySecond: 0,
    pValue: 1,
  });
});
