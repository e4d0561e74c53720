// Imported models as runs: what evaluates, lists and continues runs accepts them, and nothing takes them for runs that were trained.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { memory } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";

import { emptyFolder, photographs, writeFiles } from "../testing/folders.ts";
import { folderForAllTests } from "../testing/striped-classes.ts";
import { startBackend } from "./backends/start.ts";
import { evaluate } from "./evaluate.ts";
import { exportModel } from "./export.ts";
import { readConfig } from "./files/run-folder.ts";
import { importModel } from "./import-model.ts";
import { listRuns } from "./list-runs.ts";
import { Predictor } from "./predictor.ts";
import { readResults } from "./run-results.ts";
import { train } from "./train.ts";
import { evaluated } from "../testing/predictions.ts";

const folder = folderForAllTests();
const source = join(folder, "photos");
const model = join(folder, "chain.keras");
const run = join(folder, "imported");

const LABELS = ["bus", "car", "tram"];

/** For pictures of 10 x 12 in colors. */
const SETTINGS = { labels: LABELS, input: "rgb" } as const;

const SEEN = { size: { width: 10, height: 12 }, recipe: { name: "compact", input: "rgb" }, batch: 5 } as const;

beforeAll(async () => {
  const golden = readFileSync(new URL("../../golden/keras.json", import.meta.url), "utf8");
  const [chain] = (JSON.parse(golden) as { readonly cases: readonly { readonly keras: string }[] }).cases;
  writeFileSync(model, Buffer.from(chain?.keras ?? "", "base64"));
  writeFiles(source, await photographs(LABELS, 12));
  await startBackend("wasm");
  await importModel({ ...SETTINGS, model, run });
});

describe("a model of Keras 3", () => {
  it("becomes a run that says where it comes from, and has neither history nor results", async () => {
    const config = await readConfig(run);
    expect(config).toMatchObject({
      imported: { file: "chain.keras", library: "Keras 3.15.1" },
      network: "imported",
      source: "chain.keras",
      epochs: 0,
      counts: { train: [0, 0, 0], val: [0, 0, 0], test: [0, 0, 0] },
    });
    expect(await readResults(run)).toEqual({ config, history: [], test: null });
    expect(await listRuns([run])).toMatchObject([{ state: "imported", run, epochsDone: 0, test: null }]);
  });

  it("classifies photographs, and is evaluated on all of them", async () => {
    const { numTensors } = memory();
    const predictor = await Predictor.load(run);
    const classified = await predictor.classify(join(source, "bus/000.png"));
    predictor.dispose();
    expect(classified).toMatchObject({
      classes: expect.arrayContaining([{ label: "bus", probability: expect.any(Number) }]),
    });
    const { chosen, learned, metrics } = await evaluate({ run, source });
    expect({ chosen, learned, pictures: metrics.pictures }).toEqual({ chosen: "all", learned: 0, pictures: 36 });
    expect(memory().numTensors).toBe(numTensors);
  });

  it("has the same predictions after export and import", async () => {
    const [out, again] = [emptyFolder(), join(emptyFolder(), "again")];
    for (const format of ["keras", "tfjs"] as const) {
      await exportModel({ run, format, out });
      const file = join(out, format === "keras" ? "model.keras" : "model.json");
      const { description } = await importModel({ model: file, run: join(again, format) });
      expect(description).toMatchObject({ labels: LABELS, input: "rgb", provenance: { backend: "Keras 3.15.1" } });
      const [first, second] = [await evaluated({ run, source }), await evaluated({ run: join(again, format), source })];
      expect(second.predictions).toEqual(first.predictions);
    }
  });

  it("is trained further, with a new last layer for other classes, and the training is resumed without it being named", async () => {
    const [same, other] = [emptyFolder(), emptyFolder()];
    const { config } = await train({ ...SEEN, source, run: same, init: run, epochs: 1 });
    expect(config).toMatchObject({ network: "imported", init: { run } });
    expect((await readResults(same)).test).not.toBeNull();
    const resumed = await train({ ...SEEN, source, run: same, resume: true, epochs: 2 });
    expect(resumed.history).toHaveLength(2);

    const two = emptyFolder();
    writeFiles(two, await photographs(["left", "right"], 12));
    const { config: ofTwo } = await train({ ...SEEN, source: two, run: other, init: run, epochs: 1 });
    expect(ofTwo).toMatchObject({ network: "imported", dataset: { labels: ["left", "right"] } });
  });

  it("is not trained on pictures of another size", async () => {
    const size = { width: 16, height: 16 };
    await expect(train({ ...SEEN, size, source, run: join(emptyFolder(), "run"), init: run })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/^Expected pictures of 10 x 12 with 3 channels.* received 16 x 16/),
      hint: expect.stringContaining("--size 10x12"),
    });
  });

  it("is neither resumed nor replaced by a training", async () => {
    const before = readFileSync(join(run, "config.json"));
    await expect(train({ ...SEEN, source, run, resume: true })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(train({ source, run, epochs: 1 })).rejects.toMatchObject({ code: "RUN_EXISTS" });
    await expect(importModel({ ...SETTINGS, model, run })).rejects.toMatchObject({ code: "RUN_EXISTS" });
    expect(readFileSync(join(run, "config.json")).equals(before)).toBe(true);
    expect(readdirSync(join(run, "model"))).toHaveLength(2);
  });
});

describe("a model that cannot be imported", () => {
  it.each([
    ["of another kind of file", "model.h5", "INVALID_ARGUMENT", {}],
    ["that does not exist", "none.keras", "MODEL_NOT_FOUND", SETTINGS],
    ["that is damaged", "damaged.keras", "MODEL_DAMAGED", SETTINGS],
    ["without labels", "chain.keras", "INVALID_ARGUMENT", { input: "rgb" }],
  ] as const)("leaves no folder behind: one %s", async (_, name, code, settings) => {
    writeFileSync(join(folder, "damaged.keras"), readFileSync(model).subarray(0, 3000));
    const out = join(emptyFolder(), "deep", "run");
    await expect(importModel({ ...settings, model: join(folder, name), run: out })).rejects.toMatchObject({ code });
    expect(existsSync(join(out, ".."))).toBe(false);
  });

  it("leaves no folder behind if that cannot be written", async () => {
    const file = join(emptyFolder(), "file");
    writeFileSync(file, "");
    await expect(importModel({ ...SETTINGS, model, run: join(file, "run") })).rejects.toMatchObject({
      code: "OUTPUT_UNWRITABLE",
    });
  });
});
