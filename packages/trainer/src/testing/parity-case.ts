// For tests: the training step that PyTorch repeats (golden/make_parity.py). In: seeds. Out: our gradients and losses. Dropout
// is disabled, because its masks are the one thing that two libraries cannot share.

import { RATE } from "./learning.ts";
import { crc32 } from "node:zlib";

import { tensor2d, tensor4d, type Variable } from "@tensorflow/tfjs-core";
import type { Sequential } from "@tensorflow/tfjs-layers";

import { ARTICLE } from "../training/recipes.ts";
import { VariableOptimizer } from "../training/variable-optimizer.ts";
import { weightName } from "../network/weights.ts";
import type { Batch } from "../network/batch.ts";
import type { Backend } from "../backend/operations.ts";
import { Classifier } from "../network/classifier.ts";
import { Generator } from "../values/generator.ts";
import { referenceNetwork } from "../network/reference-network.ts";
import type { FileTensor } from "../values/safetensors.ts";

/** Definition of a case. */
export interface ParitySeeds {
  /** Width and height of the pictures in pixels. */
  readonly side: number;
  readonly classes: number;
  /** Pictures in the batch. */
  readonly batch: number;
  readonly seed: number;
}

/** The case of golden/parity.safetensors: the smallest pictures, to keep the file small. */
export const GOLDEN_CASE: ParitySeeds = { side: 94, classes: 3, batch: 8, seed: 1 };

/** Number of Adam steps, all on the same batch. */
const STEPS = 10;

/** Rectangles per picture. */
const RECTANGLES = 16;

/** An untrained network and a batch. Dispose of both after use. */
export interface ParityCase {
  readonly network: Sequential;
  readonly batch: Batch;
  /** Input for PyTorch: `weights/...` of the trainable variables, in order, `pictures` and `labels`. */
  readonly given: readonly FileTensor[];
}

/** Our results for a case. */
export interface ParityAnswer {
  /** `gradients/...` of the first step, per variable. */
  readonly gradients: readonly FileTensor[];
  /** Mean cross-entropy before each step, in nats. */
  readonly losses: readonly number[];
}

/** Draws the weights, then the pictures. */
export function parityCase({ side, classes, batch, seed }: ParitySeeds): ParityCase {
  const generator = Generator.ofSeed(seed);
  const network = referenceNetwork({ width: side, height: side, classes }, generator);
  const pixels = new Float32Array(batch * side * side);
  const oneHot = new Float32Array(batch * classes);
  for (let index = 0; index < batch; index++) {
    drawRectangles(pixels.subarray(index * side * side, (index + 1) * side * side), side, generator);
    oneHot[index * classes + (index % classes)] = 1;
  }
  const pictures = tensor4d(pixels, [batch, side, side, 1]);
  const labels = tensor2d(oneHot, [batch, classes]);
  return {
    network,
    batch: { pictures, labels },
    given: [
      ...named(
        "weights",
        trainableOf(network).map((each) => each.dataSync<"float32">()),
        network,
      ),
      { name: "pictures", shape: pictures.shape, values: pixels },
      { name: "labels", shape: labels.shape, values: oneHot },
    ],
  };
}

/** Trains the network on the batch. */
export function trainOn({ network, batch }: ParityCase, backend: Backend): ParityAnswer {
  const classifier = new Classifier(network, backend);
  const trainable = trainableOf(network);
  const optimizer = new VariableOptimizer(ARTICLE.optimizer, trainable, backend.operations);
  const losses: number[] = [];
  let first: readonly Float32Array[] = [];
  for (let step = 0; step < STEPS; step++) {
    // As in training, but without dropout.
    const { loss, gradients } = classifier.gradients(batch, { kind: "statistics", report: () => undefined });
    losses.push(loss);
    if (step === 0) first = trainable.map(({ name }) => gradients[name]?.dataSync<"float32">() ?? new Float32Array());
    optimizer.apply(gradients, RATE);
    for (const each of Object.values(gradients)) each.dispose();
  }
  optimizer.dispose();
  return { gradients: named("gradients", first, network), losses };
}

/** CRC-32 of all values, concatenated, as 8 hexadecimal digits. */
export function fingerprint(tensors: readonly FileTensor[]): string {
  const crc = tensors.reduce(
    (sum, { values }) => crc32(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), sum),
    0,
  );
  return crc.toString(16).padStart(8, "0");
}

/** Inverts rectangles of all sizes up to half the side: edges, corners, and uniform areas, as in silhouettes. */
function drawRectangles(pixels: Float32Array, side: number, generator: Generator): void {
  const below = (count: number): number => Math.floor(generator.uniform() * count);
  for (let drawn = 0; drawn < RECTANGLES; drawn++) {
    const [width, height] = [1 + below(side / 2), 1 + below(side / 2)];
    const [left, top] = [below(side - width + 1), below(side - height + 1)];
    for (let y = top; y < top + height; y++) {
      for (let x = left; x < left + width; x++) pixels[y * side + x] = 1 - (pixels[y * side + x] ?? 0);
    }
  }
}

function trainableOf(network: Sequential): readonly Variable[] {
  return network.trainableWeights.map((weight) => weight.read() as Variable);
}

function named(kind: string, values: readonly Float32Array[], network: Sequential): readonly FileTensor[] {
  const trainable = trainableOf(network);
  return trainable.map(({ shape }, index) => ({
    name: `${kind}/${weightName(trainable, index)}`,
    shape,
    values: values[index] ?? new Float32Array(),
  }));
}
