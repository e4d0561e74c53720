// Noise and masks: drawn from the generator at each step, and not used in inference; time steps that are masked out.

import { drawingFrom } from "../testing/learning.ts";
import { memory, tensor4d, tidy, type Tensor } from "@tensorflow/tfjs-core";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it } from "vitest";

import type { Backend } from "../backend/operations.ts";
import { Generator } from "../values/generator.ts";
import type { Layer } from "./layer-tree.ts";
import {
  backendForLayers,
  chain,
  classifierOf,
  learnerOf,
  drawnBatch,
  lossWithoutNoise,
} from "../testing/custom-networks.ts";

let backend: Backend;

beforeAll(async () => {
  backend = await backendForLayers();
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

  it.each(NOISY)("of %s is drawn from the generator at each step, and only in training", (_, takes, make) => {
    const classifier = classifierOf(() => chain(takes, make()), backend);
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
    // Another batch size: no mask remains from previous steps.
    expect(() => classifier.evaluate(drawnBatch(2))).not.toThrow();
  });

  it("leaks no tensors", () => {
    for (const [, takes, make] of NOISY) {
      const learner = learnerOf(() => chain(takes, make()), backend);
      const batch = drawnBatch(3);
      learner.train(batch, drawingFrom(Generator.ofSeed(1)));
      const { numTensors } = memory();
      learner.train(batch, drawingFrom(Generator.ofSeed(1)));
      learner.classifier.evaluate(batch);
      expect(memory().numTensors).toBe(numTensors);
    }
  });
});

describe("time steps that are masked", () => {
  it("are ignored, whatever layers are in between", () => {
    const classifier = classifierOf(
      () =>
        chain(
          [8, 8],
          layers.masking({ maskValue: 0 }),
          layers.dropout({ rate: 0.2 }),
          sequential({ layers: [layers.activation({ inputShape: [8, 8], activation: "tanh" })] }),
          layers.simpleRNN({ units: 3, biasInitializer: "ones" }),
        ),
      backend,
    );
    const upper = [...Array<number>(32).fill(1), ...Array<number>(32).fill(0)];
    const pictures = tensor4d(upper, [1, 8, 8, 1]);
    const expected = tidy(() => (classifier.network.predict(pictures) as Tensor).dataSync());
    const answers = classifier.probabilities(pictures);
    pictures.dispose();
    for (const [index, each] of answers.entries()) expect(each).toBeCloseTo(expected[index] ?? 0, 5);
  });
});
