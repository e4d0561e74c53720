// The networks that the training suites measure: how they are built, what they see, and their batches. In: a name. Out: facts.

import {
  compactNetwork,
  RECIPES,
  referenceNetwork,
  type Augmentation,
  type Generator,
  type NetworkShape,
  type PixelFormat,
} from "@silhouette/trainer/browser";
import type { Sequential } from "@tensorflow/tfjs-layers";

import { SHAPE } from "../measure/reference-shape.ts";

/** Names of the networks, in the order of their groups. */
export const NETWORK_NAMES = ["reference", "compact"] as const;

/** A network by its name. */
export type NetworkName = (typeof NETWORK_NAMES)[number];

/** A network that is measured, as its recipe trains it. */
interface BuiltInNetwork {
  readonly build: (shape: NetworkShape, generator: Generator) => Sequential;
  /** Size of each picture in pixels, and classes. */
  readonly shape: { readonly width: number; readonly height: number; readonly classes: number };
  /** How its dataset stores pictures. */
  readonly pixelFormat: PixelFormat;
  /** Of each training picture, before each step; null for none. */
  readonly augmentation: Augmentation | null;
  /** Pictures per call, unless a run names others. */
  readonly batches: readonly number[];
}

const { article, compact } = RECIPES;

/** The networks by name. */
export const BUILT_IN_NETWORKS: Readonly<Record<NetworkName, BuiltInNetwork>> = {
  reference: {
    build: referenceNetwork,
    shape: SHAPE,
    pixelFormat: article.pixelFormat,
    augmentation: article.recipe.augmentation,
    batches: [8, 32, 50],
  },
  compact: {
    build: compactNetwork,
    shape: { ...compact.size, classes: SHAPE.classes },
    pixelFormat: compact.pixelFormat,
    augmentation: compact.recipe.augmentation,
    batches: [compact.batch],
  },
};

/** `reference network (300 x 300)`. */
export function networkTitle(name: NetworkName): string {
  const { width, height } = BUILT_IN_NETWORKS[name].shape;
  return `${name} network (${width} x ${height})`;
}
