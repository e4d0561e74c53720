// Evaluating a run and predicting with it: which pictures count, and what is rejected.

import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";

import { evaluate, type EvaluateEvent } from "./evaluate.ts";
import { loadModel, saveModel } from "./files/model-folder.ts";
import { predict, type Prediction, type PredictOptions } from "./predict.ts";
import { prepare } from "./photographs/prepare.ts";
import { runPaths } from "./files/run-folder.ts";
import { emptyFolder, folderWith, writeFiles } from "../testing/folders.ts";
import { folderForAllTests, stripedPhotographs, writeStriped } from "../testing/striped-classes.ts";
import type { TrainSummary } from "./train-options.ts";
import { train } from "./train.ts";
import { evaluated } from "../testing/predictions.ts";
import type { RecordedPrediction } from "../training/predictions-table.ts";
import { readResults } from "./run-results.ts";

const LABELS = ["car", "bus"];

const folder = folderForAllTests();
const run = join(folder, "run");
const photos = join(folder, "photos");
let summary: TrainSummary;

beforeAll(async () => {
  await stripedInto(photos, 30);
  const size = { width: 94, height: 94 };
  summary = await train({ source: photos, run, labels: LABELS, size, recipe: "article", epochs: 2, batch: 16 });
});

async function stripedInto(target: string, each: number, seed = 0): Promise<void> {
  writeFiles(target, await stripedPhotographs(LABELS, each, { seed }));
}

/** The predictions of the run's test. */
async function tested(): Promise<readonly RecordedPrediction[]> {
  return (await readResults(run)).test?.predictions ?? [];
}

async function answers(options: Omit<PredictOptions, "run">): Promise<readonly Prediction[]> {
  const all: Prediction[] = [];
  for await (const each of predict({ run, ...options })) all.push(each);
  return all;
}

/** Number of correct predictions for pictures in folders named after their classes. */
function rightOf(predictions: readonly Prediction[]): number {
  return predictions.filter((each) => each.type === "prediction" && each.path.includes(`/${each.classes[0]?.label}/`))
    .length;
}

const refused = (code: string, text: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(text) as string }) as Error;

describe("evaluating a run", () => {
  it("on the folder that it was trained on gives the metrics of its test again", async () => {
    const { chosen, metrics, predictions: told } = await evaluated({ run, source: photos });
    expect(chosen).toBe("test");
    expect(told.map(({ path, predicted }) => [path, predicted])).toEqual(
      (await tested()).map(({ path, predicted }) => [path, predicted]),
    );
    expect(metrics).toEqual({ ...summary.metrics, loss: expect.closeTo(summary.metrics.loss, 5) as number });
  });

  it("on the dataset that it was trained on gives them, too", async () => {
    const { chosen, metrics } = await evaluate({ run, source: runPaths(run).dataset });
    expect(chosen).toBe("test");
    const { correct, confusion } = summary.metrics;
    expect(metrics).toMatchObject({ correct, confusion });
  });

  it("on another folder counts all of its pictures, with the same predictions as predict", async () => {
    const others = join(emptyFolder(), "others");
    await stripedInto(others, 6, 5);
    const events: EvaluateEvent[] = [];
    const evaluation = await evaluate({ run, source: others, onEvent: (event) => events.push(event) });
    expect(evaluation.chosen).toBe("all");
    expect(evaluation.metrics.pictures).toBe(12);
    expect(events).toContainEqual({ type: "pictures", chosen: "all", learned: 0, includeLearned: false, total: 12 });
    expect(evaluation.metrics.correct).toBe(rightOf(await answers({ paths: [others] })));
  });

  it("on a folder of one class next to empty ones counts its pictures", async () => {
    const some = folderWith({
      ...(await stripedPhotographs(["bus"], 4, { seed: 5 })),
      "car/.keep": "",
      "notes/todo.txt": "",
    });
    const { metrics } = await evaluate({ run, source: some });
    expect(metrics.pictures).toBe(4);
    expect(metrics.perClass).toMatchObject([{ label: "car", recall: null }, { label: "bus" }]);
  });

  it("on a folder of validation and test pictures only counts the test pictures", async () => {
    const some = folderWith({
      ...(await stripedPhotographs(LABELS, 2, { prefix: "val/", seed: 6 })),
      ...(await stripedPhotographs(["bus"], 3, { prefix: "test/", seed: 7 })),
    });
    const { chosen, metrics } = await evaluate({ run, source: some });
    expect([chosen, metrics.pictures]).toEqual(["test", 3]);
  });

  it("on a folder with test pictures of its own counts only these", async () => {
    const files = {
      ...(await stripedPhotographs(LABELS, 2, { prefix: "train/" })),
      ...(await stripedPhotographs(LABELS, 3, { prefix: "test/", seed: 3 })),
    };
    const { chosen, metrics } = await evaluate({ run, source: folderWith(files) });
    expect({ chosen, pictures: metrics.pictures }).toEqual({ chosen: "test", pictures: 6 });
  });

  it.each([
    ["other labels", { labels: ["bus", "car"] }, "bus,car"],
    ["another size", { labels: LABELS, side: 100 }, "100 x 100"],
  ])("on a dataset of %s is rejected", async (_what, changes, told) => {
    const source = join(emptyFolder(), "other.arrow");
    await writeStriped(source, { counts: { train: 1, val: 0, test: 1 }, ...changes });
    await expect(evaluate({ run, source })).rejects.toThrow(refused("DATASET_MISMATCH", told));
  });

  it("on its moved training folder recognizes its test pictures, and excludes the others", async () => {
    const moved = folderWith(await stripedPhotographs(LABELS, 30));
    const events: EvaluateEvent[] = [];
    const evaluation = await evaluated({ run, source: moved, onEvent: (event) => events.push(event) });
    const { pictures } = summary.metrics;
    expect(evaluation).toMatchObject({ chosen: "test", learned: 60 - pictures });
    expect(evaluation.predictions.map(({ path }) => path)).toEqual((await tested()).map(({ path }) => path));
    expect(events).toContainEqual({
      type: "pictures",
      chosen: "test",
      learned: 60 - pictures,
      includeLearned: false,
      total: pictures,
    });
  });

  it("on a dataset of its folder with another split seed still gives its own test pictures", async () => {
    const source = join(emptyFolder(), "other-seed.arrow");
    await prepare({
      folder: photos,
      out: source,
      recipe: "article",
      size: { width: 94, height: 94 },
      labels: LABELS,
      seed: 9,
    });
    const { chosen, predictions: told } = await evaluated({ run, source });
    expect(chosen).toBe("test");
    expect(told.map(({ path }) => path)).toEqual((await tested()).map(({ path }) => path));
  });

  it("on renamed pictures with new ones among them evaluates those that it has not learned from", async () => {
    const files = await stripedPhotographs(LABELS, 6, { seed: 5 });
    const renamed = Object.entries(await stripedPhotographs(LABELS, 30)).map(([path, bytes]) => [
      path.replace("/", "/renamed "),
      bytes,
    ]);
    const source = folderWith({ ...files, ...(Object.fromEntries(renamed) as typeof files) });
    const { pictures } = summary.metrics;
    const unseen = await evaluate({ run, source });
    expect({ ...unseen, pictures: unseen.metrics.pictures }).toMatchObject({
      chosen: "unseen",
      learned: 60 - pictures,
      pictures: 12 + pictures,
    });
    const all = await evaluate({ run, source, includeLearned: true });
    expect({ ...all, pictures: all.metrics.pictures }).toMatchObject({
      chosen: "all",
      learned: 60 - pictures,
      pictures: 72,
    });
  });

  it("is rejected for pictures that it has learned from, and the hint says how to evaluate them anyway", async () => {
    const paths = new Set((await tested()).map(({ path }) => path));
    const files = Object.entries(await stripedPhotographs(LABELS, 30)).filter(([path]) => !paths.has(path));
    const source = folderWith(Object.fromEntries(files));
    await expect(evaluate({ run, source })).rejects.toThrow(
      expect.objectContaining({
        code: "PICTURES_LEARNED",
        hint: expect.stringContaining("--include-learned") as string,
      }),
    );
    const { metrics } = await evaluate({ run, source, includeLearned: true });
    expect(metrics.pictures).toBe(files.length);
  });

  it("is rejected without the list of its pictures", async () => {
    const damaged = join(folder, "damaged");
    cpSync(run, damaged, { recursive: true });
    rmSync(runPaths(damaged).learned);
    await expect(evaluate({ run: damaged, source: photos })).rejects.toThrow(
      refused("RUN_DAMAGED", "learned.safetensors"),
    );
  });

  it.skipIf(process.platform === "win32")(
    "ends with a typed error where there is no folder for temporary files",
    async () => {
      vi.stubEnv("TMPDIR", join(folder, "no-tmp"));
      onTestFinished(() => void vi.unstubAllEnvs());
      await expect(evaluate({ run, source: photos })).rejects.toThrow(
        refused("OUTPUT_UNWRITABLE", join(folder, "no-tmp")),
      );
    },
  );

  it("is rejected without test pictures", async () => {
    const source = join(emptyFolder(), "untested.arrow");
    await writeStriped(source, { labels: LABELS, counts: { train: 2, val: 0, test: 0 } });
    await expect(evaluate({ run, source })).rejects.toThrow(refused("CLASS_UNTESTED", source));
    const leaveOut = [`train/${LABELS[0]}/0.png`];
    await expect(evaluate({ run, source, leaveOut })).rejects.toThrow(
      expect.objectContaining({ hint: expect.stringContaining("Or leave out fewer files (1 listed)") as string }),
    );
  });
});

describe("an unusable model", () => {
  it("is rejected if it needs other preprocessing, which the error names", async () => {
    const { network, description } = await loadModel(runPaths(run).model);
    const other = join(folder, "other");
    const preprocessing = { ...description.preprocessing, threshold: "sauvola" as "otsu" };
    await saveModel(runPaths(other).model, network, { ...description, preprocessing });
    network.dispose();
    writeFileSync(runPaths(other).config, readFileSync(runPaths(run).config));
    await expect(evaluate({ run: other, source: photos })).rejects.toThrow(refused("MODEL_PREPROCESSING", "sauvola"));
    await expect(predict({ run: other, paths: [photos] }).next()).rejects.toThrow(refused("MODEL_PREPROCESSING", ""));
  });

  it("is reported as not found if there is none yet", async () => {
    const none = join(folder, "none");
    await expect(evaluate({ run: none, source: photos })).rejects.toThrow(refused("RUN_NOT_FOUND", none));
    await expect(predict({ run: none, paths: [photos] }).next()).rejects.toThrow(refused("MODEL_NOT_FOUND", none));
    rmSync(none, { recursive: true, force: true });
  });
});

describe("predictions", () => {
  it("are probabilities of all classes, the most probable first, and mostly correct", async () => {
    const predictions = await answers({ paths: [photos] });
    expect(predictions.map(({ path }) => path)).toEqual(predictions.map(({ path }) => path).toSorted());
    expect(predictions.length).toBe(60);
    for (const each of predictions) {
      const classes = "classes" in each ? each.classes : [];
      expect(classes.map(({ label }) => label).toSorted()).toEqual(LABELS.toSorted());
      const [first, second] = classes.map(({ probability }) => probability);
      expect((first ?? 0) + (second ?? 0)).toBeCloseTo(1, 6);
      expect(first).toBeGreaterThanOrEqual(second ?? 1);
    }
    expect(rightOf(predictions)).toBeGreaterThan(45);
  });

  it("are returned for files and folders in the given order, along with broken pictures", async () => {
    const [good = new Uint8Array()] = Object.values(await stripedPhotographs(["car"], 1));
    const some = folderWith({ "b/ä 1.png": good, "a.png": good, "broken.jpg": new Uint8Array([0xff, 0xd8, 0xff, 0]) });
    const paths = ["broken.jpg", "b", "a.png"].map((name) => join(some, name));
    const predictions = await answers({ paths });
    expect(predictions.map(({ path }) => path)).toEqual([paths[0], `${paths[1]}/ä 1.png`, paths[2]]);
    expect(predictions[0]).toMatchObject({ type: "skip", code: "PICTURE_DAMAGED" });
    expect(predictions.slice(1).every((each) => "classes" in each)).toBe(true);
  });

  it("are rejected for a picture that does not exist", async () => {
    await expect(answers({ paths: [join(folder, "no.png")] })).rejects.toThrow(refused("PICTURE_NOT_FOUND", "no.png"));
  });
});
