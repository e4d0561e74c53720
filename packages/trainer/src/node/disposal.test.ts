// Whatever fails, and wherever: the networks that were made are freed.

import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { memory } from "@tensorflow/tfjs-core";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";

import type { NetworkBuilder } from "../network/custom-network.ts";
import { writeFiles } from "../testing/folders.ts";
import { folderForAllTests, stripedPhotographs, writeStriped } from "../testing/striped-classes.ts";
import * as machine from "./backends/machine-memory.ts";
import { evaluate, type EvaluateEvent } from "./evaluate.ts";
import { runPaths } from "./files/run-folder.ts";
import * as kernels from "../dataset/preprocessor-kernels.ts";
import { predict } from "./predict.ts";
import { Predictor } from "./predictor.ts";
import type { TrainEvent, TrainOptions } from "./train-options.ts";
import { train } from "./train.ts";

const LABELS = ["car", "bus"];

const folder = folderForAllTests();
const source = join(folder, "stripes.arrow");
const run = join(folder, "run");
const photos = join(folder, "photos");

const OPTIONS: TrainOptions = { source, run, epochs: 1, batch: 4 };

const smallNetwork: NetworkBuilder = ({ height, width, classes }) =>
  sequential({
    layers: [
      layers.flatten({ inputShape: [height, width, 1] }),
      layers.dense({ units: classes, activation: "softmax" }),
    ],
  });

/** Throws at the first event of `type`. */
function failingAt(type: string) {
  return (event: TrainEvent | EvaluateEvent): void => {
    if (event.type === type) throw new Error(`no more after ${type}`);
  };
}

/** How many tensors are left over when `work` has failed with `message`. */
async function leftBy(work: () => Promise<unknown>, message: string): Promise<number> {
  const before = memory().numTensors;
  await expect(work()).rejects.toThrow(message);
  return memory().numTensors - before;
}

beforeAll(async () => {
  await writeStriped(source, { labels: LABELS, counts: { train: 6, val: 2, test: 2 } });
  await train(OPTIONS);
  writeFiles(photos, await stripedPhotographs(LABELS, 2));
});

describe("a training that fails", () => {
  it.each(["plan", "examples", "estimate", "step", "epoch", "checkpoint"])("at the event %s", async (type) => {
    const options = { ...OPTIONS, run: join(folder, `run-${type}`), onEvent: failingAt(type) };
    expect(await leftBy(() => train(options), `no more after ${type}`)).toBe(0);
  });

  it("since a batch does not fit the memory", async () => {
    const total = vi.spyOn(machine, "totalMemory").mockReturnValue(1000);
    onTestFinished(() => total.mockRestore());
    const options = { ...OPTIONS, run: join(folder, "run-large"), network: smallNetwork };
    expect(await leftBy(() => train(options), "Expected a training step to fit into 0.0 GB")).toBe(0);
  });

  it("since its predictions cannot be written", async () => {
    const blocked = join(folder, "run-blocked");
    const onEvent = ({ type }: TrainEvent): void => {
      if (type === "estimate") mkdirSync(runPaths(blocked).predictions);
    };
    expect(await leftBy(() => train({ ...OPTIONS, run: blocked, onEvent }), "predictions.csv")).toBe(0);
  });

  it("since its checkpoint is of another network", async () => {
    const other = join(folder, "run-other");
    await train({ ...OPTIONS, run: other, network: smallNetwork });
    for (const file of ["checkpoint", "history"] as const) cpSync(runPaths(run)[file], runPaths(other)[file]);
    const resumed = (): Promise<unknown> =>
      train({ ...OPTIONS, run: other, network: smallNetwork, epochs: 2, resume: true });
    expect(await leftBy(resumed, "of this network")).toBe(0);
  });
});

describe("a model that is used", () => {
  it.each(["pictures", "evaluated"])("is freed by an evaluation that fails at the event %s", async (type) => {
    const work = (): Promise<unknown> => evaluate({ run, source, onEvent: failingAt(type) });
    expect(await leftBy(work, `no more after ${type}`)).toBe(0);
  });

  it("is freed where the preprocessor cannot start", async () => {
    const start = vi.spyOn(kernels, "initPreprocessor").mockRejectedValue(new Error("no kernels"));
    expect(await leftBy(() => Predictor.load(run), "no kernels")).toBe(0);
    start.mockRestore();
  });

  it("is freed by predictions that nobody takes any more", async () => {
    const before = memory().numTensors;
    for await (const _ of predict({ run, paths: [photos] })) break;
    expect(memory().numTensors).toBe(before);
  });

  it("is freed where its pictures are missing", async () => {
    const none = join(folder, "none");
    mkdirSync(none);
    const work = async (): Promise<void> => {
      for await (const _ of predict({ run, paths: [none] }));
    };
    expect(await leftBy(work, "none")).toBe(0);
    rmSync(none, { recursive: true });
  });
});
