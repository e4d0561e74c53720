// What a network looked at: that it is Grad-CAM as PyTorch's gradients give it, and CAM where they are the same.

import { readFileSync } from "node:fs";

import { input, layers, model, sequential, type LayersModel } from "@tensorflow/tfjs-layers";
import { memory, tensor, tensor4d, type Tensor4D, type Variable } from "@tensorflow/tfjs-core";
import { describe, expect, it, onTestFinished } from "vitest";

import { startBackend } from "../node/backends/start.ts";
import { BACKENDS_HERE } from "../testing/backends.ts";
import { Generator } from "../values/generator.ts";
import { Classifier } from "./classifier.ts";
import { compactNetwork } from "./compact-network.ts";
import { referenceNetwork } from "./reference-network.ts";

/** `attention.json`: see golden/make_attention.py. */
interface Golden {
  readonly cases: readonly {
    readonly network: "Flattened" | "Averaged";
    /** All weights, in the order of the layers. */
    readonly weights: readonly number[][];
    readonly pictures: number[];
    readonly side: number;
    readonly channels: number;
    /** The class of each picture. */
    readonly classes: readonly number[];
    readonly rows: number;
    readonly columns: number;
    /** Of each picture. */
    readonly maps: readonly (readonly number[])[];
  }[];
}

const { cases } = JSON.parse(readFileSync(new URL("../../golden/attention.json", import.meta.url), "utf8")) as Golden;

const NETWORKS = {
  Flattened: (inputShape: number[]) => [
    layers.conv2d({ inputShape, filters: 4, kernelSize: 3, activation: "relu" }),
    layers.maxPooling2d({ poolSize: 2, strides: 2 }),
    layers.batchNormalization(),
    layers.dropout({ rate: 0.5 }),
    layers.flatten(),
    layers.dense({ units: 8, activation: "relu" }),
    layers.dropout({ rate: 0.5 }),
    layers.dense({ units: 3, activation: "softmax" }),
  ],
  Averaged: (inputShape: number[]) => [
    layers.conv2d({ inputShape, filters: 4, kernelSize: 3, padding: "same", useBias: false }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.batchNormalization(),
    layers.activation({ activation: "relu" }),
    layers.conv2d({ filters: 6, kernelSize: 3, padding: "same", useBias: false }),
    layers.batchNormalization(),
    layers.activation({ activation: "relu" }),
    layers.globalAveragePooling2d({}),
    layers.dropout({ rate: 0.2 }),
    layers.dense({ units: 3, activation: "softmax" }),
  ],
} as const;

async function classifierOf(network: LayersModel): Promise<Classifier> {
  onTestFinished(() => void network.dispose());
  return new Classifier(network, await startBackend("wasm"));
}

/** Pictures of noise, -1 to 1, disposed of after the test. */
function noise(shape: Tensor4D["shape"]): Tensor4D {
  const generator = Generator.ofSeed(5);
  const values = Float32Array.from(
    { length: shape.reduce((all, each) => all * each, 1) },
    () => 2 * generator.uniform() - 1,
  );
  const pictures = tensor4d(values, shape);
  onTestFinished(() => pictures.dispose());
  return pictures;
}

describe.each(BACKENDS_HERE)("attention on %s", (name) => {
  it.each(cases)("is PyTorch's Grad-CAM: $network", async (golden) => {
    const { side, channels, classes, rows, columns } = golden;
    const backend = await startBackend(name);
    const network = sequential({ layers: [...NETWORKS[golden.network]([side, side, channels])] });
    const pictures = tensor4d(golden.pictures, [classes.length, side, side, channels]);
    onTestFinished(() => {
      network.dispose();
      pictures.dispose();
    });
    const variables = network.layers.flatMap((layer) => layer.weights.map((weight) => weight.read() as Variable));
    expect(variables).toHaveLength(golden.weights.length);
    for (const [index, variable] of variables.entries()) {
      const values = tensor(golden.weights[index] ?? [], variable.shape);
      variable.assign(values);
      values.dispose();
    }
    const classifier = new Classifier(network, backend);
    const before = memory().numTensors;
    const maps = classifier.attention(pictures, classes) ?? [];
    expect(memory().numTensors).toBe(before);
    expect(maps).toHaveLength(classes.length);
    for (const [index, map] of maps.entries()) {
      expect(map).toMatchObject({ rows, columns });
      const expected = golden.maps[index] ?? [];
      expect(map.values).toHaveLength(expected.length);
      for (const [place, value] of expected.entries()) expect(map.values[place]).toBeCloseTo(value, 4);
    }
  });
});

describe("attention", () => {
  it("is the class activation map where the map is averaged: channels weighted by the dense layer", async () => {
    const network = compactNetwork({ width: 64, height: 48, channels: 2, classes: 3 }, Generator.ofSeed(1));
    const classifier = await classifierOf(network);
    const pictures = noise([2, 48, 64, 2]);
    const [, second] = classifier.attention(pictures, [0, 2]) ?? [];
    const maps = model({ inputs: network.inputs, outputs: network.layers.at(-3)?.input as (typeof network.inputs)[0] });
    const map = maps.predict(pictures) as Tensor4D;
    const [kernel] = network.layers.at(-1)?.getWeights() ?? [];
    const [values, weights] = [await map.array(), (await kernel?.array()) as number[][]];
    map.dispose();
    const sums = (values[1] ?? []).flatMap((row) =>
      row.map((place) =>
        Math.max(
          0,
          place.reduce((sum, each, channel) => sum + each * (weights[channel]?.[2] ?? 0), 0),
        ),
      ),
    );
    const most = Math.max(...sums);
    expect(most).toBeGreaterThan(0);
    expect(second).toMatchObject({ rows: 3, columns: 4 });
    for (const [place, sum] of sums.entries()) expect(second?.values[place]).toBeCloseTo(sum / most, 5);
  });

  it("has a value for each place of the last map of the article's network", async () => {
    const classifier = await classifierOf(
      referenceNetwork({ width: 188, height: 156, classes: 3 }, Generator.ofSeed(1)),
    );
    const [map] = classifier.attention(noise([1, 156, 188, 1]), [1]) ?? [];
    expect(map).toMatchObject({ rows: 2, columns: 3 });
    expect(map?.values).toHaveLength(6);
  });

  it("is nothing for a network without a map of several places", async () => {
    const last = layers.dense({ units: 2, activation: "softmax" });
    const flat = await classifierOf(sequential({ layers: [layers.flatten({ inputShape: [8, 8, 1] }), last] }));
    expect(flat.attention(noise([1, 8, 8, 1]), [0])).toBeUndefined();
    const single = referenceNetwork({ width: 94, height: 94, classes: 2 }, Generator.ofSeed(1));
    expect((await classifierOf(single)).attention(noise([1, 94, 94, 1]), [0])).toBeUndefined();
  });

  it("is all 0 where nothing speaks for a class", async () => {
    const network = sequential({
      layers: [
        layers.conv2d({ inputShape: [8, 8, 1], filters: 2, kernelSize: 3, activation: "relu" }),
        layers.globalAveragePooling2d({}),
        layers.dense({ units: 2, activation: "softmax", kernelInitializer: "zeros" }),
      ],
    });
    const [map] = (await classifierOf(network)).attention(noise([1, 8, 8, 1]), [1]) ?? [];
    expect(map?.values).toEqual(new Float32Array(36));
  });

  it("looks into a model with branches, up to the last layers in a row", async () => {
    const pictures = input({ shape: [16, 16, 1] });
    const first = layers.conv2d({ filters: 4, kernelSize: 3, padding: "same", activation: "relu" }).apply(pictures);
    const second = layers.conv2d({ filters: 4, kernelSize: 3, padding: "same" }).apply(first);
    const map = layers.add().apply([first, second] as never) as never;
    const averaged = layers.globalAveragePooling2d({}).apply(map);
    const outputs = layers.dense({ units: 2, activation: "softmax" }).apply(averaged) as never;
    const classifier = await classifierOf(model({ inputs: pictures, outputs }));
    const [found] = classifier.attention(noise([1, 16, 16, 1]), [1]) ?? [];
    expect(found).toMatchObject({ rows: 16, columns: 16 });
  });
});
