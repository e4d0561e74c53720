// Complete trainings on tiny datasets: the content of run folders, stopping and resuming, and rejected options.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { layers, sequential, type Sequential } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it } from "vitest";

import { readCheckpoint, writeCheckpoint } from "./files/checkpoint-file.ts";
import { openDataset } from "./files/open-dataset.ts";
import { evaluate } from "./evaluate.ts";
import { explain } from "./explain.ts";
import { predict } from "./predict.ts";
import { loadModel } from "./files/model-folder.ts";
import type { NetworkShape } from "../network/reference-network.ts";
import { configFile } from "../model/run-files.ts";
import { readConfig, readHistory, readMetrics, runPaths, writeRunFiles } from "./files/run-folder.ts";
import { RECIPES } from "../training/recipes.ts";
import type { EpochRecord } from "../training/state.ts";
import { emptyFolder, folderWith, photographs } from "../testing/folders.ts";
import { discPhotographs, folderForAllTests, stripedPhotographs, writeStriped } from "../testing/striped-classes.ts";
import type { TrainEvent, TrainOptions, TrainSummary } from "./train-options.ts";
import { train } from "./train.ts";
import { readResults } from "./run-results.ts";
import { evaluated } from "../testing/predictions.ts";
import { predictionLines, predictionsHead } from "../training/predictions-table.ts";

/** Size of the pictures for the custom network. */
const SHAPE: NetworkShape = { width: 32, height: 32, classes: 3 };

const LABELS = ["car", "bus", "motorcycle"];

/** Two steps of 8 pictures and one of 5 per epoch. */
const COUNTS = { train: 7, val: 1, test: 2 };

const folder = folderForAllTests();
const dataset = join(folder, "stripes.arrow");

/** An uninterrupted training of two epochs. */
const whole = { run: join(folder, "whole"), events: [] as TrainEvent[] };
let summary: TrainSummary;

const OPTIONS = { source: dataset, epochs: 2, batch: 8 } as const;

beforeAll(async () => {
  await writeStriped(dataset, { labels: LABELS, counts: COUNTS });
  summary = await train({ ...OPTIONS, run: whole.run, onEvent: (event) => whole.events.push(event) });
});

/** The model's weights; their file is named after their checksum. */
function weightsOf(run: string): Buffer {
  const { model } = runPaths(run);
  const [name = "", ...others] = readdirSync(model).filter((each) => each.endsWith(".bin"));
  expect(others).toEqual([]);
  return readFileSync(join(model, name));
}

function withoutTimes(history: readonly EpochRecord[]): readonly Omit<EpochRecord, "seconds">[] {
  return history.map(({ seconds: _seconds, ...record }) => record);
}

/** Stops at the `count`th event of `kind`, and checks that the training throws the reason. */
async function stopAt(type: TrainEvent["type"], count: number, options: TrainOptions): Promise<void> {
  const stop = new AbortController();
  let seen = 0;
  const training = train({
    ...options,
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type === type && ++seen === count) stop.abort(new Error("enough"));
    },
  });
  await expect(training).rejects.toThrow("enough");
}

/** The texts are in this order in the message, and may be paths. */
const refused = (code: string, ...texts: readonly string[]) => {
  const patterns = texts.map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`));
  return expect.objectContaining({
    code,
    message: expect.stringMatching(new RegExp(patterns.join(".*"), "s")) as string,
  }) as Error;
};

/** A custom network, for pictures that are too small for the reference network. */
function customNetwork({ width, height, classes }: NetworkShape): Sequential {
  const network = sequential();
  network.add(layers.conv2d({ inputShape: [height, width, 1], filters: 8, kernelSize: 3, activation: "relu" }));
  network.add(layers.maxPooling2d({ poolSize: 4 }));
  network.add(layers.batchNormalization());
  network.add(layers.flatten());
  network.add(layers.dense({ units: classes, activation: "softmax" }));
  return network;
}

describe("a training that cannot start", () => {
  it("removes the folders that it created, except those that contain something else", async () => {
    const above = emptyFolder();
    const source = join(above, "none");
    await expect(train({ source, run: join(above, "runs", "deep", "first") })).rejects.toThrow(
      refused("FOLDER_NOT_FOUND", source),
    );
    expect(readdirSync(above)).toEqual([]);
    const stays = folderWith({ "runs/other/config.json": "{}" });
    await expect(train({ source, run: join(stays, "runs", "first") })).rejects.toThrow(refused("FOLDER_NOT_FOUND"));
    expect(readdirSync(join(stays, "runs"))).toEqual(["other"]);
  });
});

describe("a training of a custom network", () => {
  const own = { ...OPTIONS, network: customNetwork, epochs: 8 };
  let source: string;
  beforeAll(async () => {
    source = join(folder, "small.arrow");
    await writeStriped(source, { labels: LABELS, counts: COUNTS, side: 32 });
  });

  it("learns, writes a model that predict and evaluate can use, and is reproducible byte for byte", async () => {
    const [run, again] = [emptyFolder(), emptyFolder()];
    const { config, history } = await train({ ...own, source, run });
    expect(config.network).toBe("custom");
    expect(history.at(-1)?.accuracy).toBeGreaterThan(0.9);
    const { metrics } = await evaluate({ run, source });
    expect(metrics.correct).toBeGreaterThan(3);
    await train({ ...own, source, run: again });
    expect(weightsOf(again).equals(weightsOf(run))).toBe(true);
  });

  it("is resumed with the same network, and not without it", async () => {
    const [run, never] = [emptyFolder(), emptyFolder()];
    await stopAt("step", 5, { ...own, source, run });
    await expect(train({ source, run, resume: true })).rejects.toThrow(
      refused("INVALID_ARGUMENT", "the network that the run"),
    );
    await train({ source, run, resume: true, network: customNetwork });
    await train({ ...own, source, run: never });
    expect(weightsOf(run).equals(weightsOf(never))).toBe(true);
  });

  it.each([
    ["pictures", { ...SHAPE, width: 33 }],
    ["classes", { ...SHAPE, classes: 4 }],
  ])("rejects a network for other %s", async (_what, shape) => {
    const run = emptyFolder();
    const refusal = refused("INVALID_ARGUMENT", "a network from 32 x 32 x 1 to 3, but received");
    await expect(train({ ...own, network: () => customNetwork(shape), source, run })).rejects.toThrow(refusal);
    // The folder existed before.
    expect(readdirSync(run)).toEqual([]);
  });
});

describe("a training", () => {
  it("writes configuration, history, model, metrics and checkpoint, and nothing else", async () => {
    expect(readdirSync(whole.run).toSorted()).toEqual([
      "checkpoints",
      "config.json",
      "history.csv",
      "history.json",
      "learned.safetensors",
      "metrics.json",
      "model",
      "model-best",
      "predictions.csv",
      "tensorboard",
    ]);
    expect(await readConfig(whole.run)).toEqual(summary.config);
    expect(summary.config).toMatchObject({ epochs: 2, batch: 8, seed: 0, backend: "wasm" });
    expect(summary.config.kernelSet).toBeOneOf(["relaxed", "simd128"]);
    expect(await readHistory(whole.run)).toEqual(summary.history);
    expect(await readMetrics(whole.run)).toEqual(summary.metrics);
    const { network, description } = await loadModel(runPaths(whole.run).model);
    network.dispose();
    expect(description).toMatchObject({
      labels: LABELS,
      width: 94,
      provenance: { epoch: 2, trainedOn: { pictures: 21 } },
    });
    expect((await readCheckpoint(runPaths(whole.run).checkpoint)).epoch).toBe(2);
  });

  it("evaluates every test picture", () => {
    const { correct, incorrect, confusion, labels } = summary.metrics;
    expect(labels).toEqual(LABELS);
    expect(correct + incorrect).toBe(6);
    expect(confusion.map((row) => row.reduce((sum, count) => sum + count, 0))).toEqual([2, 2, 2]);
  });

  it("writes a prediction for every test picture, consistent with the metrics, and returns some with silhouettes", async () => {
    const { examples, metrics } = summary;
    const { test } = await readResults(whole.run);
    const predictions = test?.predictions ?? [];
    expect(predictions.map(({ path }) => path).toSorted()).toEqual(
      LABELS.flatMap((label) => [0, 1].map((index) => `test/${label}/${index}.png`)).toSorted(),
    );
    // No class has more test pictures than are shown.
    expect(examples.map(({ path }) => path).toSorted()).toEqual(predictions.map(({ path }) => path).toSorted());
    for (const { path, label, probability, probabilities, pixels } of examples) {
      expect(path).toContain(`/${label}/`);
      expect(probability).toBe(Math.max(...probabilities));
      expect(probability).toBeGreaterThanOrEqual(1 / 3);
      expect(pixels.length).toBe(Math.ceil(94 ** 2 / 8));
    }
    const counts = LABELS.map((label) =>
      LABELS.map((taken) => predictions.filter((each) => each.label === label && each.predicted === taken).length),
    );
    expect(counts).toEqual(metrics.confusion);
  });

  it("shows a training picture of each class, as the network sees it", async () => {
    const event = whole.events.find(({ type }) => type === "examples");
    const { examples } = event as Extract<TrainEvent, { type: "examples" }>;
    expect(examples.map(({ label }) => label)).toEqual(LABELS);
    const opened = await openDataset(dataset);
    for (const { label, pixels } of examples) {
      for await (const row of opened) {
        if (row.path === `train/${label}/0.png`) expect(pixels).toEqual(row.pixels);
      }
    }
    await opened.close();
  });

  it("emits plan, estimate, steps and epochs in order", () => {
    const types = whole.events.map(({ type }) => type);
    const epoch = ["step", "step", "step", "epoch", "checkpoint"];
    expect(types).toEqual(["plan", "examples", "estimate", ...epoch, ...epoch]);
    const pictures = whole.events.flatMap((event) => (event.type === "step" ? [event.pictures] : []));
    expect(pictures).toEqual([8, 8, 5, 8, 8, 5]);
  });

  it("gives the same weights again, byte for byte, and different ones with another seed", async () => {
    const [again, other] = [emptyFolder(), emptyFolder()];
    const { history, metrics } = await train({ ...OPTIONS, run: again });
    expect(weightsOf(again).equals(weightsOf(whole.run))).toBe(true);
    expect(withoutTimes(history)).toEqual(withoutTimes(summary.history));
    expect(metrics).toEqual(summary.metrics);
    await train({ ...OPTIONS, epochs: 1, seed: 1, run: other });
    expect(weightsOf(other).equals(weightsOf(whole.run))).toBe(false);
  });

  it("calibrates its probabilities by 20 or more validation pictures, and in the same way when it is resumed after its end", async () => {
    const photos = folderWith(await stripedPhotographs(["bus", "car"], 100));
    const run = join(emptyFolder(), "run");
    const options = { source: photos, run, size: { width: 32, height: 32 } };
    const { examples, config } = await train({ ...options, epochs: 1 });
    const table = readFileSync(runPaths(run).predictions, "utf8");
    expect(config.counts.val).toEqual([10, 10]);
    const { network, description } = await loadModel(runPaths(run).model);
    network.dispose();
    const numbers = { temperature: expect.any(Number) as number, noneBeyond: expect.any(Number) as number };
    expect(description.calibration).toMatchObject(numbers);
    // Two of each channel of the maps between blocks, and the means before the last layer.
    expect(description.calibration?.unlikeness.weights).toHaveLength(2 * (16 + 32 + 64 + 96) + 96);
    expect((await train({ ...options, resume: true })).examples).toEqual(examples);
    expect(readFileSync(runPaths(run).predictions, "utf8")).toBe(table);
    const { predictions, ...evaluation } = await evaluated({ run, source: photos });
    expect(evaluation.examples).toEqual(examples);
    expect(predictionsHead(config.dataset.labels) + predictionLines(predictions)).toBe(table);
  });

  it("learns what its training pictures look like, and finds pictures unlike any class", async () => {
    const labels = ["bus", "car"];
    const photos = folderWith(await stripedPhotographs(labels, 120, { side: 64 }));
    const run = join(emptyFolder(), "run");
    await train({ source: photos, run, size: { width: 32, height: 32 }, epochs: 3 });
    const predictions = (await readResults(run)).test?.predictions ?? [];
    const alike = folderWith(await stripedPhotographs(labels, 20, { seed: 5, side: 64 }));
    const others = folderWith(await discPhotographs(20, 64));
    const found = async (paths: string): Promise<number> => {
      let count = 0;
      for await (const answer of predict({ run, paths: [paths] })) {
        if (answer.type !== "prediction") throw new Error("Expected a prediction");
        const { noneOfThese, novelty } = answer;
        if (novelty === null) throw new Error("Expected a calibrated model");
        expect(noneOfThese).toBe(novelty > 1);
        if (noneOfThese) count++;
      }
      return count;
    };
    expect(await found(alike)).toBeLessThanOrEqual(4);
    expect(await found(others)).toBeGreaterThanOrEqual(18);

    const { pictures } = await explain({ run, predictions: predictions.map((_, index) => index) });
    for (const { prediction, isNone } of pictures) {
      for await (const answer of predict({ run, paths: [join(photos, predictions[prediction]?.path ?? "")] })) {
        expect(answer).toMatchObject({ type: "prediction", noneOfThese: isNone });
      }
    }
    expect(pictures.filter(({ isNone }) => isNone).length).toBeLessThan(pictures.length / 2);
  });

  it("prepares a folder of photographs itself, with labels in the requested order", async () => {
    const photos = folderWith(await stripedPhotographs(["bus", "car"], 30));
    const run = join(emptyFolder(), "deep", "run");
    const { config, metrics } = await train({
      source: photos,
      run,
      labels: ["car", "bus"],
      size: { width: 94, height: 96 },
      epochs: 1,
      batch: 16,
    });
    // Gray, at twice the size: the default recipe thresholds pictures at each step.
    expect(config.dataset).toMatchObject({ pixelFormat: "gray8", width: 188, height: 192, rows: 60 });
    expect(config.dataset.labels).toEqual(["car", "bus"]);
    expect(config).toMatchObject({ network: "compact", recipe: { name: "compact", input: "otsu" } });
    expect(existsSync(runPaths(run).dataset)).toBe(true);
    expect(metrics.labels).toEqual(["car", "bus"]);
  });

  it("learns seven classes with names in several scripts", async () => {
    const labels = ["автобус", "オートバイ", "سيارة", "vélo", "🚜", "小船", "truck"];
    const source = join(emptyFolder(), "seven.arrow");
    await writeStriped(source, { labels, counts: { train: 6, val: 0, test: 1 } });
    const run = emptyFolder();
    const { metrics, history, config } = await train({ source, run, epochs: 2, batch: 14 });
    expect(metrics.labels).toEqual(labels);
    expect(metrics.confusion.map((row) => row.length)).toEqual([7, 7, 7, 7, 7, 7, 7]);
    expect(history[0]).toMatchObject({ valLoss: null, valAccuracy: null });
    expect(history[1]?.loss).toBeLessThan(history[0]?.loss ?? 0);
    expect((await loadModel(runPaths(run).model)).description.labels).toEqual(config.dataset.labels);
  });
});

it("a recipe's fields can be replaced; the run records all its values, and is resumed with no others", async () => {
  const source = join(folder, "fields.arrow");
  await writeStriped(source, { labels: LABELS, counts: COUNTS, side: 32 });
  const run = emptyFolder();
  const recipe = { name: "article", labelSmoothing: 0.2, optimizer: { method: "sgd", momentum: 0.5 } } as const;
  const options = { source, run, network: customNetwork };
  const { config } = await train({ ...options, recipe, epochs: 1 });
  expect(config.recipe).toEqual({ ...RECIPES.article.recipe, ...recipe });
  expect((await readConfig(run)).recipe).toEqual(config.recipe);
  await train({ ...options, resume: true, recipe: { optimizer: { momentum: 0.5, method: "sgd" } } });
  const other = train({ ...options, resume: true, recipe: { ...recipe, optimizer: { method: "adam" } } });
  await expect(other).rejects.toThrow(
    refused("INVALID_ARGUMENT", "the recipe's optimizer that the run", '"momentum":0.5', "adam"),
  );
});

describe("a training that is stopped", () => {
  it.each([
    ["in the middle of an epoch", "step", 1],
    ["after an epoch's last step", "step", 3],
    ["between epochs", "epoch", 1],
    ["in the second epoch", "step", 5],
    ["after the last epoch", "epoch", 2],
  ] as const)("%s and resumed gives the same result, byte for byte", async (_when, kind, count) => {
    const run = emptyFolder();
    await stopAt(kind, count, { ...OPTIONS, run });
    expect(await readMetrics(run)).toBeUndefined();
    const { history, metrics } = await train({ source: dataset, run, resume: true });
    expect(weightsOf(run).equals(weightsOf(whole.run))).toBe(true);
    expect(withoutTimes(history)).toEqual(withoutTimes(summary.history));
    expect(metrics).toEqual(summary.metrics);
    expect(readFileSync(runPaths(run).checkpoint).equals(readFileSync(runPaths(whole.run).checkpoint))).toBe(true);
  });

  it("continues for more epochs as if they had been requested from the start", async () => {
    const run = emptyFolder();
    await train({ ...OPTIONS, epochs: 1, run });
    const { config } = await train({ source: dataset, run, resume: true, epochs: 2 });
    expect(config.epochs).toBe(2);
    expect(weightsOf(run).equals(weightsOf(whole.run))).toBe(true);
  });

  it("leaves nothing behind if it was stopped while pictures were prepared", async () => {
    const photos = folderWith(await stripedPhotographs(["a", "b"], 10));
    const run = join(emptyFolder(), "run");
    await stopAt("progress", 3, { source: photos, run });
    expect(existsSync(run)).toBe(false);
  });

  it.each([
    ["batch", { batch: 9 }],
    ["seed", { seed: 5 }],
    ["size", { size: { width: 100, height: 100 } }],
    ["labels", { labels: ["bus", "car", "motorcycle"] }],
    ["epochs", { epochs: 1 }],
  ])("is not resumed with another %s", async (name, changes) => {
    const resumed = train({ source: dataset, run: whole.run, resume: true, ...changes });
    await expect(resumed).rejects.toThrow(refused("INVALID_ARGUMENT", `the ${name} that the run`));
  });

  it("is not resumed with other pictures", async () => {
    const source = join(emptyFolder(), "others.arrow");
    await writeStriped(source, { labels: LABELS, counts: COUNTS, seed: 9 });
    await expect(train({ source, run: whole.run, resume: true })).rejects.toThrow(refused("DATASET_MISMATCH", source));
    await expect(train({ source: folder, run: whole.run, resume: true })).rejects.toThrow(refused("DATASET_MISMATCH"));
  });

  it("is not resumed with a configuration for another picture size", async () => {
    const run = emptyFolder();
    await stopAt("step", 1, { ...OPTIONS, run });
    const config = await readConfig(run);
    await writeRunFiles(run, [configFile({ ...config, dataset: { ...config.dataset, width: 1e9 } })]);
    await expect(train({ source: dataset, run, resume: true })).rejects.toThrow(refused("DATASET_MISMATCH"));
  });

  it("is not resumed from a damaged or missing checkpoint", async () => {
    const run = emptyFolder();
    await stopAt("step", 1, { ...OPTIONS, run });
    const path = runPaths(run).checkpoint;
    const bytes = readFileSync(path);
    bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
    writeFileSync(path, bytes);
    await expect(train({ source: dataset, run, resume: true })).rejects.toThrow(refused("CHECKPOINT_DAMAGED", path));
    await expect(train({ source: dataset, run: emptyFolder(), resume: true })).rejects.toThrow(
      refused("RUN_NOT_FOUND"),
    );
  });
});

describe("a training with a class without test pictures", () => {
  it("trains the class, and reports no recall for it", async () => {
    const source = join(emptyFolder(), "some.arrow");
    await writeStriped(source, { labels: LABELS, counts: { train: 3, val: 0, test: [1, 0, 1] } });
    const { metrics } = await train({ source, run: emptyFolder(), epochs: 1 });
    expect(metrics).toMatchObject({ pictures: 2, perClass: [{}, { label: "bus", recall: null }, {}] });
  });
});

describe("a training on a folder", () => {
  it("splits it by the given fractions", async () => {
    const source = folderWith(await photographs(["a", "b"], 10));
    const size = { width: 94, height: 94 };
    const { config } = await train({ source, run: emptyFolder(), size, epochs: 1, split: [0.5, 0.2, 0.3] });
    expect(config.counts).toEqual({ train: [5, 5], val: [2, 2], test: [3, 3] });
    expect(config.dataset.split).toMatchObject({ from: "stratified", fractions: [0.5, 0.2, 0.3] });
  });
});

describe("a training that is not possible", () => {
  it.each([
    ["ONE_CLASS_IN_TRAINING", "bus, motorcycle", { train: [7, 0, 0], val: 0, test: 1 }],
    ["CLASS_UNTESTED", "test pictures of at least one class", { train: 3, val: 0, test: 0 }],
  ])("is rejected with %s, and leaves no run", async (code, told, counts) => {
    const source = join(emptyFolder(), "some.arrow");
    await writeStriped(source, { labels: LABELS, counts });
    const run = join(emptyFolder(), "run");
    await expect(train({ source, run })).rejects.toThrow(refused(code, told));
    expect(existsSync(run)).toBe(false);
  });

  it("is rejected before anything is prepared if no class has the three pictures that a test needs", async () => {
    const source = folderWith(await photographs(["a", "b"], 2));
    const run = join(emptyFolder(), "run");
    const opened: string[] = [];
    const training = train({ source, run, onEvent: ({ type }) => opened.push(type) });
    await expect(training).rejects.toThrow(refused("CLASS_UNTESTED", "at least 3 pictures"));
    expect(opened).toEqual(["start"]);
    expect(existsSync(run)).toBe(false);
  });

  it("is rejected with a hint to the list of files to leave out if that may have left no pictures", async () => {
    const files = await photographs(["a", "b"], 3);
    const drawn = folderWith(files);
    const split = (name: string) => Object.entries(files).map(([path, file]) => [`${name}/${path}`, file] as const);
    const given = folderWith(Object.fromEntries([...split("train"), ...split("test")]));
    const tests = split("test").map(([path]) => path);
    const learned = split("train").flatMap(([path]) => (path.includes("/b/") ? [path] : []));
    for (const [source, leaveOut, code] of [
      [drawn, Object.keys(files).filter((path) => !path.endsWith("0.png")), "CLASS_UNTESTED"],
      [given, tests, "CLASS_UNTESTED"],
      [given, learned, "ONE_CLASS_IN_TRAINING"],
    ] as const) {
      const training = train({ source, run: join(emptyFolder(), "run"), leaveOut });
      const hint = expect.stringContaining(
        ` Or leave out fewer files (${leaveOut.length} listed): they may be all that there were.`,
      ) as string;
      await expect(training).rejects.toThrow(expect.objectContaining({ code, hint }));
    }
  });

  it("is rejected with a split without a test fraction, or with another split than its dataset's", async () => {
    const run = join(emptyFolder(), "run");
    const split = (...fractions: [number, number, number]) => train({ source: dataset, run, split: fractions });
    await expect(split(0.9, 0.1, 0)).rejects.toThrow(refused("INVALID_ARGUMENT", "test fraction"));
    await expect(split(0.5, 0.2, 0.3)).rejects.toThrow(refused("DATASET_MISMATCH", "split 0.5,0.2,0.3"));
    expect(existsSync(run)).toBe(false);
  });

  it.each([
    ["epochs", { epochs: 0 }],
    ["batch", { batch: 0.5 }],
    ["seed", { seed: -1 }],
    ["backend", { backend: "cuda" as "wasm" }],
    ["recipe", { recipe: "best" as "compact" }],
    ["labelSmoothing", { recipe: { labelSmoothing: 1 } }],
    ["smoothing", { recipe: { smoothing: 0 } as object }],
  ])("is rejected if %s is out of range", async (name, changes) => {
    const run = join(emptyFolder(), "run");
    await expect(train({ source: dataset, run, ...changes })).rejects.toThrow(refused("INVALID_ARGUMENT", name));
    expect(existsSync(run)).toBe(false);
  });

  it("is rejected with another size or other labels than the dataset's", async () => {
    const run = join(emptyFolder(), "run");
    const other = { size: { width: 300, height: 300 }, labels: ["a", "b", "c"] };
    await expect(train({ source: dataset, run, ...other })).rejects.toThrow(
      refused("DATASET_MISMATCH", "size 300 x 300 and labels a,b,c"),
    );
  });

  it("is rejected if there is a run, which is unchanged", async () => {
    const before = weightsOf(whole.run);
    await expect(train({ ...OPTIONS, run: whole.run })).rejects.toThrow(refused("RUN_EXISTS", "contains a run"));
    expect(weightsOf(whole.run).equals(before)).toBe(true);
  });

  it("fails when it diverges, and keeps the last good checkpoint", async () => {
    const run = emptyFolder();
    await stopAt("step", 1, { ...OPTIONS, run });
    const path = runPaths(run).checkpoint;
    const checkpoint = await readCheckpoint(path);
    for (const { values } of checkpoint.weights) values.fill(1e38);
    await writeCheckpoint(path, checkpoint);
    const before = readFileSync(path);
    await expect(train({ source: dataset, run, resume: true })).rejects.toThrow(refused("LOSS_NOT_FINITE"));
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});
