// What is behind predictions, and the results of a run that its folder has.

import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { memory } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";

import { packedBytes } from "../dataset/format.ts";
import type { LoadedPictures } from "../dataset/loaded-pictures.ts";
import { maskStatistics } from "../dataset/mask-statistics.ts";
import { emptyFolder } from "../testing/folders.ts";
import { SMALL_NETWORK } from "../testing/small-training.ts";
import { evaluated } from "../testing/predictions.ts";
import { folderForAllTests, stripedBatch, writeStriped } from "../testing/striped-classes.ts";
import { explain, type ExplainEvent } from "./explain.ts";
import { predictionLines, predictionsHead } from "../training/predictions-table.ts";
import { readPredictions } from "./files/predictions-file.ts";
import { runPaths } from "./files/run-folder.ts";
import { readResults } from "./run-results.ts";
import type { TrainSummary } from "./train-options.ts";
import { train } from "./train.ts";

const folder = folderForAllTests();
const source = join(folder, "stripes.arrow");
const run = join(folder, "run");
const dataset = { labels: ["a", "b"], counts: { train: 20, val: 4, test: 20 }, side: 24 };

let trained: TrainSummary;
/** The test pictures. */
let tested: LoadedPictures;

const pixelsOf = (prediction: number): Uint8Array => tested.at(prediction).pixels;

beforeAll(async () => {
  tested = await stripedBatch(folder, dataset, "test");
  await writeStriped(source, dataset);
  trained = await train({ source, run, network: SMALL_NETWORK, epochs: 1, batch: 20 });
});

describe("the results of a run", () => {
  it("are those that its training returned", async () => {
    const { history, test, config } = await readResults(run);
    expect(config).toEqual(trained.config);
    expect(history).toEqual(trained.history);
    expect(test?.metrics).toEqual(trained.metrics);
    expect(test?.predictions).toEqual(
      (await evaluated({ run, source })).predictions.map(({ path, label, predicted, probabilities }) => ({
        path,
        label,
        predicted,
        probabilities,
      })),
    );
  });

  it("include predictions of any names, as they were written", async () => {
    const path = join(emptyFolder(), "predictions.csv");
    const labels = ['a"b', "x\r\ny", "c,d", " e "];
    const answers = [
      { path: 'a,b/"1"\n.png', label: "c,d", predicted: 'a"b', probabilities: [0.5, 1e-21, 0.25, 0.125] },
      { path: " \uFEFF写真.png ", label: "x\r\ny", predicted: "x\r\ny", probabilities: [0, 1, 0, 0] },
    ];
    writeFileSync(path, predictionsHead(labels) + predictionLines(answers));
    const purpose = {
      missing: "RUN_DAMAGED",
      unreadable: "RUN_DAMAGED",
      mismatch: "RUN_DAMAGED",
      hint: "Try again.",
    } as const;
    expect(await readPredictions(path, labels, purpose)).toEqual(answers);
  });

  it.each([
    [
      "another class",
      (text: string) => text.replace(/,a,a,|,b,b,|,a,b,|,b,a,/, ",a,c,"),
      "two classes and their probabilities from 0 to 1 in each row",
    ],
    ["no probability", (text: string) => text.replace(/,[^,]+\n$/, ",\n"), "but row 40 has others"],
    ["other columns", (text: string) => text.replace("probability_a", "p"), "but found only those of b"],
    ["a missing line", (text: string) => text.replace(/[^\n]+\n$/, ""), "but found others"],
    ["an open quote", (text: string) => `${text}"`, "it is not CSV"],
  ])("are refused with %s in the predictions", async (_, change, message) => {
    const { predictions: path } = runPaths(run);
    const before = readFileSync(path, "utf8");
    writeFileSync(path, change(before));
    try {
      await expect(readResults(run)).rejects.toThrow(
        expect.objectContaining({ code: "RUN_DAMAGED", message: expect.stringContaining(message) as string }),
      );
    } finally {
      writeFileSync(path, before);
    }
  });
});

describe("an explanation", () => {
  it("has silhouette, threshold and attention of each prediction, in the order that was asked for, and leaves no tensors", async () => {
    const events: ExplainEvent[] = [];
    await explain({ run, predictions: [0] });
    const before = memory().numTensors;
    const { pictures, size, temperature, missing, modelMissing } = await explain({
      run,
      predictions: [7, 2],
      onEvent: (event) => events.push(event),
    });
    expect(memory().numTensors).toBe(before);
    expect({ size, temperature, missing, modelMissing }).toEqual({
      size: { width: 24, height: 24 },
      temperature: null,
      missing: null,
      modelMissing: null,
    });
    expect(pictures.map(({ prediction }) => prediction)).toEqual([7, 2]);
    for (const { prediction, silhouette, mask, separability, thumbnail, isNone, attention } of pictures) {
      expect(silhouette).toEqual(pixelsOf(prediction));
      expect(silhouette).toHaveLength(packedBytes(size));
      const pixels = Uint8Array.from(
        { length: 24 * 24 },
        (_, at) => ((silhouette[at >> 3] ?? 0) >> (7 - (at % 8))) & 1,
      );
      expect(mask).toEqual(maskStatistics(pixels, size));
      expect({ separability, thumbnail, isNone }).toEqual({ separability: null, thumbnail: null, isNone: false });
      expect(attention).toMatchObject({ rows: 9, columns: 9 });
      expect(Math.max(...(attention?.values ?? []))).toBeOneOf([0, 1]);
    }
    expect(pictures.some((each) => each.attention?.values.some((value) => value > 0))).toBe(true);
    expect(events).toMatchObject([{ type: "backend" }, { type: "evaluated", done: 0, total: 2 }]);
  });

  it("has no pictures of a dataset with others, and says so", async () => {
    const bytes = readFileSync(source);
    await writeStriped(source, { ...dataset, seed: 1 });
    try {
      const { pictures, missing } = await explain({ run, predictions: [0] });
      expect(pictures).toEqual([]);
      expect(missing).toBe(`${source} has other pictures than the run was tested on`);
    } finally {
      writeFileSync(source, bytes);
    }
  });

  it("has pictures without attention of a model that is missing, or another run's, and says so", async () => {
    const { model } = runPaths(run);
    const other = join(folder, "other");
    const of3 = join(folder, "of3.arrow");
    await writeStriped(of3, { ...dataset, labels: ["a", "b", "c"] });
    await train({ source: of3, run: other, network: SMALL_NETWORK, epochs: 1, batch: 20 });
    const before = memory().numTensors;
    renameSync(model, `${model}-away`);
    try {
      for (const [change, message] of [
        [() => undefined, `Expected a model in ${model}`],
        [() => renameSync(runPaths(other).model, model), "Its model is of other classes or pictures than the run"],
      ] as const) {
        change();
        const { pictures, missing, modelMissing } = await explain({ run, predictions: [7] });
        expect(modelMissing).toContain(message);
        expect(missing).toBeNull();
        expect(pictures).toMatchObject([{ silhouette: pixelsOf(7), attention: null, isNone: false }]);
      }
    } finally {
      rmSync(model, { recursive: true, force: true });
      renameSync(`${model}-away`, model);
    }
    expect(memory().numTensors).toBe(before);
  });

  it("refuses predictions that do not exist, and stops", async () => {
    for (const predictions of [[40], [-1], [0.5]]) {
      await expect(explain({ run, predictions })).rejects.toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT" }),
      );
    }
    const reason = new Error("enough");
    await expect(explain({ run, predictions: [1], signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
