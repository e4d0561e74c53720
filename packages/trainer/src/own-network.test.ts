// What a network of one's own says is done: its initializers, regularizers, constraints and noise; or it is refused by name.

import { crc32 } from "node:zlib";

import { memory, serialization, tensor, tensor2d, tensor4d, tidy, type Tensor } from "@tensorflow/tfjs-core";
import {
  constraints,
  initializers,
  input,
  layers,
  model,
  regularizers,
  sequential,
  type LayersModel,
} from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { startBackend, type Backend } from "./backend.ts";
import type { Batch } from "./batch.ts";
import { Classifier } from "./classifier.ts";
import { Generator } from "./generator.ts";
import type { Layer } from "./layer-tree.ts";
import { ownNetwork, type NetworkBuilder } from "./own-network.ts";
import { rehearse } from "./rehearsal.ts";
import { checkRestorable, restoreNetwork, saveNetwork } from "./saved-network.ts";
import { SHAPE } from "./testing/layer-networks.ts";

const PICTURE = [SHAPE.height, SHAPE.width, 1];

let backend: Backend;

beforeAll(async () => {
  // TensorFlow.js' orthogonal initializer calls them.
  await import("@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js");
  backend = await startBackend("auto");
});

/** Layers between a picture, in the shape `takes`, and the classes. */
function chain(takes: readonly number[], ...between: readonly Layer[]): LayersModel {
  const network = sequential();
  network.add(layers.reshape({ inputShape: [...PICTURE], targetShape: [...takes] }));
  for (const layer of between) network.add(layer);
  if ((network.outputs[0]?.shape.length ?? 0) > 2) network.add(layers.flatten());
  network.add(layers.dense({ units: SHAPE.classes, activation: "softmax" }));
  return network;
}

function networkOf(build: NetworkBuilder, seed = 1): LayersModel {
  const network = ownNetwork(build, SHAPE, Generator.ofSeed(seed));
  onTestFinished(() => void network.dispose());
  return network;
}

function classifierOf(build: NetworkBuilder, seed = 1): Classifier {
  const classifier = new Classifier(networkOf(build, seed), backend);
  onTestFinished(() => classifier.dispose());
  return classifier;
}

function drawnBatch(pictures: number): Batch {
  const generator = Generator.ofSeed(5);
  const pixels = Float32Array.from({ length: pictures * 64 }, () => Number(generator.uniform() < 0.5));
  const hot = Float32Array.from({ length: 3 * pictures }, (_, at) => Number(at % 3 === Math.floor(at / 3) % 3));
  const batch = { pictures: tensor4d(pixels, [pictures, 8, 8, 1]), labels: tensor2d(hot, [pictures, 3]) };
  onTestFinished(() => Object.values(batch).forEach((each) => each.dispose()));
  return batch;
}

function lossWithoutNoise(classifier: Classifier, batch: Batch): number {
  const { gradients, loss } = classifier.gradients(batch, { kind: "statistics", tell: () => undefined });
  for (const gradient of Object.values(gradients)) gradient.dispose();
  return loss;
}

function valuesOf(network: LayersModel): readonly Float32Array[] {
  return network.weights.map((weight) => weight.read().dataSync<"float32">().slice());
}

function checksumOf(network: LayersModel): number {
  return valuesOf(network).reduce((crc, values) => crc32(new Uint8Array(values.buffer), crc), 0);
}

const CONV = { filters: 4, kernelSize: 3 } as const;

describe("regularization losses", () => {
  const l2 = () => regularizers.l2({ l2: 0.5 });
  /** Weights begin at 0.5, biases too: a loss of 0.125 a regularized weight. */
  const half = () => initializers.constant({ value: 0.5 });
  const start = () => ({ kernelInitializer: half(), recurrentInitializer: half(), biasInitializer: half() });
  const all = () => ({ ...start(), kernelRegularizer: l2(), recurrentRegularizer: l2(), biasRegularizer: l2() });
  const cellWeights = (gates: number) => gates * 2 * (8 + 2 + 1);

  it.each<readonly [string, readonly number[], () => Layer, number]>([
    ["Dense", [64], () => layers.dense({ units: 2, ...all() }), 130],
    ["Conv1D", [8, 8], () => layers.conv1d({ ...CONV, ...all() }), 3 * 8 * 4 + 4],
    ["Conv2D", PICTURE, () => layers.conv2d({ ...CONV, ...all() }), 40],
    ["Conv2DTranspose", PICTURE, () => layers.conv2dTranspose({ ...CONV, ...all() }), 40],
    [
      "DepthwiseConv2D",
      PICTURE,
      () => layers.depthwiseConv2d({ kernelSize: 3, depthwiseRegularizer: l2(), depthwiseInitializer: half() }),
      9,
    ],
    [
      "SeparableConv2D",
      [4, 4, 4],
      () =>
        layers.separableConv2d({
          ...CONV,
          depthwiseRegularizer: l2(),
          pointwiseRegularizer: l2(),
          depthwiseInitializer: half(),
          pointwiseInitializer: half(),
        }),
      9 * 4 + 4 * 4,
    ],
    [
      "BatchNormalization",
      [64],
      () =>
        layers.batchNormalization({
          gammaRegularizer: l2(),
          betaRegularizer: l2(),
          gammaInitializer: half(),
          betaInitializer: half(),
        }),
      128,
    ],
    [
      "Embedding",
      [64],
      () =>
        layers.embedding({
          inputDim: 2,
          outputDim: 3,
          embeddingsRegularizer: l2(),
          embeddingsInitializer: half(),
        }),
      6,
    ],
    ["PReLU", [64], () => layers.prelu({ alphaRegularizer: l2(), alphaInitializer: half() }), 64],
    ["SimpleRNN", [8, 8], () => layers.simpleRNN({ units: 2, ...all() }), cellWeights(1)],
    ["GRU", [8, 8], () => layers.gru({ units: 2, ...all() }), cellWeights(3)],
    ["LSTM", [8, 8], () => layers.lstm({ units: 2, ...all(), unitForgetBias: false }), cellWeights(4)],
    [
      "Bidirectional",
      [8, 8],
      () => layers.bidirectional({ layer: layers.simpleRNN({ units: 2, ...all() }) }),
      2 * cellWeights(1),
    ],
    ["RNN", [8, 8], () => layers.rnn({ cell: layers.gruCell({ units: 2, ...all() }) }), cellWeights(3)],
    [
      "TimeDistributed",
      [8, 8],
      () =>
        layers.timeDistributed({
          layer: sequential({ layers: [layers.dense({ inputShape: [8], units: 2, ...all() })] }),
        }),
      18,
    ],
    [
      "models within models",
      [64],
      () => sequential({ layers: [sequential({ layers: [layers.dense({ inputShape: [64], units: 2, ...all() })] })] }),
      130,
    ],
  ])("of %s are part of a step's loss", (_, takes, make, weights) => {
    const classifier = classifierOf(() => chain(takes, make()));
    const batch = drawnBatch(3);
    const { loss } = classifier.evaluate(batch);
    const isNorm = make().getClassName() === "BatchNormalization";
    const withRegularizers = lossWithoutNoise(classifier, batch);
    // By the batch's statistics the cross-entropy is another.
    if (!isNorm) expect(withRegularizers - loss).toBeCloseTo(0.125 * weights, 3);
    else expect(withRegularizers).toBeGreaterThan(0.125 * weights);
  });

  it("of a layer that is shared count once", () => {
    const picture = input({ shape: [...PICTURE] });
    const flat = layers.flatten().apply(picture);
    const shared = layers.dense({ units: 64, ...all() });
    const twice = shared.apply(shared.apply(flat));
    const outputs = layers.dense({ units: 3, activation: "softmax", kernelInitializer: "zeros" }).apply(twice);
    const classifier = classifierOf(() => model({ inputs: picture, outputs: outputs as never }));
    const batch = drawnBatch(3);
    expect(lossWithoutNoise(classifier, batch)).toBeCloseTo(Math.log(3) + 0.125 * 64 * 65, 2);
  });
});

describe("constraints", () => {
  const largest = (values: ArrayLike<number>) => Math.max(...Array.from(values));
  const norms = (values: Float32Array, columns: number): readonly number[] =>
    Array.from({ length: columns }, (_, column) =>
      Math.hypot(...values.filter((__, index) => index % columns === column)),
    );
  const tiny = () => constraints.maxNorm({ maxValue: 0.01, axis: 0 });

  it.each<readonly [string, readonly number[], () => Layer, readonly number[]]>([
    ["Dense", [64], () => layers.dense({ units: 4, kernelConstraint: tiny(), biasConstraint: tiny() }), [0, 1]],
    ["Conv2D", PICTURE, () => layers.conv2d({ ...CONV, activation: "relu", kernelConstraint: tiny() }), [0]],
    ["DepthwiseConv2D", PICTURE, () => layers.depthwiseConv2d({ kernelSize: 3, depthwiseConstraint: tiny() }), [0]],
    [
      "SeparableConv2D",
      PICTURE,
      () => layers.separableConv2d({ ...CONV, depthwiseConstraint: tiny(), pointwiseConstraint: tiny() }),
      [0, 1],
    ],
    [
      "BatchNormalization",
      [64],
      () => layers.batchNormalization({ gammaConstraint: tiny(), betaConstraint: tiny() }),
      [0, 1],
    ],
    ["Embedding", [64], () => layers.embedding({ inputDim: 2, outputDim: 3, embeddingsConstraint: tiny() }), [0]],
    ["PReLU", [64], () => layers.prelu({ alphaConstraint: tiny() }), [0]],
    ["LSTM", [8, 8], () => layers.lstm({ units: 2, kernelConstraint: tiny(), recurrentConstraint: tiny() }), [0, 1]],
    [
      "Bidirectional",
      [8, 8],
      () => layers.bidirectional({ layer: layers.gru({ units: 2, recurrentConstraint: tiny() }) }),
      [1, 4],
    ],
    [
      "a model within it",
      [64],
      () => sequential({ layers: [layers.dense({ inputShape: [64], units: 4, kernelConstraint: tiny() })] }),
      [0],
    ],
  ])("of %s hold after a step", (_, takes, make, constrained) => {
    const classifier = classifierOf(() => chain(takes, make()));
    classifier.train(drawnBatch(4), Generator.ofSeed(2));
    const weights = classifier.network.trainableWeights;
    for (const index of constrained) {
      const weight = weights[index]?.read();
      const columns = weight === undefined || weight.rank === 1 ? 1 : weight.size / (weight.shape[0] ?? 1);
      const values = weight?.dataSync<"float32">() ?? new Float32Array();
      expect(largest(norms(values, columns))).toBeLessThan(0.0101);
      expect(largest(values)).toBeGreaterThan(-1);
    }
  });

  it.each([
    ["maxNorm", () => constraints.maxNorm({ maxValue: 0.3, axis: 0 })],
    ["minMaxNorm", () => constraints.minMaxNorm({ minValue: 0.1, maxValue: 0.3, rate: 0.7, axis: 0 })],
    ["nonNeg", () => constraints.nonNeg()],
    ["unitNorm", () => constraints.unitNorm({ axis: 0 })],
  ])("leave the weights of a saved network as they are, to the last bit: %s", async (_, make) => {
    const dense = () => layers.dense({ units: 9, activation: "tanh", kernelConstraint: make() });
    const classifier = classifierOf(() => chain([64], dense()));
    const generator = Generator.ofSeed(2);
    for (let step = 0; step < 3; step++) classifier.train(drawnBatch(4), generator);
    const restored = await restoreNetwork(await saveNetwork(classifier.network));
    onTestFinished(() => void restored.dispose());
    expect(valuesOf(restored)).toEqual(valuesOf(classifier.network));
  });
});

describe("initial weights", () => {
  const kernels = (kernelInitializer: Parameters<typeof layers.dense>[0]["kernelInitializer"]) => () =>
    chain([64], layers.dense({ units: 64, kernelInitializer: kernelInitializer ?? "glorotUniform" }));

  it.each([
    ["glorotNormal", () => initializers.glorotNormal({})],
    ["glorotUniform", () => initializers.glorotUniform({})],
    ["heNormal", () => initializers.heNormal({})],
    ["heUniform", () => initializers.heUniform({})],
    ["leCunNormal", () => initializers.leCunNormal({})],
    ["leCunUniform", () => initializers.leCunUniform({})],
    ["orthogonal", () => initializers.orthogonal({})],
    ["randomNormal", () => initializers.randomNormal({})],
    ["randomUniform", () => initializers.randomUniform({})],
    ["truncatedNormal", () => initializers.truncatedNormal({})],
    ["varianceScaling", () => initializers.varianceScaling({ scale: 2, mode: "fanOut", distribution: "normal" })],
    ["randomNormal with a seed of 0", () => initializers.randomNormal({ seed: 0 })],
  ])("that %s draws are the seed's", (_, initializer) => {
    const [one, same, other] = [1, 1, 2].map((seed) => checksumOf(networkOf(kernels(initializer()), seed)));
    expect(same).toBe(one);
    expect(other).not.toBe(one);
  });

  it.each([
    ["ones", "ones", 1],
    ["zeros", "zeros", 0],
    ["constant", initializers.constant({ value: 0.25 }), 0.25],
  ] as const)("of %s stay as they are, and nothing is drawn for them", (_, initializer, value) => {
    const build = () =>
      chain([64], layers.dense({ units: 3, kernelInitializer: initializer, biasInitializer: initializer }));
    const network = networkOf(build, 1);
    for (const values of valuesOf(network).slice(0, 2)) expect(new Set(values)).toEqual(new Set([value]));
  });

  it("of an identity, of a seed of their own, and those that are given stay as they are", () => {
    const build = () => {
      const given = layers.dense({
        units: 2,
        weights: [
          tensor2d(
            Array.from({ length: 128 }, (_, at) => at),
            [64, 2],
          ),
          tensor([5, 6]),
        ],
      });
      const seeded = initializers.heNormal({ seed: 7 });
      return chain(
        [64],
        layers.dense({ units: 64, kernelInitializer: "identity" }),
        layers.dense({ units: 64, kernelInitializer: seeded }),
        given,
      );
    };
    const [one, other] = [valuesOf(networkOf(build, 1)), valuesOf(networkOf(build, 2))];
    expect(other.slice(0, 6)).toEqual(one.slice(0, 6));
    expect(other[6]).not.toEqual(one[6]);
    expect(one[0]?.filter((value) => value === 1)).toHaveLength(64);
    expect([...(one[4] ?? [])]).toEqual(Array.from({ length: 128 }, (_, at) => at));
    expect([...(one[5] ?? [])]).toEqual([5, 6]);
  });

  it("are all the seed's where a layer has several", () => {
    const build = () =>
      chain(
        PICTURE,
        layers.separableConv2d({ ...CONV }),
        layers.reshape({ targetShape: [36, 4] }),
        layers.lstm({ units: 3 }),
      );
    expect(checksumOf(networkOf(build, 4))).toBe(checksumOf(networkOf(build, 4)));
  });

  it("are drawn from the generator alone, which Math.random is only as long as that takes", () => {
    const { random } = Math;
    networkOf(() => chain([64], layers.dense({ units: 4 })));
    expect(Math.random).toBe(random);
    const thrown = () => {
      throw new Error("mine");
    };
    expect(() => ownNetwork(thrown, SHAPE, Generator.ofSeed(1))).toThrow("mine");
    expect(Math.random).toBe(random);
  });
});

describe("noise", () => {
  const NOISY: readonly (readonly [string, readonly number[], () => Layer])[] = [
    ["GaussianNoise", [64], () => layers.gaussianNoise({ stddev: 1 })],
    ["GaussianDropout", [64], () => layers.gaussianDropout({ rate: 0.5 })],
    ["AlphaDropout", [64], () => layers.alphaDropout({ rate: 0.5 })],
    ["SpatialDropout1D", [8, 8], () => layers.spatialDropout1d({ rate: 0.5 })],
    ["Dropout with a noise shape", [8, 8], () => layers.dropout({ rate: 0.5, noiseShape: [null, 1, 8] as never })],
    ["LSTM with dropout", [8, 8], () => layers.lstm({ units: 4, dropout: 0.5, recurrentDropout: 0.5 })],
    ["RNN with dropout", [8, 8], () => layers.rnn({ cell: layers.gruCell({ units: 4, dropout: 0.5 }) })],
    ["a model with Dropout", [64], () => sequential({ layers: [layers.dropout({ inputShape: [64], rate: 0.5 })] })],
    ["TimeDistributed Dropout", [8, 8], () => layers.timeDistributed({ layer: layers.dropout({ rate: 0.5 }) })],
  ];

  it.each(NOISY)("of %s is drawn anew for each step, from the generator, and only in training", (_, takes, make) => {
    const classifier = classifierOf(() => chain(takes, make()));
    const batch = drawnBatch(5);
    const lossOf = (generator: Generator): number => {
      const { gradients, loss } = classifier.gradients(batch, { kind: "training", generator });
      for (const gradient of Object.values(gradients)) gradient.dispose();
      return loss;
    };
    const generator = Generator.ofSeed(1);
    const before = generator.state;
    const [first, second] = [lossOf(generator), lossOf(generator)];
    expect(second).not.toBe(first);
    expect(generator.state).not.toEqual(before);
    generator.restore(before);
    expect([lossOf(generator), lossOf(generator)]).toEqual([first, second]);
    const inUse = classifier.evaluate(batch).loss;
    expect(lossWithoutNoise(classifier, batch)).toBeCloseTo(inUse, 5);
    expect(classifier.evaluate(batch).loss).toBe(inUse);
    // Another number of pictures: no mask is left from the steps before.
    expect(() => classifier.evaluate(drawnBatch(2))).not.toThrow();
  });

  it("leaves no tensors behind", () => {
    for (const [, takes, make] of NOISY) {
      const classifier = classifierOf(() => chain(takes, make()));
      const batch = drawnBatch(3);
      classifier.train(batch, Generator.ofSeed(1));
      const { numTensors } = memory();
      classifier.train(batch, Generator.ofSeed(1));
      classifier.evaluate(batch);
      expect(memory().numTensors).toBe(numTensors);
    }
  });
});

describe("time steps that are masked", () => {
  it("are left out, whatever stands between", () => {
    const classifier = classifierOf(() =>
      chain(
        [8, 8],
        layers.masking({ maskValue: 0 }),
        layers.dropout({ rate: 0.2 }),
        sequential({ layers: [layers.activation({ inputShape: [8, 8], activation: "tanh" })] }),
        layers.simpleRNN({ units: 3, biasInitializer: "ones" }),
      ),
    );
    const upper = [...Array<number>(32).fill(1), ...Array<number>(32).fill(0)];
    const pictures = tensor4d(upper, [1, 8, 8, 1]);
    const expected = tidy(() => (classifier.network.predict(pictures) as Tensor).dataSync());
    const answers = classifier.probabilities(pictures);
    pictures.dispose();
    for (const [index, each] of answers.entries()) expect(each).toBeCloseTo(expected[index] ?? 0, 5);
  });
});

/** A layer of somebody's own, whose factor its configuration may forget. */
class Scaling extends layers.Layer {
  static readonly className: string = "Scaling";
  readonly factor: number;
  constructor(settings: { readonly factor?: number }) {
    super(settings as object);
    this.factor = settings.factor ?? 1;
  }
  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => ([inputs].flat()[0] as Tensor).mul(this.factor));
  }
  override computeOutputShape(shape: number[]): number[] {
    return shape;
  }
}

class KeptScaling extends Scaling {
  static override readonly className = "KeptScaling";
  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), factor: this.factor };
  }
}

class LostScaling extends Scaling {
  static override readonly className = "LostScaling";
}

/** Computes outside of TensorFlow.js. */
class Detached extends Scaling {
  static override readonly className = "Detached";
  override call(inputs: Tensor | Tensor[]): Tensor {
    const [values] = [inputs].flat();
    return tensor(values?.dataSync<"float32">() ?? [], values?.shape);
  }
}

serialization.registerClass(KeptScaling);
serialization.registerClass(LostScaling);
serialization.registerClass(Detached);

/** All that is looked at before a training. */
async function checked(build: NetworkBuilder): Promise<void> {
  const network = ownNetwork(build, SHAPE, Generator.ofSeed(1));
  const classifier = new Classifier(network, backend);
  try {
    rehearse(classifier);
    await checkRestorable(network);
  } finally {
    classifier.dispose();
    network.dispose();
  }
}

describe("layers of one's own", () => {
  const dense = () => layers.dense({ units: 4 });

  it("are trained when TensorFlow.js can build them again", async () => {
    await expect(checked(() => chain([64], dense(), new KeptScaling({ factor: 3 })))).resolves.toBeUndefined();
  });

  it.each([
    ["has not been registered", () => new Scaling({}), "Unknown layer: Scaling"],
    ["forgets its settings", () => new LostScaling({ factor: 3 }), "LostScaling"],
    ["lets no gradient through", () => new Detached({}), "no gradient reaches"],
  ])("are refused when one %s", async (_, make, message) => {
    await expect(checked(() => chain([64], dense(), make()))).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message) as string,
    });
  });
});

describe("a network that cannot be trained as it says", () => {
  const compiled = (optimizer: string, loss: string) => () => {
    const network = chain([64]);
    network.compile({ optimizer, loss });
    return network;
  };
  const sharedOutputs = () => {
    const picture = input({ shape: [...PICTURE] });
    const flat = layers.flatten().apply(picture);
    const ends = [1, 2].map(() => layers.dense({ units: 3, activation: "softmax" }).apply(flat));
    return model({ inputs: picture, outputs: ends as never });
  };

  it.each<readonly [string, () => unknown, string]>([
    ["is none", () => undefined, "but received undefined"],
    ["is a promise", () => Promise.resolve(), "but received a Promise"],
    ["is empty", () => sequential(), "but received one from nothing to nothing"],
    ["has two outputs", sharedOutputs, "to 3 and 3"],
    [
      "is for batches of one size",
      () => {
        const network = sequential();
        network.add(layers.flatten({ batchInputShape: [4, ...PICTURE] }));
        network.add(layers.dense({ units: 3, activation: "softmax" }));
        return network;
      },
      "batches of any size, but received one for batches of 4",
    ],
    [
      "keeps states",
      () => {
        const network = sequential();
        network.add(layers.reshape({ batchInputShape: [4, ...PICTURE], targetShape: [8, 8] }));
        network.add(layers.lstm({ units: 2, stateful: true }));
        network.add(layers.dense({ units: 3, activation: "softmax" }));
        return network;
      },
      "batches of any size",
    ],
    [
      "has a loss of an activity",
      () =>
        chain(
          [8, 8],
          layers.timeDistributed({
            layer: layers.dense({ units: 2, activityRegularizer: regularizers.l2({ l2: 1 }) }),
          }),
        ),
      "Dense",
    ],
    [
      "is frozen",
      () => {
        const network = chain([64]);
        network.trainable = false;
        return network;
      },
      "all of them are frozen",
    ],
    ["is compiled for another optimizer", compiled("sgd", "categoricalCrossentropy"), "SGD, 0.01"],
    ["is compiled for another loss", compiled("adam", "meanSquaredError"), "meanSquaredError"],
    ["ends otherwise", () => endingIn("sigmoid"), "ends with Dense"],
  ])("is refused before it is trained when it %s", async (_, build, message) => {
    await expect(checked(build as NetworkBuilder)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message) as string,
    });
  });

  it("is refused when a layer normalizes a single value", () => {
    expect(() => ownNetwork(() => chain(PICTURE, layers.layerNormalization()), SHAPE, Generator.ofSeed(1))).toThrow(
      expect.objectContaining({
        code: "CANNOT_LEARN",
        message: expect.stringContaining("LayerNormalization") as string,
      }),
    );
    expect(networkOf(() => chain([8, 8], layers.layerNormalization())).outputs).toHaveLength(1);
  });

  it("leaves no tensors behind", () => {
    const before = memory().numTensors;
    expect(() => ownNetwork(() => chain([64]), { ...SHAPE, classes: 4 }, Generator.ofSeed(1))).toThrow("to 4");
    expect(() => ownNetwork(compiled("sgd", "meanSquaredError"), SHAPE, Generator.ofSeed(1))).toThrow("compiled");
    expect(memory().numTensors).toBe(before);
  });

  it("is not one that is compiled for what the training does", () => {
    expect(networkOf(compiled("adam", "categoricalCrossentropy")).outputs).toHaveLength(1);
  });
});

function endingIn(activation: "sigmoid"): LayersModel {
  const network = sequential();
  network.add(layers.flatten({ inputShape: [...PICTURE] }));
  network.add(layers.dense({ units: 3, activation }));
  return network;
}
