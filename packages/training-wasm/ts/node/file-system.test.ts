// Models saved to files and loaded from them.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import { enableTraining } from "../index.ts";
import { failure } from "../testing/failure.ts";
import { layers as tfl, tf } from "../testing/tensorflow.ts";
import { fileSystem } from "./index.ts";

let folder: string;
let model: tfl.Sequential;

beforeAll(async () => {
  await enableTraining({ threads: 1 });
  model = tfl.sequential();
  model.add(tfl.layers.conv2d({ inputShape: [4, 4, 1], filters: 2, kernelSize: 3, name: "seen" }));
  model.add(tfl.layers.flatten({ name: "flat" }));
  model.add(tfl.layers.dense({ units: 3, name: "said" }));
  model.compile({ optimizer: "adam", loss: "meanSquaredError" });
});
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "silhouette-file-system-"))));
afterAll(() => model.dispose());

const outputOf = (network: tfl.LayersModel): number[] =>
  tf.tidy(() => [...(network.predict(tf.ones([1, 4, 4, 1])) as tf.Tensor).dataSync()]);

describe("a model saved to a file:// address", () => {
  it("predicts the same after it is loaded, from a folder that did not exist, and with its optimizer", async () => {
    await model.fit(tf.ones([2, 4, 4, 1]), tf.ones([2, 3]), { epochs: 1, verbose: 0 });
    const { modelArtifactsInfo } = await model.save(`file://${folder}/cars/first`, { includeOptimizer: true });
    expect(readdirSync(join(folder, "cars", "first")).toSorted()).toEqual(["model.json", "weights.bin"]);
    const { length } = readFileSync(join(folder, "cars", "first", "weights.bin"));
    expect(modelArtifactsInfo.weightDataBytes).toBe(length);
    const loaded = await tfl.loadLayersModel(`file://${folder}/cars/first/model.json`);
    expect(outputOf(loaded)).toEqual(outputOf(model));
    const steps = async (network: tfl.LayersModel): Promise<unknown> =>
      (await network.fit(tf.ones([2, 4, 4, 1]), tf.ones([2, 3]), { epochs: 2, verbose: 0 })).history;
    expect(await steps(loaded)).toEqual(await steps(model));
    loaded.dispose();
  });

  it("may be named relative to the working directory, or as a handler", async () => {
    const path = relative(process.cwd(), folder);
    await model.save(`file://${path}`);
    const loaded = await tfl.loadLayersModel(fileSystem(join(path, "model.json")));
    expect(outputOf(loaded)).toEqual(outputOf(model));
    loaded.dispose();
  });

  it("has one handler, whoever else imports the package or has registered one: TensorFlow.js refuses two", async () => {
    vi.resetModules();
    await import("./index.ts");
    expect(tf.io.getSaveHandlers("file://model")).toHaveLength(1);
    expect(tf.io.getLoadHandlers("file://model/model.json")).toHaveLength(1);
    expect(tf.io.getLoadHandlers("https://example.com/file://model.json")).toHaveLength(1);
  });

  it("replaces another one, of more weights, and leaves no temporary files", async () => {
    const other = tfl.sequential({ layers: [tfl.layers.dense({ inputShape: [100], units: 100 })] });
    await other.save(`file://${folder}`);
    other.dispose();
    await model.save(`file://${folder}`);
    expect(readdirSync(folder).toSorted()).toEqual(["model.json", "weights.bin"]);
    const loaded = await tfl.loadLayersModel(`file://${folder}/model.json`);
    expect(outputOf(loaded)).toEqual(outputOf(model));
    loaded.dispose();
  });
});

describe("saving fails with OUTPUT_UNWRITABLE", () => {
  it("if the folder is a file, which it leaves alone", async () => {
    writeFileSync(join(folder, "taken"), "mine");
    await expect(model.save(`file://${folder}/taken`)).rejects.toThrow(failure("OUTPUT_UNWRITABLE", `${folder}/taken`));
    expect(readFileSync(join(folder, "taken"), "utf8")).toBe("mine");
  });

  it("if a file cannot be replaced, and removes its temporary files", async () => {
    mkdirSync(join(folder, "weights.bin", "full"), { recursive: true });
    await expect(model.save(`file://${folder}`)).rejects.toThrow(failure("OUTPUT_UNWRITABLE", folder));
    expect(readdirSync(folder)).toEqual(["weights.bin"]);
  });
});

describe("loading fails", () => {
  beforeEach(async () => {
    await model.save(`file://${folder}`);
  });
  const load = (path = "model.json"): Promise<tfl.LayersModel> => tfl.loadLayersModel(`file://${folder}/${path}`);
  const json = (): Record<string, unknown> =>
    JSON.parse(readFileSync(join(folder, "model.json"), "utf8")) as Record<string, unknown>;

  it("with MODEL_NOT_FOUND if the file does not exist, or is the folder", async () => {
    await expect(load("nothing.json")).rejects.toThrow(failure("MODEL_NOT_FOUND", `${folder}/nothing.json`));
    await expect(load("")).rejects.toThrow(failure("MODEL_NOT_FOUND", "Name the file in it"));
  });

  it("with MODEL_NOT_FOUND if its weights do not exist", async () => {
    rmSync(join(folder, "weights.bin"));
    await expect(load()).rejects.toThrow(failure("MODEL_NOT_FOUND", "weights.bin"));
  });

  it("with MODEL_DAMAGED if its weights are cut off, or are more", async () => {
    const path = join(folder, "weights.bin");
    const whole = readFileSync(path);
    truncateSync(path, whole.length - 4);
    await expect(load()).rejects.toThrow(
      failure("MODEL_DAMAGED", `${whole.length - 4} bytes instead of ${whole.length}`),
    );
    writeFileSync(path, Buffer.concat([whole, whole]));
    await expect(load()).rejects.toThrow(
      failure("MODEL_DAMAGED", `${2 * whole.length} bytes instead of ${whole.length}`),
    );
  });

  it("with MODEL_DAMAGED if model.json is cut off, or lists no weights", async () => {
    const path = join(folder, "model.json");
    const whole = readFileSync(path, "utf8");
    writeFileSync(path, whole.slice(0, -10));
    await expect(load()).rejects.toThrow(failure("MODEL_DAMAGED", "it is not JSON"));
    const { weightsManifest: _, ...others } = JSON.parse(whole) as Record<string, unknown>;
    for (const weightsManifest of [undefined, {}, [{}], [{ paths: ["weights.bin"], weights: [{ name: "a" }] }]]) {
      writeFileSync(path, JSON.stringify({ ...others, weightsManifest }));
      await expect(load()).rejects.toThrow(failure("MODEL_DAMAGED", "no list of weights"));
    }
  });

  it("not for weights that a converter has split into files, or made smaller", async () => {
    const whole = readFileSync(join(folder, "weights.bin"));
    writeFileSync(join(folder, "one.bin"), whole.subarray(0, 10));
    writeFileSync(join(folder, "two.bin"), whole.subarray(10));
    const changed = json();
    const [group] = changed["weightsManifest"] as [{ paths: string[] }];
    group.paths = ["one.bin", "two.bin"];
    writeFileSync(join(folder, "model.json"), JSON.stringify(changed));
    const split = await load();
    expect(outputOf(split)).toEqual(outputOf(model));
    split.dispose();

    const { weights } = (changed["weightsManifest"] as [{ weights: object[] }])[0];
    const quantized = weights.map((each) => ({ ...each, quantization: { scale: 0.1, min: 0, dtype: "uint8" } }));
    const weightsManifest = [{ paths: ["small.bin"], weights: quantized }];
    writeFileSync(join(folder, "small.bin"), new Uint8Array(whole.length / 4));
    writeFileSync(join(folder, "model.json"), JSON.stringify({ ...changed, weightsManifest }));
    const small = await load();
    expect(outputOf(small)).toEqual([0, 0, 0]);
    small.dispose();
  });
});
