// Every layer of tf.layers: its network gives the same numbers in the runtimes of other formats, or is refused by the layer's name.

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { tensor, tensor4d } from "@tensorflow/tfjs-core";
import { input, layers, model, sequential, type LayersModel } from "@tensorflow/tfjs-layers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Backend } from "../../backend/operations.ts";
import { meanOf } from "../../dataset/view.ts";
import { Classifier } from "../../network/classifier.ts";
import { compactNetwork } from "../../network/compact-network.ts";
import type { NetworkBuilder } from "../../network/custom-network.ts";
import type { Layer } from "../../network/layer-tree.ts";
import { referenceNetwork } from "../../network/reference-network.ts";
import { withDrawsOf } from "../../network/seeded-draws.ts";
import { startBackend } from "../../node/backends/start.ts";
import { LAYER_NETWORKS, SHAPE } from "../../testing/layer-networks.ts";
import { calibrated, noveltyOf, type Calibration } from "../../training/calibration.ts";
import { featuresAt } from "../../training/unlikeness.ts";
import { TrainerError } from "../../values/errors.ts";
import { Generator } from "../../values/generator.ts";
import type { ModelDescription } from "../description.ts";
import { EXPORTERS } from "./exporters.ts";

/** A Python with the runtimes, if setup found one. */
const PYTHON = process.env["SILHOUETTE_EXPORTS"];

const RUNNER = fileURLToPath(new URL("../../testing/run_exported.py", import.meta.url));

const FORMATS = ["onnx", "litert"] as const;

/** Largest difference of a probability or a novelty. LiteRT adds in another order on each processor: .9 to 1.02e-5 for the largest network. */
const TOLERANCE = { onnx: 1e-5, litert: 2e-5 };

const PICTURES = 3;
const VIEWS = 4;

const ACTIVATIONS = [
  "gelu",
  "gelu_new",
  "hardSigmoid",
  "logSoftmax",
  "mish",
  "relu6",
  "selu",
  "softplus",
  "softsign",
  "swish",
];

/** Settings that the networks of each layer do not have: every activation, and windows and sizes that do not come out even. */
const moreNetworks = (): ReadonlyMap<string, NetworkBuilder> =>
  new Map<string, NetworkBuilder>([
    ["the reference network", (shape) => referenceNetwork({ ...shape, width: 96, height: 95 }, Generator.ofSeed(1))],
    ["the compact network", (shape) => compactNetwork({ ...shape, width: 31, height: 18 }, Generator.ofSeed(1))],
    ...ACTIVATIONS.map((name) => [`the activation ${name}`, ending(name)] as const),
    ["more than 128 features", ending("relu", 300)],
    [
      "padding on one side",
      mapping(
        layers.conv2d({ filters: 3, kernelSize: [2, 5], strides: [2, 3], padding: "same", useBias: false }),
        layers.averagePooling2d({ poolSize: 3, strides: 2, padding: "same" }),
      ),
    ],
    [
      "dilation",
      mapping(
        layers.conv2d({ filters: 3, kernelSize: 3, dilationRate: 2, padding: "same" }),
        layers.depthwiseConv2d({ kernelSize: 2, dilationRate: 2, depthMultiplier: 2, padding: "same", useBias: false }),
        layers.separableConv2d({ filters: 5, kernelSize: [2, 3], dilationRate: 2 }),
      ),
    ],
    ["maps that are enlarged evenly", mapping(layers.upSampling2d({ size: [2, 3], interpolation: "bilinear" }))],
    ["slopes for each place", mapping(layers.prelu({ alphaInitializer: "randomUniform" }))],
    ["slopes for each channel", mapping(layers.prelu({ alphaInitializer: "randomUniform", sharedAxes: [1, 2] }))],
    ["transposed maps", mapping(layers.permute({ dims: [2, 3, 1] }), layers.conv2d({ filters: 2, kernelSize: 2 }))],
    ["maps joined along rows", joining(1)],
    ["maps joined along channels", joining(-1)],
  ]);

/** Networks that neither format is written for: the layer that is refused, and why. */
const REFUSED: Readonly<Record<string, readonly [layer: string, why: string]>> = {
  averagePooling1d: ["AveragePooling1D", "has no counterpart"],
  averagePooling3d: ["AveragePooling3D", "has no counterpart"],
  "bidirectional gru": ["Bidirectional", "has no counterpart"],
  "bidirectional lstm, sequences added": ["Bidirectional", "has no counterpart"],
  "centerCrop before everything": ["CenterCrop", "has no counterpart"],
  conv1d: ["Conv1D", "has no counterpart"],
  "conv2d of channels first with 2x2 pooling of channels last": ["Conv2D", "takes channels first"],
  "conv2d with 2x2 pooling, channels first": ["Conv2D", "takes channels first"],
  conv2dTranspose: ["Conv2DTranspose", "has no counterpart"],
  conv3d: ["Conv3D", "has no counterpart"],
  conv3dTranspose: ["Conv3DTranspose", "has no counterpart"],
  convLstm2d: ["ConvLSTM2D", "has no counterpart"],
  dot: ["Dot", "has no counterpart"],
  embedding: ["Embedding", "has no counterpart"],
  "embedding with a mask": ["Embedding", "has no counterpart"],
  gru: ["GRU", "has no counterpart"],
  lstm: ["LSTM", "has no counterpart"],
  masking: ["Masking", "has no counterpart"],
  maxPooling1d: ["MaxPooling1D", "has no counterpart"],
  maxPooling3d: ["MaxPooling3D", "has no counterpart"],
  repeatVector: ["RepeatVector", "has no counterpart"],
  rnn: ["RNN", "has no counterpart"],
  "rnn of stacked cells": ["RNN", "has no counterpart"],
  simpleRNN: ["SimpleRNN", "has no counterpart"],
  "timeDistributed batchNormalization": ["TimeDistributed", "has no counterpart"],
  "timeDistributed dense": ["TimeDistributed", "has no counterpart"],
  "timeDistributed model": ["TimeDistributed", "has no counterpart"],
};

/** A network of a convolution, `rest` and a dense layer. */
function mapping(...rest: readonly Layer[]): NetworkBuilder {
  return ({ width, height, classes }) =>
    sequential({
      layers: [
        layers.conv2d({ inputShape: [height, width, 1], filters: 4, kernelSize: 2, activation: "tanh" }),
        ...rest,
        layers.flatten(),
        layers.dense({ units: classes, activation: "softmax" }),
      ],
    });
}

/** A network of dense layers with an activation; the types lack some of those that there are. */
function ending(activation: string, units = 9): NetworkBuilder {
  return ({ width, height, classes }) =>
    sequential({
      layers: [
        layers.flatten({ inputShape: [height, width, 1] }),
        layers.dense({ units, activation: activation as "elu" }),
        layers.dense({ units: classes, activation: "softmax" }),
      ],
    });
}

/** A network that joins two maps. */
function joining(axis: number): NetworkBuilder {
  return ({ width, height, classes }) => {
    const picture = input({ shape: [height, width, 1] });
    const maps = [2, 2].map((filters) => layers.conv2d({ filters, kernelSize: 3 }).apply(picture));
    const joined = layers.flatten().apply(layers.concatenate({ axis }).apply(maps as never));
    const outputs = layers.dense({ units: classes, activation: "softmax" }).apply(joined);
    return model({ inputs: picture, outputs: outputs as never });
  };
}

/** An output of a runtime. */
interface Output {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

type Outputs = Readonly<Record<string, Output>>;

/** A network's answers for {@link PICTURES} pictures, as `predict` computes them. */
interface Expected {
  readonly probabilities: readonly number[];
  readonly novelty: readonly number[];
}

const expected = new Map<string, Expected>();
const refusals = new Map<string, TrainerError>();
let answers: Readonly<Record<string, Readonly<Record<(typeof FORMATS)[number], Outputs>>>> = {};
let folder: string;

beforeAll(async () => {
  await import("@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js");
  folder = mkdtempSync(join(tmpdir(), "every-layer-"));
  const backend = await startBackend("wasm");
  for (const [name, build] of [...LAYER_NETWORKS, ...moreNetworks()]) {
    const network = withDrawsOf(Generator.ofSeed(1), () => build(SHAPE));
    try {
      await writeCase(name, network, backend);
    } catch (error) {
      if (!(error instanceof TrainerError)) throw error;
      refusals.set(name, error);
    } finally {
      network.dispose();
    }
  }
  if (PYTHON === undefined) return;
  const { stdout } = await promisify(execFile)(PYTHON, [RUNNER, folder], { maxBuffer: 2 ** 28 });
  answers = JSON.parse(stdout) as typeof answers;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Exports a network, and keeps what it answers. */
async function writeCase(name: string, network: LayersModel, backend: Backend): Promise<void> {
  const generator = Generator.ofSeed(7);
  drawWeights(network, generator);
  const shape = [PICTURES * VIEWS, ...(network.inputs[0]?.shape ?? []).slice(1).map(Number)];
  const values = Float32Array.from(
    { length: shape.reduce((product, side) => product * side, 1) },
    () => 2 * generator.uniform() - 1,
  );
  const classifier = new Classifier(network, backend);
  const size = values.length / PICTURES;
  const perPicture = Array.from({ length: PICTURES }, (_, index) => {
    const pixels = tensor4d(values.slice(index * size, (index + 1) * size), [VIEWS, ...shape.slice(1)] as never);
    const answer = classifier.answer(pixels, { features: true });
    pixels.dispose();
    const meanRow = (all: Float32Array): Float32Array => {
      const length = all.length / VIEWS;
      return meanOf(Array.from({ length: VIEWS }, (_each, view) => all.subarray(view * length, (view + 1) * length)));
    };
    return {
      probabilities: [...meanRow(answer.probabilities)],
      features: featuresAt(0, answer.features.map(meanRow), 1),
    };
  });
  const weights = (perPicture[0]?.features ?? []).map(() => generator.uniform() - 0.4);
  const calibration: Calibration = { temperature: 0.7, unlikeness: { weights, bias: 0.3 }, noneBeyond: 0.6 };
  const description = descriptionOf(calibration);
  const files = [];
  for (const format of FORMATS) files.push(...(await EXPORTERS[format](network, description)));
  mkdirSync(join(folder, name));
  for (const file of files) writeFileSync(join(folder, name, file.name), file.bytes);
  writeFileSync(join(folder, name, "pixels.json"), JSON.stringify({ shape, values: [...values] }));
  expected.set(name, {
    probabilities: perPicture.flatMap(({ probabilities }) => calibrated(probabilities, calibration.temperature)),
    novelty: perPicture.map(({ features }) => noveltyOf(calibration, features)),
  });
}

/** Statistics and offsets that are not those of a new network: variances of 0.5 to 1.5, all others small. */
function drawWeights(network: LayersModel, generator: Generator): void {
  network.setWeights(
    network.weights.map(({ originalName, shape }) => {
      const offset = originalName.includes("variance") ? 1 : 0;
      const size = shape.reduce<number>((product, side) => product * (side ?? 1), 1);
      const values = Float32Array.from({ length: size }, () => offset + generator.uniform() - 0.5);
      return tensor(values, shape.map(Number));
    }),
  );
}

function descriptionOf(calibration: Calibration): ModelDescription {
  return {
    labels: ["a", "b", "c"],
    width: 2 * SHAPE.width,
    height: 2 * SHAPE.height,
    pixelFormat: "gray8",
    input: "gray",
    views: VIEWS,
    calibration,
    preprocessing: { background: "white", gray: "opencv-15bit", resize: "pillow13-bilinear", threshold: "otsu" },
    provenance: {
      epoch: 1,
      seed: 1,
      kernelSet: "simd128",
      backend: "wasm",
      version: "0.1.0",
      trainedOn: { source: "photos", pictures: 6 },
    },
  };
}

/** The largest difference of a number; NaN if shapes differ. */
function differenceOf(outputs: Outputs | undefined, { probabilities, novelty }: Expected): number {
  const received = [outputs?.["probabilities"], outputs?.["novelty"]];
  const shapes = received.map((output) => output?.shape);
  if (JSON.stringify(shapes) !== JSON.stringify([[PICTURES, SHAPE.classes], [PICTURES]])) return Number.NaN;
  const values = received.flatMap((output) => output?.values ?? []);
  return Math.max(...[...probabilities, ...novelty].map((each, at) => Math.abs(each - (values[at] ?? Number.NaN))));
}

it("refuses exactly the networks with layers that other formats lack, by the layer's class and name, and says what to do next", () => {
  expect([...refusals.keys()].toSorted()).toEqual(Object.keys(REFUSED).toSorted());
  for (const [name, { code, message, hint }] of refusals) {
    const [layer, why] = REFUSED[name] ?? [];
    expect(code).toBe("EXPORT_UNSUPPORTED");
    expect(message).toMatch(new RegExp(`^Expected layers .* ONNX, but ${layer} \\(\\w+\\) ${why}$`));
    expect(hint).toContain("--to tfjs");
  }
});

describe.skipIf(!PYTHON)("in Python (where SILHOUETTE_EXPORTS names one that has the runtimes)", () => {
  it.each(FORMATS)("%s has the answers of the network, whatever its layers", (format) => {
    const different = [...expected].flatMap(([name, each]) => {
      const difference = differenceOf(answers[name]?.[format], each);
      return difference <= TOLERANCE[format] ? [] : [{ name, difference }];
    });
    expect(different).toEqual([]);
    expect(Object.keys(answers)).toHaveLength(expected.size);
  });
});
