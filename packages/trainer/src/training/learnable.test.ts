// Trainings that cannot learn are rejected before their first step, and leak nothing.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { memory } from "@tensorflow/tfjs-core";
import { layers, sequential, type LayersModel } from "@tensorflow/tfjs-layers";
import { describe, expect, it } from "vitest";

import { FORMAT_VERSION } from "../dataset/format.ts";
import { DatasetWriter } from "../node/files/dataset-writer.ts";
import type { NetworkShape } from "../network/reference-network.ts";
import { runPaths } from "../node/files/run-folder.ts";
import { emptyFolder } from "../testing/folders.ts";
import { folderForAllTests, writeStriped, type StripedDataset } from "../testing/striped-classes.ts";
import type { TrainEvent, TrainOptions } from "../node/train-options.ts";
import { train } from "../node/train.ts";

const folder = folderForAllTests();
const LABELS = ["bus", "car"];

async function dataset(name: string, changes: Partial<StripedDataset> = {}): Promise<string> {
  const path = join(folder, `${name}.arrow`);
  await writeStriped(path, { labels: LABELS, counts: { train: 5, val: 0, test: 1 }, ...changes });
  return path;
}

/** BatchNorm over as many values per channel and picture as `normed` has rows and columns. */
const networkNorming =
  (normed: "one value" | "several values") =>
  ({ width, height, classes }: NetworkShape): LayersModel => {
    const network = sequential();
    network.add(layers.averagePooling2d({ inputShape: [height, width, 1], poolSize: 2 }));
    if (normed === "one value") network.add(layers.flatten());
    network.add(layers.batchNormalization());
    if (normed !== "one value") network.add(layers.flatten());
    network.add(layers.dense({ units: classes, activation: "softmax" }));
    return network;
  };

async function expectRejection(options: Omit<TrainOptions, "run">, message: RegExp): Promise<void> {
  const run = join(emptyFolder(), "run");
  const events: TrainEvent["type"][] = [];
  const rejection = { code: "CANNOT_LEARN", message: expect.stringMatching(message) as string };
  await expect(train({ ...options, run, onEvent: ({ type }) => events.push(type) })).rejects.toMatchObject(rejection);
  expect(events).not.toContain("step");
  expect(existsSync(run)).toBe(false);
}

describe("a batch of one", () => {
  it("is rejected if the reference network's last BatchNorm has one value per channel", async () => {
    await expectRejection({ source: await dataset("small"), batch: 1 }, /a batch of at least 2, but received 1/);
  });

  it("is trained if it has several", async () => {
    const source = await dataset("larger", { side: 126, counts: { train: 1, val: 0, test: 1 } });
    const { history } = await train({ source, run: emptyFolder(), batch: 1, epochs: 1 });
    expect(history).toHaveLength(1);
  });

  it("is rejected for custom networks depending on what they normalize", async () => {
    const source = await dataset("tiny", { side: 8 });
    await expectRejection({ source, batch: 1, network: networkNorming("one value") }, /batch of at least 2/);
    const run = emptyFolder();
    await train({ source, run, batch: 1, epochs: 1, network: networkNorming("several values") });
    expect(existsSync(runPaths(run).config)).toBe(true);
  });
});

describe("an epoch's last picture", () => {
  // 11 pictures in batches of 5: steps of 5 and 6, or of 5, 5 and 1.
  const stepsOf = async (normed: "one value" | "several values"): Promise<readonly (readonly number[])[]> => {
    const source = await dataset("eleven", { side: 8, counts: { train: [6, 5], val: 0, test: 1 } });
    const steps: number[][] = [];
    await train({
      source,
      run: emptyFolder(),
      batch: 5,
      epochs: 1,
      network: networkNorming(normed),
      onEvent: (event) => {
        if (event.type === "plan") steps.push([event.stepsPerEpoch]);
        if (event.type === "step") steps.push([event.step, event.steps, event.pictures]);
      },
    });
    return steps;
  };

  it("is merged into the previous step if alone it would be normalized to 0", async () => {
    expect(await stepsOf("one value")).toEqual([[2], [1, 2, 5], [2, 2, 6]]);
  });

  it("is a separate step otherwise", async () => {
    expect(await stepsOf("several values")).toEqual([[3], [1, 3, 5], [2, 3, 5], [3, 3, 1]]);
  });

  it("is trained on once if the training is stopped after its step and resumed", async () => {
    const source = await dataset("resumed", { side: 8, counts: { train: [6, 5], val: 2, test: 1 } });
    const options = { source, batch: 5, epochs: 2, network: networkNorming("one value") };
    const weightsOf = (run: string): Buffer => {
      const { model } = runPaths(run);
      return readFileSync(join(model, readdirSync(model).find((name) => name.endsWith(".bin")) ?? ""));
    };
    const [whole, stopped] = [emptyFolder(), emptyFolder()];
    await train({ ...options, run: whole });
    const stop = new AbortController();
    const training = train({
      ...options,
      run: stopped,
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type === "step" && event.step === 2) stop.abort(new Error("enough"));
      },
    });
    await expect(training).rejects.toThrow("enough");
    await train({ ...options, run: stopped, resume: true });
    expect(weightsOf(stopped).equals(weightsOf(whole))).toBe(true);
  });
});

describe("pictures that are all equal", () => {
  /** Pictures of 8 x 8: `packed` returns the training pictures by number; the test pictures are blank. */
  async function written(name: string, packed: (index: number) => Uint8Array): Promise<string> {
    const path = join(folder, `${name}.arrow`);
    const writer = await DatasetWriter.create(path, {
      formatVersion: FORMAT_VERSION,
      width: 8,
      height: 8,
      pixelFormat: "binary1",
      labels: LABELS,
      preprocessing: { background: "white", gray: "opencv-15bit", resize: "pillow13-bilinear", threshold: "otsu" },
      split: { from: "folders" },
    });
    const about = { sourceWidth: 8, sourceHeight: 8, threshold: 127, thumbnail: new Uint8Array() };
    for (const label of LABELS) {
      for (let index = 0; index < 4; index++) {
        await writer.write({
          path: `train/${label}/${index}.png`,
          label,
          split: "train",
          ...about,
          pixels: packed(index),
        });
      }
      const test = { path: `test/${label}/0.png`, label, split: "test", ...about } as const;
      await writer.write({ ...test, pixels: new Uint8Array(8) });
    }
    await writer.finish();
    return path;
  }
  const network = networkNorming("several values");

  it.each([
    ["blank", 0],
    ["full", 255],
    ["striped", 0b10101010],
  ])("are rejected: %s", async (name, byte) => {
    const source = await written(name, () => new Uint8Array(8).fill(byte));
    await expectRejection({ source, network }, /training pictures that differ, but all 8 give the same silhouette/);
  });

  it("are accepted if a single pixel differs", async () => {
    const source = await written("other", (index) => new Uint8Array(8).fill(index === 3 ? 1 : 0));
    const { history } = await train({ source, run: emptyFolder(), epochs: 1, network });
    expect(history).toHaveLength(1);
  });
});

describe("a rejected training", () => {
  it("frees its network", async () => {
    const source = await dataset("freed", { side: 8 });
    const rejected = { source, batch: 1, network: networkNorming("one value") };
    await expectRejection(rejected, /batch/);
    const { numTensors } = memory();
    await expectRejection(rejected, /batch/);
    expect(memory().numTensors).toBe(numTensors);
  });
});
