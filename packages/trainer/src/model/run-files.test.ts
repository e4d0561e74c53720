// Runs of pages as files: those that the command line writes, byte for byte, and reads.

import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { beforeAll, describe, expect, it } from "vitest";

import {
  Classifier,
  configOf,
  Dataset,
  evaluatePictures,
  LearnedPictures,
  PictureSet,
  RECIPES,
  RunEncoder,
  RunReader,
  RUN_FILES,
  startWasm,
  TrainingSession,
  type Backend,
  type Pictures,
  type RunConfig,
  type RunFile,
  type TrainingResult,
} from "../browser.ts";
import { readResults } from "../node/run-results.ts";
import { train } from "../node/train.ts";
import type { TrainSummary } from "../node/train-options.ts";
import { CONFIG } from "../testing/run-files.ts";
import { folderForAllTests, stripedPhotographs } from "../testing/striped-classes.ts";
import { writeFiles } from "../testing/folders.ts";
import { encodeConfig } from "../training/run-config.ts";
import { joined } from "../values/checksum.ts";
import { textBytes } from "../values/files.ts";
import { evaluated } from "../testing/predictions.ts";

const folder = folderForAllTests();
const source = join(folder, "photos");
const [ofNode, ofPage] = [join(folder, "node"), join(folder, "page")];

const SIZE = { width: 32, height: 32 };

/** Of the run that `train` writes. */
let summary: TrainSummary;
/** Of the run that a page's code writes. */
let page: {
  readonly backend: Backend;
  readonly pictures: Pictures;
  readonly result: TrainingResult;
  readonly config: RunConfig;
};

beforeAll(async () => {
  writeFiles(source, await stripedPhotographs(["a", "b"], 30));
  const options = { source, size: SIZE, epochs: 2, batch: 8, seed: 3, backend: "wasm" } as const;
  summary = await train({ ...options, run: ofNode });
  page = await trainedAsInPages(summary.config, readFileSync(join(ofNode, RUN_FILES.dataset)));
});

/** Trains with the browser's API alone, and writes the files. */
async function trainedAsInPages({ created }: RunConfig, bytes: Uint8Array<ArrayBuffer>): Promise<typeof page> {
  const dataset = await Dataset.open(bytes);
  const { recipe, network } = RECIPES.compact;
  const pictures = await PictureSet.bySplit(dataset, { input: recipe.input });
  const backend = await startWasm();
  const { description } = dataset;
  const settings = { epochs: 2, batch: 8, seed: 3, recipe, network };
  const config = { ...configOf({ source, dataset: description, pictures, backend, ...settings }), created };
  const encoder = new RunEncoder(config);
  const session = await TrainingSession.of(config, pictures, backend);
  writeTo(ofPage, [{ path: RUN_FILES.dataset, what: "the dataset", content: [bytes] }]);
  writeTo(ofPage, encoder.start(LearnedPictures.of(pictures)));
  try {
    const result = await session.run({
      onEpoch: async (epoch) => writeTo(ofPage, await encoder.epoch(epoch)),
      onCheckpoint: async (checkpoint) => writeTo(ofPage, encoder.checkpoint(checkpoint)),
      onPredictions: (predictions) => encoder.predictions(predictions),
    });
    writeTo(ofPage, encoder.result(result));
    return { backend, pictures, result, config };
  } finally {
    session.dispose();
  }
}

function writeTo(run: string, files: readonly RunFile[]): void {
  for (const { path, content } of files) {
    mkdirSync(dirname(join(run, path)), { recursive: true });
    writeFileSync(join(run, path), joined(content));
  }
}

/** All files of a run by path, with `/`; of the models, those that model.json names. */
function filesOf(run: string): Map<string, Uint8Array> {
  const paths = readdirSync(run, { recursive: true, encoding: "utf8" }).map((path) => path.replaceAll("\\", "/"));
  const files = paths.filter((path) => statSync(join(run, path)).isFile() && !/(^|\/)\./.test(path));
  const models = new Map(
    [RUN_FILES.model, RUN_FILES.bestModel].map((model) => [
      model,
      readFileSync(join(run, model, "model.json"), "utf8"),
    ]),
  );
  return new Map(
    files
      .filter((path) => !path.endsWith(".bin") || models.get(dirname(path) as "model")?.includes(path.slice(-20)))
      .map((path) => [path, new Uint8Array(readFileSync(join(run, path)))]),
  );
}

/** A model.json without the numbers that TensorFlow.js gives layers in the order in which a process makes them. */
function unnumbered(json: Uint8Array | undefined): string {
  return Buffer.from(json ?? [])
    .toString()
    .replaceAll(/(_[A-Z]\w*[A-Za-z])\d+(?=["/])/g, "$1")
    .replaceAll(/"crc32":"\w+"/g, "");
}

const readerOf = (files: ReadonlyMap<string, Uint8Array>): RunReader =>
  new RunReader({ name: "run.zip", read: (path) => files.get(path) });

describe("a run of a page", () => {
  it("has the files that train() writes, which differ in nothing but times", () => {
    const [expected, files] = [filesOf(ofNode), filesOf(ofPage)];
    expect([...files.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
    const { history, historyTable, trainEvents, validationEvents } = RUN_FILES;
    const models = [RUN_FILES.model, RUN_FILES.bestModel].map((model) => `${model}/model.json`);
    const compared = new Set<string>([history, historyTable, trainEvents, validationEvents, ...models]);
    for (const [path, bytes] of files) {
      const isSame = compared.has(path) || Buffer.from(bytes).equals(expected.get(path) ?? Buffer.alloc(0));
      expect({ path, isSame }).toEqual({ path, isSame: true });
    }
    for (const model of models) expect(unnumbered(files.get(model))).toBe(unnumbered(expected.get(model)));
    const text = (run: string, path: string): string => readFileSync(join(run, path), "utf8");
    const untimed = (run: string) => [
      text(run, history).replaceAll(/"seconds": .*/g, ""),
      text(run, historyTable).replaceAll(/,[^,\n]*$/gm, ""),
    ];
    expect(untimed(ofPage)).toEqual(untimed(ofNode));
    expect(files.get(trainEvents)?.length).toBe(expected.get(trainEvents)?.length);
  });

  it("is read by readResults(), and evaluated with the same numbers", async () => {
    const { test, history } = await readResults(ofPage);
    expect(history).toEqual(page.result.history);
    expect(test?.metrics).toEqual(page.result.metrics);
    const evaluation = await evaluated({ run: ofPage, source, backend: "wasm" });
    expect(evaluation).toMatchObject({ chosen: "test", metrics: page.result.metrics, examples: page.result.examples });
    expect(evaluation.predictions).toMatchObject(test?.predictions ?? []);
  });

  it("is resumed by train(), after its last epoch", async () => {
    const three = join(folder, "three");
    writeFiles(three, Object.fromEntries(filesOf(ofPage)));
    const resumed = await train({ source, run: three, resume: true, epochs: 3, backend: "wasm" });
    expect(resumed.metrics.pictures).toBe(page.result.metrics.pictures);
    expect(resumed.history.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
  });
});

describe("RunReader", () => {
  it("reads a run of train() from its files, as readResults() does", async () => {
    const reader = readerOf(filesOf(ofNode));
    expect(await reader.results()).toEqual(await readResults(ofNode));
    expect((await reader.checkpoint()).epoch).toBe(2);
    const { network, description } = await reader.model();
    try {
      const { test } = page.pictures;
      const { loss } = await evaluatePictures(new Classifier(network, page.backend), test, {
        batch: 8,
        views: description.views,
      });
      expect(loss).toBe(summary.metrics.loss);
    } finally {
      network.dispose();
    }
    const best = await reader.model("model-best");
    expect(best.description.provenance.epoch).toBe(summary.bestEpoch);
    best.network.dispose();
    const learned = await reader.learned();
    expect(page.pictures.train.filter((picture) => !learned.has(picture)).size).toBe(0);
    expect(page.pictures.test.filter((picture) => learned.has(picture)).size).toBe(0);
  });

  it("reads an unfinished run, which has neither history nor test", async () => {
    const reader = readerOf(new Map([[RUN_FILES.config, textBytes(encodeConfig(CONFIG))]]));
    expect(await reader.results()).toEqual({ config: CONFIG, history: [], test: null });
    await expect(reader.checkpoint()).rejects.toMatchObject({ code: "CHECKPOINT_NOT_FOUND" });
    await expect(reader.model()).rejects.toMatchObject({
      code: "MODEL_NOT_FOUND",
      message: "Expected a model in run.zip/model, but its model.json does not exist",
    });
    await expect(reader.learned()).rejects.toMatchObject({ code: "RUN_DAMAGED" });
  });

  it("says what archives hold that are not of a run", async () => {
    await expect(readerOf(new Map()).results()).rejects.toMatchObject({
      code: "RUN_NOT_FOUND",
      message: "Expected a run in run.zip, but its config.json does not exist",
    });
    const folds = readerOf(new Map([["cross-validation.json", textBytes("{}")]]));
    for (const read of [folds.config(), folds.history(), folds.results()]) {
      await expect(read).rejects.toMatchObject({
        code: "RUN_NOT_FOUND",
        message: expect.stringContaining("a cross-validation") as string,
      });
    }
  });

  it.each<[string, string, string, (text: string) => string]>([
    ["another batch", RUN_FILES.config, "RUN_DAMAGED", (text) => text.replace('"batch": 8', '"batch": 9')],
    [
      "another version",
      RUN_FILES.config,
      "RUN_VERSION",
      (text) => text.replace(/"formatVersion": \d/, '"formatVersion": 1'),
    ],
    ["a lost epoch", RUN_FILES.history, "RUN_DAMAGED", () => "[{}]"],
    ["text for metrics", RUN_FILES.metrics, "RUN_DAMAGED", () => "good"],
    ["other predictions", RUN_FILES.predictions, "RUN_DAMAGED", (text) => text.trimEnd().replace(/\n.*$/, "\n")],
    ["no predictions", RUN_FILES.predictions, "RUN_DAMAGED", () => ""],
    ["a changed model", `${RUN_FILES.model}/model.json`, "MODEL_DAMAGED", (text) => text.replace('"a"', '"c"')],
    ["a changed checkpoint", RUN_FILES.checkpoint, "CHECKPOINT_DAMAGED", (text) => text.replace("order", "ordre")],
  ])("refuses a run with %s", async (_, path, code, change) => {
    const files = filesOf(ofNode);
    const before = Buffer.from(files.get(path) ?? []).toString("latin1");
    files.set(path, new Uint8Array(Buffer.from(change(before), "latin1")));
    const reader = readerOf(files);
    const reads = async (): Promise<void> => {
      await reader.results();
      await reader.checkpoint();
      (await reader.model()).network.dispose();
    };
    await expect(reads()).rejects.toMatchObject({ code, message: expect.stringContaining("run.zip") as string });
  });

  it("says why a file cannot be read", async () => {
    const reader = new RunReader({
      name: "run.zip",
      read: (path) =>
        path === RUN_FILES.config ? textBytes(encodeConfig(CONFIG)) : Promise.reject(new Error("no permission")),
    });
    await expect(reader.results()).rejects.toMatchObject({
      code: "RUN_DAMAGED",
      message: "Expected run.zip/history.json as silhouette wrote it, but it cannot be opened (Error: no permission)",
    });
  });
});
