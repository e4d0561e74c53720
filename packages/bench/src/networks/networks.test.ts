// The networks have the parameters that were published, and the work that they do is the same on every backend.

import { enableTraining } from "@silhouette/training-wasm";
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it } from "vitest";

import { startTensorflow } from "../measure/tensorflow-backends.ts";
import { agreement } from "./answers.ts";
import { lstm } from "./architectures/lstm.ts";
import { denseHead, mobileNetV2, mobileNetV2Features } from "./architectures/mobilenet-v2.ts";
import { resNet18 } from "./architectures/resnet-18.ts";
import { transformerBlock } from "./architectures/transformer.ts";
import { uNet } from "./architectures/u-net.ts";
import { NETWORKS, USES, type Network } from "./networks.ts";
import { workOf } from "./work.ts";

beforeAll(async () => {
  await enableTraining({ threads: 1 });
});

describe("a network", () => {
  const counted = (model: LayersModel) => {
    const count = (weights: LayersModel["weights"]): number =>
      weights.reduce((sum, { shape }) => sum + tf.util.sizeFromShape(shape as number[]), 0);
    const counts = { all: count(model.weights), trainable: count(model.trainableWeights) };
    model.dispose();
    return counts;
  };

  it("has as many parameters as Keras' MobileNetV2 1.0, with and without its 1000 classes", () => {
    expect(counted(mobileNetV2(224, 1000))).toEqual({ all: 3_538_984, trainable: 3_504_872 });
    expect(counted(mobileNetV2Features(96))).toEqual({ all: 2_257_984, trainable: 2_223_872 });
  });

  it("has as many as torchvision's ResNet-18 of 1000 classes, which counts no moving means and variances", () => {
    expect(counted(resNet18(64, 1000)).trainable).toBe(11_689_512);
  });

  it("has as many as follow from the shapes of its layers", () => {
    const conv = (size: number, inputs: number, outputs: number): number => size ** 2 * inputs * outputs + outputs;
    const twice = (inputs: number, outputs: number): number => conv(3, inputs, outputs) + conv(3, outputs, outputs);
    const down = twice(1, 16) + twice(16, 32) + twice(32, 64);
    const up = conv(2, 64, 32) + twice(64, 32) + conv(2, 32, 16) + twice(32, 16);
    expect(counted(uNet(128)).all).toBe(down + up + conv(1, 16, 1));
    const dense = (inputs: number, outputs: number): number => (inputs + 1) * outputs;
    // Four gates.
    expect(counted(lstm(32, 64, 10)).all).toBe(4 * dense(64 + 64, 64) + dense(64, 10));
    // Queries, keys, values and their way out; the hidden layer; three normalizations.
    const block = 4 * dense(128, 128) + dense(128, 512) + dense(512, 128) + 3 * 2 * 128;
    expect(counted(transformerBlock(64, 128, 10)).all).toBe(block + dense(128, 10));
    expect(counted(denseHead(3)).all).toBe(dense(1280, 100) + 100 * 3);
  });
});

/** Small enough for the backend in JavaScript. Batches of two have too few pixels for deep batch normalization in training. */
const SMALL: readonly Network[] = (
  [
    [
      "head on a frozen MobileNetV2",
      [32, 32, 3],
      "class",
      () => ({ frozen: mobileNetV2Features(32), trained: denseHead(3) }),
    ],
    ["U-Net", [8, 8, 1], "pixels", () => ({ trained: uNet(8) })],
    ["LSTM", [4, 6], "class", () => ({ trained: lstm(4, 6, 3) })],
    ["Transformer block", [5, 8], "class", () => ({ trained: transformerBlock(5, 8, 3) })],
  ] as const
).map(([name, inputShape, target, build]) => ({ name, inputShape, target, build, uses: USES, batch: 2 }));

describe.each(SMALL)("the work of a $name", (network) => {
  it("gives the same answer whenever it is drawn, and another loss after a step", async () => {
    const [first, again] = [await workOf(network, "training").answer(), await workOf(network, "training").answer()];
    expect(again.values).toEqual(first.values);
    const { "first loss": [before] = [], "later loss": [after] = [], "gradient norms": norms = [] } = first.values;
    expect(before).toBeGreaterThan(0.1);
    expect(Math.abs((after ?? Number.NaN) - (before ?? Number.NaN))).toBeGreaterThan(1e-3);
    expect(norms.length).toBeGreaterThan(2);
    expect(norms.some((norm) => norm > 0.01)).toBe(true);
  });

  it("keeps no tensors from call to call", async () => {
    for (const use of USES) {
      const { call } = workOf(network, use);
      await call();
      const before = tf.memory().numTensors;
      await call();
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  it("gives the answer that TensorFlow.js' backend in JavaScript gives", async () => {
    const answers = async () => {
      const [training, inference] = [workOf(network, "training"), workOf(network, "inference")];
      return { ...(await training.answer()).values, ...(await inference.answer()).values };
    };
    const ours = await answers();
    await startTensorflow("tf.layers on cpu", 1);
    const expected = await answers();
    await tf.setBackend("wasm");
    expect(agreement(ours, expected)).toMatchObject({ difference: null });
    expect(new Set(ours.outputs).size).toBeGreaterThan(2);
  });
});

it("the batch and the shape of each network are those that its model takes", () => {
  for (const { build, inputShape } of NETWORKS) {
    const { frozen, trained } = build();
    expect((frozen ?? trained).inputs[0]?.shape.slice(1)).toEqual(inputShape);
    for (const model of [frozen, trained]) model?.dispose();
  }
});
