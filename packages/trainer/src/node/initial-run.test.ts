// Trainings that start from the model of another run.

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { memory, type Variable } from "@tensorflow/tfjs-core";
import { layers, sequential, type LayersModel } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { startFrom } from "../network/initial-weights.ts";
import type { NetworkShape } from "../network/reference-network.ts";
import { emptyFolder } from "../testing/folders.ts";
import { SMALL_NETWORK } from "../testing/small-training.ts";
import { folderForAllTests, writeStriped } from "../testing/striped-classes.ts";
import { startBackend } from "./backends/start.ts";
import { evaluate } from "./evaluate.ts";
import { findLearningRate } from "./find-learning-rate.ts";
import { planTraining } from "./plan-training.ts";
import { loadModel } from "./files/model-folder.ts";
import { readConfig, runPaths } from "./files/run-folder.ts";
import type { TrainOptions } from "./train-options.ts";
import { train } from "./train.ts";

const folder = folderForAllTests();
const [source, others, first] = ["first.arrow", "others.arrow", "run"].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];
const OPTIONS = { epochs: 2, batch: 5, network: SMALL_NETWORK, recipe: "article" } as const;

beforeAll(async () => {
  await writeStriped(source, { labels: ["a", "b"], counts: { train: 9, val: 2, test: 6 }, side: 12 });
  await writeStriped(others, { labels: ["a", "b", "c"], counts: { train: 9, val: 2, test: 6 }, side: 12, seed: 1 });
  await train({ ...OPTIONS, source, run: first });
});

const refused = (code: string, ...texts: string[]) =>
  expect.objectContaining({
    code,
    message: expect.stringMatching(
      texts.map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)).join(".*"),
    ) as string,
  }) as Error;

/** The weights of a run's model, layer by layer. */
async function weightsOf(run: string): Promise<readonly (readonly Float32Array[])[]> {
  const { network } = await loadModel(runPaths(run).model);
  const values = network.layers.map(({ weights }) => weights.map((weight) => weight.read().dataSync<"float32">()));
  network.dispose();
  return values.filter(({ length }) => length > 0);
}

const bytesOf = (run: string): Buffer => {
  const { model } = runPaths(run);
  return readFileSync(join(model, readdirSync(model).find((name) => name.endsWith(".bin")) ?? ""));
};

/** A rate at which weights stay as they are. */
const STILL = { learningRate: { schedule: "constant", rate: 1e-30, warmupEpochs: 0 } } as const;

describe("a training that starts from a run", () => {
  it("has all of its weights and statistics if the classes are the same, and records which model it was", async () => {
    const run = emptyFolder();
    const tensors = memory().numTensors;
    const events: unknown[] = [];
    const onEvent: TrainOptions["onEvent"] = (event) => event.type === "init" && events.push(event);
    const recipe = { name: "article", ...STILL, freeze: 2 } as const;
    const { config } = await train({ ...OPTIONS, recipe, source, run, init: first, seed: 5, onEvent });
    expect(await weightsOf(run)).toEqual(await weightsOf(first));
    expect(memory().numTensors).toBe(tensors);
    const { network, crc32 } = await loadModel(runPaths(first).model);
    network.dispose();
    expect(config.init).toEqual({ run: resolve(first), crc32 });
    expect((await readConfig(run)).init).toEqual(config.init);
    // The model has learned from none of the test pictures: they are its own.
    expect(events).toEqual([
      { type: "init", run: resolve(first), epoch: 2, isLastLayerNew: false, learnedTestPictures: 0 },
    ]);
  });

  it.each([
    ["of other classes", {}],
    ["of the same classes in another order", { labels: ["b", "a"] }],
  ])("draws the last layer anew for pictures %s", async (_, change) => {
    const data = join(emptyFolder(), "data.arrow");
    const described = { labels: ["a", "b", "c"], counts: { train: 9, val: 2, test: 6 }, side: 12, seed: 1, ...change };
    await writeStriped(data, described);
    const recipe = { name: "article", ...STILL, freeze: 2 } as const;
    const [run, drawn] = [emptyFolder(), emptyFolder()];
    await train({ ...OPTIONS, recipe, source: data, run, init: first });
    await train({ ...OPTIONS, recipe: { name: "article", ...STILL }, source: data, run: drawn });
    const [weights, before, fresh] = [await weightsOf(run), await weightsOf(first), await weightsOf(drawn)];
    expect(weights.slice(0, -1)).toEqual(before.slice(0, -1));
    // Its weights are drawn where they would be without a run to start from.
    const [kernel] = weights.at(-1) ?? [];
    expect(kernel).toEqual(fresh.at(-1)?.[0]);
  });

  it("gives the same, byte for byte, if it is stopped and resumed, before its first checkpoint, too, and without that run", async () => {
    const init = join(emptyFolder(), "init");
    await train({ ...OPTIONS, source, run: init, epochs: 1 });
    const options = { ...OPTIONS, source: others, init };
    const whole = emptyFolder();
    await train({ ...options, run: whole });
    for (const [type, count] of [
      ["plan", 1],
      ["step", 1],
      ["step", 7],
    ] as const) {
      const run = emptyFolder();
      const stop = new AbortController();
      let events = 0;
      const onEvent: TrainOptions["onEvent"] = (event) => {
        if (event.type === type && ++events === count) stop.abort(new Error("enough"));
      };
      await expect(train({ ...options, run, signal: stop.signal, onEvent })).rejects.toThrow("enough");
      if (type === "plan") rmSync(runPaths(run).checkpoint, { force: true });
      if (count === 7) rmSync(init, { recursive: true });
      const { network } = OPTIONS;
      const hasCheckpoint = existsSync(runPaths(run).checkpoint);
      expect(hasCheckpoint).toBe(type !== "plan");
      await train({ source: others, run, network, resume: true });
      expect(bytesOf(run).equals(bytesOf(whole))).toBe(true);
    }
  });

  it("is what frozen blocks need: without one, they are refused before any picture is read", async () => {
    const given = { source: join(emptyFolder(), "photographs"), run: emptyFolder(), recipe: { freeze: 2 } };
    await expect(train(given)).rejects.toThrow(refused("INVALID_ARGUMENT", "2 frozen blocks", "random weights"));
  });

  it("needs a run that there is, before any picture is read", async () => {
    const missing = { source: join(emptyFolder(), "photographs"), init: join(emptyFolder(), "run") };
    await expect(train({ ...missing, run: emptyFolder() })).rejects.toThrow(refused("MODEL_NOT_FOUND", "run"));
    await expect(planTraining({ ...missing, run: emptyFolder() })).rejects.toThrow(refused("MODEL_NOT_FOUND", "run"));
    await expect(findLearningRate(missing)).rejects.toThrow(refused("MODEL_NOT_FOUND", "run"));
  });

  it("is only resumed with the model that it started from", async () => {
    const init = join(emptyFolder(), "init");
    await train({ ...OPTIONS, source, run: init, epochs: 1 });
    const run = emptyFolder();
    await train({ ...OPTIONS, source: others, run, init });
    const { network } = OPTIONS;
    await expect(train({ source: others, run, network, init: first, resume: true })).rejects.toThrow(
      refused("INVALID_ARGUMENT", "the init that", "init", "run"),
    );
    await train({ source: others, run, network, init, resume: true });
    rmSync(runPaths(run).checkpoint);
    writeFileSync(runPaths(run).history, "[]");
    for (const file of [runPaths(run).metrics, runPaths(run).predictions]) rmSync(file);
    await train({ ...OPTIONS, source, run: init, epochs: 3, resume: true });
    await expect(train({ source: others, run, network, resume: true })).rejects.toThrow(
      refused("INVALID_ARGUMENT", "the model with the checksum"),
    );
  });

  it("knows what that run has learned: it reports its test pictures among them, and leaves out all others", async () => {
    // Pictures are drawn one after the other: the first 22 of any such dataset are those that the run has learned from.
    const [taken, more] = ["taken.arrow", "more.arrow"].map((name) => join(folder, name)) as [string, string];
    const drawn = { labels: ["a", "b"], side: 12 };
    await writeStriped(taken, { ...drawn, counts: { train: 2, val: 0, test: 12 } });
    await writeStriped(more, { ...drawn, counts: { train: 0, val: 0, test: 12 } });
    const learned: number[] = [];
    const onEvent: TrainOptions["onEvent"] = (event) =>
      event.type === "init" && learned.push(event.learnedTestPictures);
    const run = emptyFolder();
    await train({ ...OPTIONS, source: others, run, init: first, onEvent });
    await train({ ...OPTIONS, source: taken, run: emptyFolder(), init: first, onEvent });
    expect(learned).toEqual([0, 18]);
    expect((await evaluate({ run, source: more })).learned).toBe(22);
  });

  it("is rejected without that run, and if it has no model yet", async () => {
    const nothing = emptyFolder();
    for (const init of [join(nothing, "none"), nothing])
      await expect(train({ ...OPTIONS, source, run: emptyFolder(), init })).rejects.toThrow(
        refused("MODEL_NOT_FOUND", init),
      );
  });
});

describe("a model that a network starts from", () => {
  const other = ({ width, height, classes }: NetworkShape, filters: number): LayersModel =>
    sequential({
      layers: [
        layers.conv2d({ inputShape: [height, width, 1], filters, kernelSize: 3 }),
        layers.flatten(),
        layers.dense({ units: classes, activation: "softmax" }),
      ],
    });

  it("is rejected if it does not fit, with the first layer that differs, and nothing is changed", async () => {
    await startBackend("wasm");
    const shape = { width: 8, height: 8, classes: 2 };
    const [network, wider, longer] = [
      other(shape, 3),
      other(shape, 4),
      SMALL_NETWORK({ ...shape, width: 12, height: 12 }),
    ];
    onTestFinished(() => [network, wider, longer].forEach((each) => each.dispose()));
    const kernel = network.weights[0]?.read() as Variable;
    const before = kernel.dataSync();
    const from = (trained: LayersModel) => () =>
      startFrom(network, { network: trained, description: { labels: ["a", "b"] }, crc32: "" }, ["a", "b"]);
    expect(from(wider)).toThrow(
      refused("INVALID_ARGUMENT", "Conv2D of 3 x 3 x 1 x 3, 3 as its layer 1", "conv2d", "Conv2D of 3 x 3 x 1 x 4, 4"),
    );
    expect(from(longer)).toThrow(refused("INVALID_ARGUMENT", "layer 1"));
    expect(kernel.dataSync()).toEqual(before);
  });
});
