// Training of whole networks: unchanged tf.layers, and steps that take no more memory than the first.

import { beforeAll, describe, expect, it } from "vitest";

import { batchNormInTraining, convReluMaxPool, enableTraining, type TrainingBackend } from "./index.ts";
import { bytesOf, generator, tensor } from "./testing/numbers.ts";
import { layers, tf } from "./testing/tensorflow.ts";

let training: TrainingBackend;
beforeAll(async () => {
  training = await enableTraining();
});

const CLASSES = 3;
const SAMPLES = 8;

/** Two blocks of the reference network, with a dense head. */
function smallModel(): layers.LayersModel {
  const initial = (seed: number) => layers.initializers.glorotUniform({ seed });
  const model = layers.sequential({
    layers: [
      layers.layers.conv2d({
        inputShape: [32, 32, 1],
        filters: 8,
        kernelSize: 3,
        activation: "relu",
        kernelInitializer: initial(1),
      }),
      layers.layers.maxPooling2d({ poolSize: 2 }),
      layers.layers.batchNormalization({}),
      layers.layers.conv2d({ filters: 16, kernelSize: 3, activation: "relu", kernelInitializer: initial(2) }),
      layers.layers.maxPooling2d({ poolSize: 2 }),
      layers.layers.batchNormalization({}),
      layers.layers.flatten(),
      layers.layers.dense({ units: 32, activation: "relu", kernelInitializer: initial(3) }),
      layers.layers.dropout({ rate: 0.2, seed: 4 }),
      layers.layers.dense({ units: CLASSES, activation: "softmax", kernelInitializer: initial(5) }),
    ],
  });
  model.compile({ optimizer: tf.train.adam(0.003), loss: "categoricalCrossentropy", metrics: ["accuracy"] });
  return model;
}

/** Pictures of noise, which can only be learnt by heart, and their classes. */
function samples(): { x: tf.Tensor4D; y: tf.Tensor2D } {
  const x = tensor<tf.Rank.R4>(generator(31), [SAMPLES, 32, 32, 1]);
  const classes = tf.tensor1d(
    Array.from({ length: SAMPLES }, (_, index) => index % CLASSES),
    "int32",
  );
  return { x, y: tf.oneHot(classes, CLASSES) as tf.Tensor2D };
}

describe("a tf.layers model", () => {
  it("overfits eight samples with model.fit, on kernels of the wasm backend alone", async () => {
    const model = smallModel();
    const { x, y } = samples();
    const options = { epochs: 30, batchSize: SAMPLES, shuffle: false, verbose: 0 as const };
    const { history } = await model.fit(x, y, options);
    const [losses, accuracies] = [history["loss"], history["acc"]] as [number[], number[]];
    expect(losses[0]).toBeGreaterThan(0.8);
    expect(losses.at(-1)).toBeLessThan(0.1);
    expect(accuracies.at(-1)).toBe(1);

    const { kernels } = await tf.profile(async () => {
      await model.trainOnBatch(x, y);
      return x;
    });
    // The others are operations with gradients of their own, which run kernels.
    const names = new Set(kernels.map(({ name }) => name).filter((name) => !name.endsWith("__op")));
    expect([...names]).toEqual(
      expect.arrayContaining(["Conv2DBackpropFilter", "Conv2DBackpropInput", "MaxPoolGrad", "BatchMatMul", "Identity"]),
    );
    const registered = new Set(tf.getKernelsForBackend("wasm").map(({ kernelName }) => kernelName));
    expect([...names].filter((name) => !registered.has(name))).toEqual([]);
    expect(tf.getBackend()).toBe("wasm");
    expect(Object.keys(tf.engine().registry)).toEqual(["wasm"]);
    tf.dispose([x, y]);
    model.dispose();
  });

  it("comes to the same bytes when it is fitted twice from the same weights", async () => {
    const { x, y } = samples();
    const fit = async (): Promise<Buffer[]> => {
      const model = smallModel();
      await model.fit(x, y, { epochs: 3, batchSize: 4, shuffle: false, verbose: 0 });
      const bytes = model.getWeights().map(bytesOf);
      model.dispose();
      return bytes;
    };
    expect(await fit()).toEqual(await fit());
  });
});

describe("a training step", () => {
  it("leaves no tensors behind in 1,000 steps, and the heap stops growing", () => {
    const next = generator(32);
    const variable = <Rank extends tf.Rank>(shape: tf.ShapeMap[Rank]): tf.Variable<Rank> =>
      tf.variable(tensor<Rank>(next, shape));
    const [x, classes] = [tensor<tf.Rank.R4>(next, [SAMPLES, 22, 22, 1]), samples().y];
    const filters = [variable<tf.Rank.R4>([3, 3, 1, 8]), variable<tf.Rank.R4>([3, 3, 8, 16])] as const;
    const perChannel = [8, 8, 8, 16, 16, 16].map((channels) => variable<tf.Rank.R1>([channels]));
    const weights = variable<tf.Rank.R2>([4 * 4 * 16, CLASSES]);
    const optimizer = tf.train.adam(1e-3);
    const step = (): number =>
      tf.tidy(() => {
        const cost = optimizer.minimize(() => {
          let map: tf.Tensor4D = x;
          for (const [block, filter] of filters.entries()) {
            const [bias, scale, offset] = perChannel.slice(3 * block, 3 * block + 3) as tf.Tensor1D[] as [
              tf.Tensor1D,
              tf.Tensor1D,
              tf.Tensor1D,
            ];
            map = batchNormInTraining(convReluMaxPool(map, filter, bias), scale, offset, 1e-3).y;
          }
          return tf.losses.softmaxCrossEntropy(classes, tf.matMul(tf.reshape(map, [SAMPLES, -1]), weights));
        }, true);
        return cost?.dataSync()[0] ?? NaN;
      });

    const first = step();
    const tensors = tf.memory().numTensors;
    const buffers = tf.backend().numDataIds();
    // The optimizer's moments came with the first step; a few more settle where the allocator puts things.
    for (let warm = 0; warm < 3; warm++) step();
    const heapBytes = training.heapBytes();
    let last = NaN;
    for (let index = 0; index < 1000; index++) {
      last = step();
      expect(tf.memory().numTensors).toBe(tensors);
      expect(tf.backend().numDataIds()).toBe(buffers);
    }
    expect(training.heapBytes()).toBe(heapBytes);
    expect(last).toBeLessThan(first);
  });
});
