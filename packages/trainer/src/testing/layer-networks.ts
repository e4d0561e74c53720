// For tests: a network for each layer of tf.layers, from pictures of 8 x 8 to three classes.

import { input, layers, model, regularizers, sequential, type LayersModel } from "@tensorflow/tfjs-layers";

import type { Layer } from "../network/layer-tree.ts";

/** Input and output shape of every network. */
export const SHAPE = { width: 8, height: 8, classes: 3 } as const;

const PICTURE = [SHAPE.height, SHAPE.width, 1];

/** The layers under test, and their input shape. */
interface Case {
  /** Input shape per picture. Default: four maps of 6 x 6. */
  readonly takes?: readonly number[];
  readonly make: () => Layer | readonly Layer[];
}

const maps = (make: Case["make"]): Case => ({ make });
/** Eight time steps of eight numbers. */
const steps = (make: Case["make"]): Case => ({ takes: [8, 8], make });
const volume = (make: Case["make"]): Case => ({ takes: [4, 4, 4, 1], make });
const vector = (make: Case["make"]): Case => ({ takes: [64], make });

/** Layers with several inputs, applied to two convolutions of a picture. */
const MERGES: Readonly<Record<string, () => Layer>> = {
  add: () => layers.add(),
  average: () => layers.average(),
  concatenate: () => layers.concatenate(),
  dot: () => layers.dot({ axes: -1 }),
  maximum: () => layers.maximum(),
  minimum: () => layers.minimum(),
  multiply: () => layers.multiply(),
};

/** One or more networks with different settings for each factory of `layers`, except for those in {@link ABSENT}. */
const CASES: Readonly<Record<string, Case>> = {
  activation: maps(() => layers.activation({ activation: "tanh" })),
  alphaDropout: maps(() => layers.alphaDropout({ rate: 0.3 })),
  averagePooling1d: steps(() => layers.averagePooling1d({ poolSize: 2 })),
  averagePooling2d: maps(() => layers.averagePooling2d({ poolSize: 2 })),
  averagePooling3d: volume(() => layers.averagePooling3d({ poolSize: 2 })),
  batchNormalization: maps(() => layers.batchNormalization()),
  "bidirectional gru": steps(() => layers.bidirectional({ layer: layers.gru({ units: 3 }) })),
  "bidirectional lstm, sequences added": steps(() =>
    layers.bidirectional({ layer: layers.lstm({ units: 3, returnSequences: true }), mergeMode: "sum" }),
  ),
  conv1d: steps(() => layers.conv1d({ filters: 3, kernelSize: 3, activation: "elu" })),
  conv2d: maps(() => layers.conv2d({ filters: 3, kernelSize: 3, padding: "same", strides: 2, activation: "sigmoid" })),
  "centerCrop before everything": { takes: PICTURE, make: () => layers.centerCrop({ height: 4, width: 4 }) },
  "conv2d with 2x2 pooling": maps(() => [
    layers.conv2d({ filters: 4, kernelSize: 3, activation: "relu" }),
    layers.maxPooling2d({ poolSize: 2 }),
  ]),
  "conv2d with 2x2 pooling, channels first": maps(() => [
    layers.conv2d({ filters: 4, kernelSize: 3, activation: "relu", dataFormat: "channelsFirst" }),
    layers.maxPooling2d({ poolSize: 2, dataFormat: "channelsFirst" }),
  ]),
  "conv2d of channels first with 2x2 pooling of channels last": maps(() => [
    layers.conv2d({ filters: 4, kernelSize: 3, activation: "relu", dataFormat: "channelsFirst" }),
    layers.maxPooling2d({ poolSize: 2 }),
  ]),
  conv2dTranspose: maps(() => layers.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2 })),
  conv3d: volume(() => layers.conv3d({ filters: 2, kernelSize: 2, activation: "relu" })),
  conv3dTranspose: volume(() => layers.conv3dTranspose({ filters: 2, kernelSize: 2 })),
  convLstm2d: volume(() => layers.convLstm2d({ filters: 2, kernelSize: 2 })),
  cropping2D: maps(() =>
    layers.cropping2D({
      cropping: [
        [1, 1],
        [0, 2],
      ],
    }),
  ),
  dense: vector(() => layers.dense({ units: 4, useBias: false, activation: "softplus" })),
  "dense of several axes": maps(() => layers.dense({ units: 4 })),
  depthwiseConv2d: maps(() => layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 })),
  "dropout with a seed": maps(() => layers.dropout({ rate: 0.4, seed: 3 })),
  "dropout with a noise shape": maps(() => layers.dropout({ rate: 0.4, noiseShape: [null, 1, 1, 4] as never })),
  "dropout of all": maps(() => layers.dropout({ rate: 1 })),
  elu: maps(() => layers.elu()),
  embedding: vector(() => layers.embedding({ inputDim: 2, outputDim: 3 })),
  "embedding with a mask": vector(() => [
    layers.embedding({ inputDim: 2, outputDim: 3, maskZero: true }),
    layers.lstm({ units: 3 }),
  ]),
  flatten: maps(() => layers.flatten()),
  gaussianDropout: maps(() => layers.gaussianDropout({ rate: 0.3 })),
  gaussianNoise: maps(() => layers.gaussianNoise({ stddev: 0.5 })),
  globalAveragePooling1d: steps(() => layers.globalAveragePooling1d({})),
  globalAveragePooling2d: maps(() => layers.globalAveragePooling2d({})),
  globalMaxPooling1d: steps(() => layers.globalMaxPooling1d({})),
  globalMaxPooling2d: maps(() => layers.globalMaxPooling2d({})),
  gru: steps(() => layers.gru({ units: 3, dropout: 0.3, recurrentDropout: 0.2 })),
  inputLayer: maps(() => []),
  layerNormalization: maps(() => layers.layerNormalization()),
  leakyReLU: maps(() => layers.leakyReLU({ alpha: 0.2 })),
  lstm: steps(() => layers.lstm({ units: 3, dropout: 0.3, recurrentDropout: 0.2 })),
  masking: steps(() => [
    layers.masking({ maskValue: 0 }),
    layers.dropout({ rate: 0.2, seed: 1 }),
    layers.simpleRNN({ units: 3 }),
  ]),
  maxPooling1d: steps(() => layers.maxPooling1d({ poolSize: 2 })),
  maxPooling2d: maps(() => layers.maxPooling2d({ poolSize: 2 })),
  maxPooling3d: volume(() => layers.maxPooling3d({ poolSize: 2 })),
  permute: steps(() => layers.permute({ dims: [2, 1] })),
  prelu: maps(() => layers.prelu({})),
  reLU: maps(() => layers.reLU({ maxValue: 0.5 })),
  repeatVector: vector(() => layers.repeatVector({ n: 3 })),
  rescaling: maps(() => layers.rescaling({ scale: 2, offset: -1 })),
  reshape: maps(() => layers.reshape({ targetShape: [12, 12] })),
  rnn: steps(() => layers.rnn({ cell: layers.gruCell({ units: 3 }) })),
  "rnn of stacked cells": steps(() =>
    layers.rnn({
      cell: layers.stackedRNNCells({
        cells: [layers.lstmCell({ units: 3 }), layers.simpleRNNCell({ units: 4 })] as never,
      }),
    }),
  ),
  separableConv2d: maps(() => layers.separableConv2d({ filters: 4, kernelSize: 3 })),
  simpleRNN: steps(() => layers.simpleRNN({ units: 3, dropout: 0.3, returnSequences: true })),
  softmax: vector(() => layers.softmax()),
  spatialDropout1d: steps(() => layers.spatialDropout1d({ rate: 0.4, seed: 2 })),
  "timeDistributed dense": steps(() => layers.timeDistributed({ layer: layers.dense({ units: 3 }) })),
  "timeDistributed batchNormalization": steps(() => layers.timeDistributed({ layer: layers.batchNormalization() })),
  "timeDistributed model": steps(() => layers.timeDistributed({ layer: noisyPart([8]) })),
  upSampling2d: maps(() => layers.upSampling2d({})),
  zeroPadding2d: maps(() => layers.zeroPadding2d({ padding: [1, 2] })),
};

/** A chain of layers that training mode affects. */
function noisyPart(inputShape: number[], settings: Partial<Parameters<typeof layers.dense>[0]> = {}): LayersModel {
  const part = sequential();
  part.add(layers.dense({ inputShape, units: 4, ...settings }));
  part.add(layers.gaussianNoise({ stddev: 0.3 }));
  part.add(layers.batchNormalization());
  part.add(layers.dropout({ rate: 0.3, seed: 4 }));
  return part;
}

/** A model with branches, with layers that training mode affects. */
function branchingPart(shape: number[]): LayersModel {
  const inputs = input({ shape });
  const norm = layers.batchNormalization().apply(inputs);
  const noise = layers.gaussianDropout({ rate: 0.2 }).apply(norm);
  return model({ inputs, outputs: layers.add().apply([inputs, noise as typeof inputs]) as never });
}

/** Models within models, whose layers `model.fit` also trains. */
const MODELS: Readonly<Record<string, Case>> = {
  "a chain": {
    takes: [64],
    make: () => noisyPart([64], { kernelRegularizer: regularizers.l1l2({ l1: 0.01, l2: 0.1 }) }),
  },
  "a chain of chains": {
    takes: [64],
    make: () => {
      const outer = sequential();
      outer.add(noisyPart([64]));
      outer.add(layers.activation({ activation: "tanh" }));
      return outer;
    },
  },
  branches: { make: () => branchingPart([6, 6, 4]) },
  "branches in a chain": {
    takes: [64],
    make: () => {
      const outer = sequential();
      outer.add(layers.dense({ inputShape: [64], units: 5 }));
      outer.add(branchingPart([5]));
      return outer;
    },
  },
  "frozen layers": {
    takes: [64],
    make: () => {
      const frozen = noisyPart([64]);
      frozen.trainable = false;
      return [frozen, layers.dense({ units: 4, trainable: false }), layers.batchNormalization({ trainable: false })];
    },
  },
};

/** Factories that are aliases or parts of the above, or do not make layers. */
export const ABSENT: readonly string[] = [
  "Layer",
  "RNN",
  "RNNCell",
  "input",
  "avgPool1d",
  "avgPool2d",
  "avgPool3d",
  "avgPooling1d",
  "avgPooling2d",
  "avgPooling3d",
  "globalMaxPool1d",
  "globalMaxPool2d",
  "maxPool1d",
  "maxPool2d",
  "gruCell",
  "lstmCell",
  "simpleRNNCell",
  "stackedRNNCells",
  "convLstm2dCell",
  // Cannot be added to a model: its output has no width.
  "randomWidth",
];

/** Layers that TensorFlow.js cannot train or save in this position, and why, as a part of the message. */
const REJECTED: Readonly<Record<string, Case & { readonly because: string }>> = {
  "batchNormalization of five axes": {
    takes: [4, 4, 4, 1],
    make: () => [layers.conv3d({ filters: 2, kernelSize: 2 }), layers.batchNormalization()],
    because: "batchNormalization is not implemented",
  },
  categoryEncoding: {
    takes: [64],
    make: () => [layers.dense({ units: 5 }), layers.categoryEncoding({ numTokens: 4, outputMode: "multiHot" })],
    because: "CategoryEncoding",
  },
  centerCrop: {
    make: () => layers.centerCrop({ height: 4, width: 4 }),
    because: "CenterCrop",
  },
  "embedding of a layer's output": {
    takes: [64],
    make: () => [layers.dense({ units: 4, activation: "sigmoid" }), layers.embedding({ inputDim: 2, outputDim: 3 })],
    because: "Embedding",
  },
  resizing: { make: () => layers.resizing({ height: 4, width: 4 }), because: "Resizing" },
  "separableConv2d with a depth multiplier": {
    make: () => layers.separableConv2d({ filters: 4, kernelSize: 3, depthMultiplier: 2 }),
    because: "SeparableConv2D",
  },
  thresholdedReLU: { make: () => layers.thresholdedReLU({ theta: 0.1 }), because: "ThresholdedReLU" },
};

/** Networks by name: the factory of `layers`, with more words if there are several. */
export const LAYER_NETWORKS: ReadonlyMap<string, () => LayersModel> = new Map([
  ...Object.entries(CASES).map(([name, each]) => [name, () => chainWith(each)] as const),
  ...Object.entries(MODELS).map(([name, each]) => [`a nested model: ${name}`, () => chainWith(each)] as const),
  ["a layer shared between branches", sharingBranches],
  ["a model at its end", endingInModel],
  ...Object.entries(MERGES).map(([name, merge]) => [name, () => branchesWith(merge())] as const),
]);

/** Rejected networks by name, and why. */
export const REJECTED_NETWORKS = Object.entries(REJECTED).map(([name, each]) => ({
  name,
  build: () => chainWith(each),
  because: each.because,
}));

/** A convolution if the layer takes maps, the layer, and a dense output. */
function chainWith({ takes, make }: Case): LayersModel {
  const network = sequential();
  if (takes === undefined) {
    network.add(layers.conv2d({ inputShape: [...PICTURE], filters: 4, kernelSize: 3, activation: "tanh" }));
  } else {
    network.add(layers.reshape({ inputShape: [...PICTURE], targetShape: [...takes] }));
  }
  for (const layer of [make()].flat()) network.add(layer);
  if ((network.outputs[0]?.shape.length ?? 0) > 2) network.add(layers.flatten());
  network.add(layers.dense({ units: SHAPE.classes, activation: "softmax" }));
  return network;
}

function branchesWith(merge: Layer): LayersModel {
  const picture = input({ shape: [...PICTURE] });
  const branches = ["tanh", "sigmoid"].map((activation) => {
    const map = layers.conv2d({ filters: 3, kernelSize: 3, activation: activation as "tanh" }).apply(picture);
    return layers.flatten().apply(map);
  });
  const ends = merge.apply(branches as never);
  const outputs = layers.dense({ units: SHAPE.classes, activation: "softmax" }).apply(ends);
  return model({ inputs: picture, outputs: outputs as never });
}

/** Two branches that share their layers. */
function sharingBranches(): LayersModel {
  const picture = input({ shape: [...PICTURE] });
  const shared = layers.conv2d({ filters: 3, kernelSize: 3, activation: "tanh" });
  const norm = layers.batchNormalization();
  const branches = [1, 2].map((scale) =>
    norm.apply(shared.apply(layers.rescaling({ scale, offset: 0 }).apply(picture))),
  );
  const ends = layers.flatten().apply(layers.add().apply(branches as never));
  const outputs = layers.dense({ units: SHAPE.classes, activation: "softmax" }).apply(ends);
  return model({ inputs: picture, outputs: outputs as never });
}

function endingInModel(): LayersModel {
  const inputs = input({ shape: [64] });
  const dropped = layers.dropout({ rate: 0.2, seed: 1 }).apply(inputs);
  const logits = layers.dense({ units: SHAPE.classes }).apply(dropped);
  const end = model({ inputs, outputs: layers.activation({ activation: "softmax" }).apply(logits) as never });
  const network = sequential();
  network.add(layers.reshape({ inputShape: [...PICTURE], targetShape: [64] }));
  network.add(end);
  return network;
}
