// Interrupted, moved and damaged runs: the same command or a resumed run always continues, or reports why it cannot.

import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { memory } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";

import { encodeEvents } from "../training/event-files.ts";
import { readCheckpoint, writeCheckpoint } from "./files/checkpoint-file.ts";
import { loadModel } from "./files/model-folder.ts";
import { predictionLines, predictionsHead } from "../training/predictions-table.ts";
import { bestEpoch } from "../training/state.ts";
import { readConfig, readHistory, runPaths } from "./files/run-folder.ts";
import { emptyFolder, folderWith, writeFiles } from "../testing/folders.ts";
import { folderForAllTests, stripedPhotographs, writeStriped } from "../testing/striped-classes.ts";
import type { TrainOptions, TrainSummary } from "./train-options.ts";
import { train } from "./train.ts";

const LABELS = ["car", "bus"];
const SMALL = { size: { width: 48, height: 48 }, epochs: 2, batch: 16, labels: LABELS };

const folder = folderForAllTests();
const photos = join(folder, "photos");
const whole = join(folder, "whole");
let summary: TrainSummary;

beforeAll(async () => {
  writeFiles(photos, await stripedPhotographs(LABELS, 20));
  summary = await train({ ...SMALL, source: photos, run: whole });
});

const refused = (code: string, text: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(text) as string }) as Error;

/** A copy of the complete run. */
function copyOfRun(): string {
  const run = join(emptyFolder(), "run");
  cpSync(whole, run, { recursive: true });
  return run;
}

/** A run that was killed after its first epoch's model, before the first checkpoint. */
function unbegunRun(): string {
  const run = copyOfRun();
  const { metrics, predictions, history, checkpoint } = runPaths(run);
  for (const file of [metrics, predictions, checkpoint]) rmSync(file);
  writeFileSync(history, JSON.stringify(summary.history.slice(0, 1)));
  return run;
}

function checkpointOf(run: string): Buffer {
  return readFileSync(runPaths(run).checkpoint);
}

/** Expects the epochs of history.json, each once, in the table and in TensorBoard's files. */
async function expectSameHistories(run: string): Promise<void> {
  const { historyTable, trainEvents, validationEvents } = runPaths(run);
  const history = await readHistory(run);
  const lines = history.map((record) => `${Object.values(record).join()}\n`);
  const columns = "epoch,loss,accuracy,valLoss,valAccuracy,learningRate,seconds";
  expect(readFileSync(historyTable, "utf8")).toBe(`${columns}\n${lines.join("")}`);
  const { train: training, validation } = encodeEvents(await readConfig(run), history);
  expect(readFileSync(trainEvents).equals(training)).toBe(true);
  expect(readFileSync(validationEvents).equals(validation ?? Buffer.of())).toBe(true);
}

describe("a training that was killed before its first checkpoint", () => {
  it.each([
    ["started again by the same call", {}],
    ["resumed from the start", { resume: true }],
  ])("gives the same result when %s", async (_how, options) => {
    const run = unbegunRun();
    const { metrics } = await train({ ...SMALL, source: photos, run, ...options });
    expect(metrics).toEqual(summary.metrics);
    expect(checkpointOf(run).equals(checkpointOf(whole))).toBe(true);
    await expectSameHistories(run);
  });

  it("continues in both ways, too, if it was killed before its dataset was renamed", async () => {
    const run = unbegunRun();
    renameSync(runPaths(run).dataset, runPaths(run).preparedDataset);
    await train({ ...SMALL, source: photos, run, resume: true });
    expect(checkpointOf(run).equals(checkpointOf(whole))).toBe(true);
    const other = join(emptyFolder(), "run");
    writeFiles(other, { ".silhouette-dataset.arrow": "half", ".silhouette-run.lock": "", ".silhouette-1.partial": "" });
    await train({ ...SMALL, source: photos, run: other });
    expect(readdirSync(other).filter((name) => name.startsWith("."))).toEqual([]);
  });
});

describe("a training that is stopped in the middle of a step", () => {
  // 32 of 40 pictures are for training: two steps per epoch. A step checks its signal about 100 times.
  it.each([
    ["the estimate", { type: "plan", count: 1 }, 120, undefined],
    ["a step, forward", { type: "step", count: 1 }, 20, { epoch: 0, batchesDone: 1 }],
    ["a step, backward", { type: "step", count: 3 }, 80, { epoch: 1, batchesDone: 1 }],
    ["the population statistics", { type: "step", count: 2 }, 20, { epoch: 0, batchesDone: 2 }],
    ["the validation", { type: "step", count: 2 }, 80, { epoch: 0, batchesDone: 2 }],
    ["the test", { type: "checkpoint", count: 2 }, 20, { epoch: 2, batchesDone: 0 }],
  ] as const)(
    "such as %s, discards it, frees it, and gives the same result when resumed",
    async (_, from, asks, saved) => {
      const run = join(emptyFolder(), "run");
      const tensors = memory().numTensors;
      let [asked, events] = [Number.NEGATIVE_INFINITY, 0];
      const stop = new AbortController();
      const signal = Object.assign(stop.signal, {
        throwIfAborted(): void {
          if (++asked === asks) stop.abort(new Error("stopped"));
          if (stop.signal.aborted) throw stop.signal.reason;
        },
      });
      const types: string[] = [];
      const onEvent: TrainOptions["onEvent"] = ({ type }) => {
        types.push(type);
        if (type === from.type && ++events === from.count) asked = 0;
      };
      await expect(train({ ...SMALL, source: photos, run, signal, onEvent })).rejects.toThrow("stopped");
      expect(types.at(-1)).toBe(saved === undefined ? "examples" : "checkpoint");
      expect(memory().numTensors).toBe(tensors);
      const { checkpoint } = runPaths(run);
      if (saved === undefined) expect(existsSync(checkpoint)).toBe(false);
      else expect(await readCheckpoint(checkpoint)).toMatchObject(saved);
      const { metrics } = await train({ source: photos, run, resume: true });
      expect(metrics).toEqual(summary.metrics);
      expect(checkpointOf(run).equals(checkpointOf(whole))).toBe(true);
      await expectSameHistories(run);
    },
  );
});

describe("a training that is stopped during its final test", () => {
  it("keeps its last checkpoint, and only runs the test when it is resumed", async () => {
    const run = join(emptyFolder(), "run");
    const stop = new AbortController();
    let checkpoints = 0;
    const options: TrainOptions = { ...SMALL, source: photos, run };
    const stopped = train({
      ...options,
      signal: stop.signal,
      onEvent: ({ type }) => {
        // Like a system signal: in the next iteration of the event loop.
        if (type === "checkpoint" && ++checkpoints === 2) setImmediate(() => stop.abort(new Error("stopped")));
      },
    });
    await expect(stopped).rejects.toThrow("stopped");
    expect(existsSync(runPaths(run).metrics)).toBe(false);
    const steps: string[] = [];
    const onEvent: TrainOptions["onEvent"] = ({ type }) => void steps.push(type);
    const { metrics } = await train({ source: photos, run, resume: true, onEvent });
    expect(steps).toEqual(["plan", "examples"]);
    expect(metrics).toEqual(summary.metrics);
  });
});

describe("a run that is resumed", () => {
  it("for more epochs reports those before, the next learning rate, and which epoch is best and last", async () => {
    const events: Parameters<NonNullable<TrainOptions["onEvent"]>>[0][] = [];
    const run = copyOfRun();
    const { history } = await train({
      source: photos,
      run,
      resume: true,
      epochs: 3,
      onEvent: (event) => void events.push(event),
    });
    const plan = events.find((event) => event.type === "plan");
    expect(plan).toMatchObject({ history: summary.history, bestEpoch: bestEpoch(summary.history) });
    // After its warm-up of two epochs, the cosine begins.
    expect(plan?.learningRate).toBe(0.003);
    const epochs = events.filter((event) => event.type === "epoch");
    expect(epochs).toEqual([{ type: "epoch", ...history[2], isBest: bestEpoch(history) === 3, isLast: true }]);
    await expectSameHistories(run);
  });

  it("continues with its pictures at another path, and is rejected with others there", async () => {
    const moved = folderWith(await stripedPhotographs(LABELS, 20));
    const { metrics } = await train({ source: moved, run: copyOfRun(), resume: true });
    expect(metrics).toEqual(summary.metrics);
    const others = folderWith(await stripedPhotographs(LABELS, 20, { seed: 1 }));
    await expect(train({ source: others, run: copyOfRun(), resume: true })).rejects.toThrow(
      refused("DATASET_MISMATCH", others),
    );
  });

  it("is rejected with other test pictures, even if its training pictures are the same", async () => {
    const [first, second] = [join(emptyFolder(), "first.arrow"), join(emptyFolder(), "second.arrow")];
    await writeStriped(first, { labels: LABELS, counts: { train: 4, val: 1, test: 1 } });
    await writeStriped(second, { labels: LABELS, counts: { train: 4, val: 1, test: 2 } });
    const run = join(emptyFolder(), "run");
    await train({ source: first, run, epochs: 1 });
    await expect(train({ source: second, run, resume: true })).rejects.toThrow(refused("DATASET_MISMATCH", second));
  });

  it.each(["history.json", "config.json"])("is rejected if its %s was changed", async (name) => {
    const run = copyOfRun();
    const file = join(run, name);
    const json = readFileSync(file, "utf8");
    writeFileSync(file, json.replace(/"(accuracy|batch)": [\d.]+/, '"$1": 0.5'));
    await expect(train({ source: photos, run, resume: true })).rejects.toThrow(refused("RUN_DAMAGED", name));
  });

  it("is rejected without its dataset, and the hint says to restore it", async () => {
    const run = copyOfRun();
    rmSync(runPaths(run).dataset);
    await expect(train({ source: photos, run, resume: true })).rejects.toMatchObject({
      code: "DATASET_NOT_FOUND",
      hint: "Restore it from an intact copy of the run, or train again in another folder.",
    });
  });

  it("is rejected with a checkpoint for another number of pictures, whatever its checksum", async () => {
    const run = copyOfRun();
    const { checkpoint } = runPaths(run);
    await writeCheckpoint(checkpoint, { ...(await readCheckpoint(checkpoint)), order: Int32Array.of(1, 0) });
    await expect(train({ source: photos, run, resume: true })).rejects.toThrow(
      refused("CHECKPOINT_DAMAGED", "an order of 2"),
    );
  });

  it("is rejected while another process trains it, and is unchanged", async () => {
    const run = join(emptyFolder(), "run");
    const first = train({ ...SMALL, source: photos, run });
    await expect.poll(() => existsSync(runPaths(run).config), { timeout: 60_000 }).toBe(true);
    await expect(train({ source: photos, run, resume: true })).rejects.toThrow(refused("RUN_IN_USE", run));
    await expect(train({ ...SMALL, source: photos, run })).rejects.toThrow(refused("RUN_EXISTS", run));
    expect((await first).metrics).toEqual(summary.metrics);
  });
});

describe("a run folder", () => {
  it("contains the models of the best and the last epoch, the same as a resumed run", async () => {
    const history = await readHistory(whole);
    expect(summary.bestEpoch).toBe(bestEpoch(history));
    const { network, description } = await loadModel(runPaths(whole).bestModel);
    network.dispose();
    expect(description.provenance.epoch).toBe(summary.bestEpoch);
    expect((await readCheckpoint(runPaths(whole).checkpoint)).history).toMatch(/^[0-9a-f]{8}$/);
  });

  it("lists every test prediction in its table", () => {
    const lines = readFileSync(runPaths(whole).predictions, "utf8").trimEnd().split("\n");
    expect(lines[0]).toBe("path,actual,predicted,probability_car,probability_bus");
    expect(lines.length - 1).toBe(summary.metrics.pictures);
    for (const { path, label, predicted, probability, probabilities } of summary.examples) {
      expect(lines).toContain([path, label, predicted, ...probabilities].map(String).join(","));
      expect(probability).toBe(Math.max(...probabilities));
      expect(probabilities.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 5);
    }
  });

  it("may be inside the folder of photographs, and is ignored there", async () => {
    const source = folderWith(await stripedPhotographs(LABELS, 20));
    for (const run of [join(source, "runs", "first"), join(source, "second")]) {
      const { config } = await train({ ...SMALL, labels: ["bus", "car"], epochs: 1, source, run });
      expect(config.dataset.rows).toBe(40);
    }
  });
});

it("quotes fields of the table that contain commas, quotes or line breaks", () => {
  const answer = { label: 'a"b', predicted: "x\ny", probability: 0.75, probabilities: [0.25, 0.75] };
  const csv = predictionsHead(['a"b', "x\ny"]) + predictionLines([{ path: "a,b/1.png", ...answer }]);
  expect(csv).toBe(
    'path,actual,predicted,"probability_a""b","probability_x\ny"\n"a,b/1.png","a""b","x\ny",0.25,0.75\n',
  );
});
