// Regularizers and constraints of weights: part of a step's loss, and satisfied after it, wherever the layer is.

import { drawingFrom } from "../testing/learning.ts";
import { constraints, initializers, input, layers, model, regularizers, sequential } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";

import type { Backend } from "../backend/operations.ts";
import { Generator } from "../values/generator.ts";
import type { Layer } from "./layer-tree.ts";
import { restoreNetwork, saveNetwork } from "./saved-network.ts";
import {
  backendForLayers,
  chain,
  classifierOf,
  learnerOf,
  CONV,
  drawnBatch,
  lossWithoutNoise,
  PICTURE,
  valuesOf,
} from "../testing/custom-networks.ts";

let backend: Backend;

beforeAll(async () => {
  backend = await backendForLayers();
});

describe("regularization losses", () => {
  const l2 = () => regularizers.l2({ l2: 0.5 });
  /** Weights and biases start at 0.5: a loss of 0.125 per regularized weight. */
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
    const classifier = classifierOf(() => chain(takes, make()), backend);
    const batch = drawnBatch(3);
    const { loss } = classifier.evaluate(batch);
    const isNorm = make().getClassName() === "BatchNormalization";
    const withRegularizers = lossWithoutNoise(classifier, batch);
    // With the batch's statistics the cross-entropy is different.
    if (!isNorm) expect(withRegularizers - loss).toBeCloseTo(0.125 * weights, 3);
    else expect(withRegularizers).toBeGreaterThan(0.125 * weights);
  });

  it("of a shared layer count once", () => {
    const picture = input({ shape: [...PICTURE] });
    const flat = layers.flatten().apply(picture);
    const shared = layers.dense({ units: 64, ...all() });
    const twice = shared.apply(shared.apply(flat));
    const outputs = layers.dense({ units: 3, activation: "softmax", kernelInitializer: "zeros" }).apply(twice);
    const classifier = classifierOf(() => model({ inputs: picture, outputs: outputs as never }), backend);
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
    const learner = learnerOf(() => chain(takes, make()), backend);
    learner.train(drawnBatch(4), drawingFrom(Generator.ofSeed(2)));
    const weights = learner.classifier.network.trainableWeights;
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
  ])("do not change the weights of a saved network, to the last bit: %s", async (_, make) => {
    const dense = () => layers.dense({ units: 9, activation: "tanh", kernelConstraint: make() });
    const learner = learnerOf(() => chain([64], dense()), backend);
    const { classifier } = learner;
    const generator = Generator.ofSeed(2);
    for (let step = 0; step < 3; step++) learner.train(drawnBatch(4), drawingFrom(generator));
    const restored = await restoreNetwork(await saveNetwork(classifier.network));
    onTestFinished(() => void restored.dispose());
    expect(valuesOf(restored)).toEqual(valuesOf(classifier.network));
  });
});
