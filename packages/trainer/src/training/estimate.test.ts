// Estimates for workloads, which change nothing. Tests no durations: they depend on the machine.

import { namedValues } from "../network/weights.ts";
import { crc32 } from "node:zlib";

import { memory } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { startBackend } from "../node/backends/start.ts";
import type { Backend } from "../backend/operations.ts";
import { Classifier } from "../network/classifier.ts";
import { estimate, sizeForTenMinutes, TimeLeft, type Workload } from "./estimate.ts";
import { Generator } from "../values/generator.ts";
import { networkCost, referenceNetwork, SHORTEST_SIDE } from "../network/reference-network.ts";
import { folderForAllTests, stripedPictures } from "../testing/striped-classes.ts";

const LABELS = ["a", "b"];

/** Large enough for smaller pictures to be suggested, and still quick to compute. */
const SIDE = 130;

const folder = folderForAllTests();

async function workloadOf(side: number, changes: Partial<Workload> = {}): Promise<Workload> {
  const training = await stripedPictures(
    folder,
    { labels: LABELS, counts: { train: 3, val: 0, test: 0 }, side },
    "train",
  );
  return {
    training,
    batch: 4,
    epochs: 1,
    statisticsPictures: 6,
    validationPictures: 3,
    testPictures: 9,
    views: 1,
    isReference: true,
    ...changes,
  };
}

function classifierOf(side: number): Classifier {
  const network = referenceNetwork({ width: side, height: side, classes: 2 }, Generator.ofSeed(1));
  const classifier = new Classifier(network, backend);
  onTestFinished(() => {
    network.dispose();
  });
  return classifier;
}

let backend: Backend;

beforeAll(async () => {
  backend = await startBackend("auto");
});

describe("an estimate", () => {
  it("changes no weights, and leaks no tensors", async () => {
    const classifier = classifierOf(SHORTEST_SIDE);
    const workload = await workloadOf(SHORTEST_SIDE);
    const checksums = () => namedValues(classifier.weights).map(({ values }) => crc32(new Uint8Array(values.buffer)));
    const before = checksums();
    const { numTensors, numBytes } = memory();
    await estimate(classifier, workload);
    expect(checksums()).toEqual(before);
    expect(memory()).toMatchObject({ numTensors, numBytes });
  });

  it("is proportional to the pictures of a step, and counts statistics, validation and test as a third", async () => {
    const workload = await workloadOf(SHORTEST_SIDE, { epochs: 2.5 });
    const { stepSeconds, epochSeconds, totalSeconds } = await estimate(classifierOf(SHORTEST_SIDE), workload);
    expect(stepSeconds).toBeGreaterThan(0);
    const aPicture = stepSeconds / 4;
    expect(epochSeconds / aPicture).toBeCloseTo(6 + (6 + 3) / 3, 6);
    expect(totalSeconds / aPicture).toBeCloseTo(2.5 * 9 + 9 / 3, 6);
  });

  it("supports batches of one picture, and fewer pictures than it would time", async () => {
    const classifier = classifierOf(SHORTEST_SIDE);
    const counts = { train: [1, 1], val: 0, test: 0 };
    const training = await stripedPictures(folder, { labels: LABELS, counts }, "train");
    for (const batch of [1, 2, 1000]) {
      const { stepSeconds } = await estimate(classifier, await workloadOf(SHORTEST_SIDE, { training, batch }));
      expect(Number.isFinite(stepSeconds) && stepSeconds > 0).toBe(true);
    }
  });

  it("suggests no smaller size for a training of less than ten minutes", async () => {
    const found = await estimate(classifierOf(SIDE), await workloadOf(SIDE));
    expect(found.totalSeconds).toBeLessThan(600);
    expect(found.sizeForTenMinutes).toBeUndefined();
  });

  it("suggests no size for a custom network, whose cost it does not know", async () => {
    const workload = await workloadOf(100, { epochs: 1e9, isReference: false });
    expect((await estimate(classifierOf(100), workload)).sizeForTenMinutes).toBeUndefined();
    expect(sizeForTenMinutes({ width: 100, height: 100, classes: 2 }, 601)).toBeDefined();
  });

  it.each([1.2, 2, 5, 10])(
    "names the largest size that takes ten minutes, for what takes %d times as long",
    (times) => {
      const work = (side: number) => networkCost({ width: side, height: side, classes: 2 }).multiplyAddsPerPicture;
      const named = sizeForTenMinutes({ width: 300, height: 300, classes: 2 }, 600 * times) ?? 0;
      expect([work(named), work(named + 1)].map((each) => each * times <= work(300))).toEqual([true, false]);
    },
  );

  it("suggests no size below 94, the network's minimum", async () => {
    const found = await estimate(classifierOf(SHORTEST_SIDE), await workloadOf(SHORTEST_SIDE, { epochs: 1e9 }));
    expect(found.totalSeconds).toBeGreaterThan(600);
    expect(found.sizeForTenMinutes).toBeUndefined();
  });
});

describe("the time left", () => {
  const expected = { stepSeconds: 2, epochSeconds: 8, totalSeconds: 16, sizeForTenMinutes: undefined };
  const report = { steps: 4, loss: 1, accuracy: 0.5, pictures: 8 };

  it("is the estimate without the completed steps, scaled by their duration", () => {
    const left = new TimeLeft(expected, 2);
    expect(left.after({ ...report, epoch: 1, step: 1, seconds: 2 })).toBeCloseTo(14);
    // Two steps took twice their estimate: 12 s are left by the estimate, 24 s at this pace.
    expect(left.after({ ...report, epoch: 1, step: 2, seconds: 6 })).toBeCloseTo(24);
    expect(left.after({ ...report, epoch: 2, step: 4, seconds: 4 })).toBe(0);
  });

  it("counts a resumed training from its first step", () => {
    const left = new TimeLeft(expected, 3);
    expect(left.after({ ...report, epoch: 2, step: 1, seconds: 2 })).toBeCloseTo(14);
  });
});
