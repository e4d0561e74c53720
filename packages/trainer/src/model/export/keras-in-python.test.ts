// Every network that is exported to Keras 3, in Keras itself: it loads it without a warning, predicts the same, and what it saves again is
// imported with the same outputs.

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { tensor, type Tensor } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { compactNetwork } from "../../network/compact-network.ts";
import { referenceNetwork } from "../../network/reference-network.ts";
import { backendForLayers } from "../../testing/custom-networks.ts";
import { KERAS_NETWORKS, misbuilt, randomized } from "../../testing/keras-networks.ts";
import { Generator } from "../../values/generator.ts";
import { decodeKeras, encodeKeras } from "../keras/model-file.ts";

/** A Python with Keras, if setup found one. */
const PYTHON = process.env["SILHOUETTE_EXPORTS"];

const RUNNER = fileURLToPath(new URL("../../testing/run_keras.py", import.meta.url));

/** Largest difference of a probability. */
const TOLERANCE = 1e-5;

const PICTURES = 3;

/** A network that Keras rebuilds and TensorFlow.js does not. */
const MISBUILT = "models called in another order";

const NETWORKS = new Map<string, () => LayersModel>([
  [
    "the compact network",
    () => compactNetwork({ width: 33, height: 18, channels: 2, classes: 3 }, Generator.ofSeed(1)),
  ],
  ["the reference network", () => referenceNetwork({ width: 96, height: 95, classes: 3 }, Generator.ofSeed(1))],
  [MISBUILT, misbuilt],
  ...KERAS_NETWORKS.expressible,
]);

/** What Keras says of a network. */
interface Answer {
  readonly values: readonly number[];
  /** By `predict`, of the networks of recipes. */
  readonly predicted?: readonly number[];
  /** Of a step of `fit`, of the networks of recipes. */
  readonly loss?: number;
}

interface Pixels {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

const expected = new Map<string, { readonly pixels: Pixels; readonly values: readonly number[] }>();
let answers: Readonly<Record<string, Answer>> = {};
let folder: string;

function outputs(network: LayersModel, { shape, values }: Pixels): readonly number[] {
  const pictures = tensor([...values], [...shape]);
  const result = network.predict(pictures) as Tensor;
  const all = [...result.dataSync()];
  pictures.dispose();
  result.dispose();
  return all;
}

/** The largest difference; NaN if there are more or fewer values. */
function difference(received: readonly number[] | undefined, values: readonly number[]): number {
  if (received?.length !== values.length) return Number.NaN;
  return Math.max(...values.map((each, index) => Math.abs(each - (received[index] ?? Number.NaN))));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "keras-in-python-"));
  if (PYTHON === undefined) return;
  await backendForLayers();
  for (const [name, make] of NETWORKS) {
    const network = randomized(make(), 7);
    const generator = Generator.ofSeed(5);
    const shape = [PICTURES, ...(network.inputs[0]?.shape.slice(1) ?? []).map(Number)];
    const size = shape.reduce((product, side) => product * side, 1);
    // Embeddings take whole numbers.
    const pixels = { shape, values: Array.from({ length: size }, () => Number(generator.uniform() < 0.5)) };
    expected.set(name, { pixels, values: outputs(network, pixels) });
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "model.keras"), await encodeKeras(network, {}));
    writeFileSync(join(folder, name, "pixels.json"), JSON.stringify(pixels));
    network.dispose();
  }
  const { stdout } = await promisify(execFile)(PYTHON, [RUNNER, folder], { maxBuffer: 2 ** 28 });
  answers = JSON.parse(stdout) as typeof answers;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!PYTHON)("in Keras 3 (where SILHOUETTE_EXPORTS names a Python that has it)", () => {
  it("every network predicts what it does here", () => {
    const different = [...expected].flatMap(([name, { values }]) => {
      const by = difference(answers[name]?.values, values);
      return by <= TOLERANCE ? [] : [{ name, by }];
    });
    expect(different).toEqual([]);
    expect(Object.keys(answers)).toHaveLength(NETWORKS.size);
  });

  it.each(["the compact network", "the reference network"])(
    "%s is predicted with, and trained once it is compiled",
    (name) => {
      const { predicted, loss } = answers[name] ?? {};
      expect(difference(predicted, expected.get(name)?.values ?? [])).toBeLessThanOrEqual(TOLERANCE);
      expect(loss).toBeGreaterThan(0);
    },
  );

  it("every network has the same outputs once Keras has saved it again and it is imported", async () => {
    for (const [name, { pixels, values }] of expected) {
      const again = readFileSync(join(folder, name, "again.keras"));
      if (name === MISBUILT) {
        await expect(decodeKeras(again)).rejects.toThrow("cannot rebuild the order");
        continue;
      }
      const { network } = await decodeKeras(again);
      expect({ name, values: outputs(network, pixels) }).toEqual({ name, values });
      network.dispose();
    }
  });
});
