// The networks that are measured, with the batch of each. Batches are small, as in browsers; inputs are drawn.

import type { LayersModel } from "@tensorflow/tfjs-layers";

import { lstm } from "./architectures/lstm.ts";
import { denseHead, MOBILENET_FEATURES, mobileNetV2, mobileNetV2Features } from "./architectures/mobilenet-v2.ts";
import { resNet18 } from "./architectures/resnet-18.ts";
import { transformerBlock } from "./architectures/transformer.ts";
import { uNet } from "./architectures/u-net.ts";

/** What is measured: a step of training, or inference. */
export type Use = "training" | "inference";

/** The uses, in the order of their tables. */
export const USES: readonly Use[] = ["training", "inference"];

/** A network, and what it is measured on. */
export interface Network {
  readonly name: string;
  readonly uses: readonly Use[];
  /** Samples per call. */
  readonly batch: number;
  /** Of a sample. */
  readonly inputShape: readonly number[];
  /** What is learned: one of the classes, or whether each pixel belongs to the object. */
  readonly target: "class" | "pixels";
  readonly build: () => Models;
}

/** The models of a network. */
export interface Models {
  /** Computes the inputs of {@link Models.trained}, and is not trained. */
  readonly frozen?: LayersModel;
  readonly trained: LayersModel;
}

/** Classes of ImageNet, as published networks have. */
const IMAGENET_CLASSES = 1000;

/** Classes that people teach Teachable Machine. */
const TAUGHT_CLASSES = 3;

/** In the order of their rows. */
export const NETWORKS: readonly Network[] = [
  {
    name: "MobileNetV2 1.0, 96 px",
    uses: USES,
    batch: 8,
    inputShape: [96, 96, 3],
    target: "class",
    build: () => ({ trained: mobileNetV2(96, IMAGENET_CLASSES) }),
  },
  {
    name: "MobileNetV2 1.0, 224 px",
    uses: USES,
    batch: 4,
    inputShape: [224, 224, 3],
    target: "class",
    build: () => ({ trained: mobileNetV2(224, IMAGENET_CLASSES) }),
  },
  {
    // The first epoch of Teachable Machine: a picture's features, and a step with them.
    name: "MobileNetV2 1.0, 224 px, only its head",
    uses: ["training"],
    batch: 4,
    inputShape: [224, 224, 3],
    target: "class",
    build: () => ({ frozen: mobileNetV2Features(224), trained: denseHead(TAUGHT_CLASSES) }),
  },
  {
    // All later epochs: the features are kept.
    name: "the head, on kept features",
    uses: USES,
    batch: 16,
    inputShape: [MOBILENET_FEATURES],
    target: "class",
    build: () => ({ trained: denseHead(TAUGHT_CLASSES) }),
  },
  {
    // Of the size of Tiny ImageNet.
    name: "ResNet-18, 64 px",
    uses: USES,
    batch: 16,
    inputShape: [64, 64, 3],
    target: "class",
    build: () => ({ trained: resNet18(64, 200) }),
  },
  {
    name: "U-Net of 3 levels, 128 px",
    uses: USES,
    batch: 4,
    inputShape: [128, 128, 1],
    target: "pixels",
    build: () => ({ trained: uNet(128) }),
  },
  {
    name: "LSTM, 32 steps x 64",
    uses: USES,
    batch: 32,
    inputShape: [32, 64],
    target: "class",
    build: () => ({ trained: lstm(32, 64, 10) }),
  },
  {
    name: "Transformer block, 64 tokens x 128",
    uses: USES,
    batch: 8,
    inputShape: [64, 128],
    target: "class",
    build: () => ({ trained: transformerBlock(64, 128, 10) }),
  },
];
