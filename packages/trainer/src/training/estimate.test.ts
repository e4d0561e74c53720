// What an estimate says of a workload, and that it leaves everything as it was. No times: they are the machine's.

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

/** So large that smaller pictures are worth naming, and still soon computed. */
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
  it("changes no weight, and keeps no tensors", async () => {
    const classifier = classifierOf(SHORTEST_SIDE);
    const workload = await workloadOf(SHORTEST_SIDE);
    const checksums = () => namedValues(classifier.weights).map(({ values }) => crc32(new Uint8Array(values.buffer)));
    const before = checksums();
    const { numTensors, numBytes } = memory();
    estimate(classifier, workload);
    expect(checksums()).toEqual(before);
    expect(memory()).toMatchObject({ numTensors, numBytes });
  });

  it("counts a step by its pictures, and statistics, validation and test as a third of their training", async () => {
    const workload = await workloadOf(SHORTEST_SIDE, { epochs: 2.5 });
    const { stepSeconds, epochSeconds, totalSeconds } = estimate(classifierOf(SHORTEST_SIDE), workload);
    expect(stepSeconds).toBeGreaterThan(0);
    const aPicture = stepSeconds / 4;
    expect(epochSeconds / aPicture).toBeCloseTo(6 + (6 + 3) / 3, 6);
    expect(totalSeconds / aPicture).toBeCloseTo(2.5 * 9 + 9 / 3, 6);
  });

  it("takes batches of one picture, and fewer pictures than it would time", async () => {
    const classifier = classifierOf(SHORTEST_SIDE);
    const counts = { train: [1, 1], val: 0, test: 0 };
    const training = await stripedPictures(folder, { labels: LABELS, counts }, "train");
    for (const batch of [1, 2, 1000]) {
      const { stepSeconds } = estimate(classifier, await workloadOf(SHORTEST_SIDE, { training, batch }));
      expect(Number.isFinite(stepSeconds) && stepSeconds > 0).toBe(true);
    }
  });

  it("names no smaller size for what is done within ten minutes", async () => {
    const found = estimate(classifierOf(SIDE), await workloadOf(SIDE));
    expect(found.totalSeconds).toBeLessThan(600);
    expect(found.sizeForTenMinutes).toBeUndefined();
  });

  it("names no size for another network, whose cost it does not know", async () => {
    const workload = await workloadOf(100, { epochs: 1e9, isReference: false });
    expect(estimate(classifierOf(100), workload).sizeForTenMinutes).toBeUndefined();
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

  it("names no size below 94, where the network ends", async () => {
    const found = estimate(classifierOf(SHORTEST_SIDE), await workloadOf(SHORTEST_SIDE, { epochs: 1e9 }));
    expect(found.totalSeconds).toBeGreaterThan(600);
    expect(found.sizeForTenMinutes).toBeUndefined();
  });
});

describe("the time left", () => {
  const expected = { stepSeconds: 2, epochSeconds: 8, totalSeconds: 16, sizeForTenMinutes: undefined };
  const report = { steps: 4, loss: 1, accuracy: 0.5, pictures: 8 };

  it("is what was estimated, less the steps that are done, as slow as they are", () => {
    const left = new TimeLeft(expected, 2);
    expect(left.after({ ...report, epoch: 1, step: 1, seconds: 2 })).toBeCloseTo(14);
    // Two steps took twice the two steps' estimate: 12 s are left by the estimate, 24 s at this pace.
    expect(left.after({ ...report, epoch: 1, step: 2, seconds: 6 })).toBeCloseTo(24);
    expect(left.after({ ...report, epoch: 2, step: 4, seconds: 4 })).toBe(0);
  });

  it("counts a resumed training from its first step on", () => {
    const left = new TimeLeft(expected, 3);
    expect(left.after({ ...report, epoch: 2, step: 1, seconds: 2 })).toBeCloseTo(14);
  });
});
