// The estimate of a step's memory, verified against the use of actual steps.

import { describe, expect, it } from "vitest";

import { checkBatch, enableTraining, stepBytes } from "./index.ts";
import { ARCHITECTURES } from "./testing/architectures.ts";
import { bytesOf } from "./testing/numbers.ts";
import { layers as tfLayers, tf } from "./testing/tensorflow.ts";

const { layers, sequential } = tfLayers;

/** Much memory before pooling, and batch normalization. */
function convolutional(): tfLayers.LayersModel {
  return sequential({
    layers: [
      layers.conv2d({ inputShape: [98, 98, 1], filters: 32, kernelSize: 3, activation: "relu" }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.batchNormalization({}),
      layers.conv2d({ filters: 64, kernelSize: 3, activation: "relu" }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.batchNormalization({}),
      layers.flatten(),
      layers.dense({ units: 3, activation: "softmax" }),
    ],
  });
}

/** Hardly anything but weights. */
function dense(): tfLayers.LayersModel {
  return sequential({
    layers: [
      layers.dense({ inputShape: [256], units: 2048, activation: "relu" }),
      layers.dense({ units: 2048, activation: "relu" }),
    ],
  });
}

/** Tensors that are large enough to be deferred from about 11 samples on. */
function narrow(): tfLayers.LayersModel {
  return sequential({
    layers: [
      layers.dense({ inputShape: [64], units: 1500 }),
      ...["relu", "sigmoid", "tanh", "elu", "selu", "softplus", "relu6", "sigmoid"].map((activation) =>
        layers.activation({ activation: activation as "relu" }),
      ),
      layers.dense({ units: 3, activation: "softmax" }),
    ],
  });
}

/** Many small tensors. */
function recurrent(): tfLayers.LayersModel {
  return sequential({
    layers: [layers.lstm({ inputShape: [64, 128], units: 128 }), layers.dense({ units: 10, activation: "softmax" })],
  });
}

describe("the memory of a step", () => {
  it.each<[string, () => tfLayers.LayersModel, number]>([
    ["a convolutional network", convolutional, 16],
    ["dense layers", dense, 32],
    ["a network of tensors that a few samples would not defer", narrow, 512],
    ["a recurrent network", recurrent, 64],
    ...ARCHITECTURES.map(({ name, build }): [string, () => tfLayers.LayersModel, number] => [name, build, 96]),
  ])("of %s is enough, and not far too much", async (_, build, batch) => {
    // A heap that has not grown yet.
    tf.engine().reset();
    const training = await enableTraining();
    const model = build();
    model.compile({ optimizer: "adam", loss: "meanSquaredError" });
    const shapeOf = ([tensor]: readonly tfLayers.SymbolicTensor[]): number[] => [
      batch,
      ...((tensor?.shape ?? []).slice(1) as number[]),
    ];
    const [x, y] = [tf.ones(shapeOf(model.inputs)), tf.ones(shapeOf(model.outputs))];
    for (let step = 0; step < 3; step++) await model.trainOnBatch(x, y);
    const taken = training.heapBytes();
    const before = { ...tf.memory() };
    const weights = model.getWeights().map(bytesOf);
    const planned = stepBytes(model, batch, training);
    expect(planned / taken).toBeGreaterThan(1);
    expect(planned / taken).toBeLessThan(1.5);
    expect(tf.memory()).toEqual(before);
    expect(model.getWeights().every((each, index) => bytesOf(each).equals(weights[index] as Buffer))).toBe(true);
  });

  it("of a batch that does not fit is an error, which names the largest that does", async () => {
    const { peakBytes } = await enableTraining();
    const model = convolutional();
    const backend = { heapLimit: 2 ** 28, peakBytes };
    let message = "";
    try {
      checkBatch(model, 1000, backend);
    } catch (error) {
      expect(error).toMatchObject({ name: "TrainingWasmError", code: "BATCH_TOO_LARGE" });
      message = String(error);
    }
    const largest = Number(/Use a batch of (\d+) or less/.exec(message)?.[1]);
    expect(() => checkBatch(model, largest, backend)).not.toThrow();
    expect(() => checkBatch(model, largest + 1, backend)).toThrow(`a batch of ${largest + 1} may need`);
    expect(() => checkBatch(model, 1, { heapLimit: 2 ** 20, peakBytes })).toThrow(
      "Use smaller pictures, or a smaller network.",
    );
  });
});
