// What a network looked at: Grad-CAM (R. R. Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
// Localization", ICCV 2017) at its last feature map.
//
//   map A [rows, columns, channels] ─▶ logit y of the class ─▶ weight of channel k: mean of dy/dA_k ─▶ ReLU(sum of weight * A_k)
//
// Where the rest of the network is global average pooling and a dense layer, it is the class activation map of B. Zhou et al.,
// "Learning Deep Features for Discriminative Localization", CVPR 2016.

import {
  grad,
  mul,
  oneHot,
  slice,
  sum,
  tidy,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
} from "@tensorflow/tfjs-core";

import type { NetworkOperations } from "../backend/operations.ts";
import { forward, lastMap, lastMapAmong } from "./forward.ts";
import { withTape } from "./gradient-tape.ts";
import { layersWithin } from "./layer-tree.ts";
import { withInnerMap, type Stage } from "./stages.ts";

/** Where a network finds a class in a picture. */
export interface AttentionMap {
  /** Number of rows, which divide the picture's height evenly. */
  readonly rows: number;
  /** Number of columns, which divide its width evenly. */
  readonly columns: number;
  /** `[rows, columns]`: 0 where nothing speaks for the class, 1 where most does. All 0 if nothing does anywhere. */
  readonly values: Float32Array;
}

/**
 * The maps of a batch, or of its first pictures; undefined for a network without a feature map of several places.
 *
 * @param pictures `[batch, height, width, channels]`
 * @param classes for each picture, the index of a class; further pictures have no map
 * @param inputs what each stage gets, if the pictures have been evaluated: it is not computed again
 */
export function attentionOf(
  stages: readonly Stage[],
  operations: NetworkOperations,
  pictures: Tensor4D,
  classes: ArrayLike<number>,
  inputs?: readonly Tensor[],
): readonly AttentionMap[] | undefined {
  return tidy(() => {
    const inner = withInnerMap(stages);
    const isComputed = inputs !== undefined && inner.length === stages.length;
    const last = isComputed ? lastMapAmong(stages, inputs) : lastMap(inner, operations, pictures);
    if (last === undefined) return undefined;
    const { map: maps, rest } = last;
    const [, rows, columns, channels] = maps.shape;
    if (rows * columns === 1 || stages.some(isChannelsFirst)) return undefined;
    const batch = classes.length;
    const map = slice(maps, 0, batch);
    // Pictures are independent of one another: the gradient of the sum has that of each.
    const scoreOf = (values: Tensor): Scalar => {
      const { logits } = forward(rest, operations, values as Tensor4D, { kind: "evaluation" });
      return sum(mul(logits, oneHot(Int32Array.from(classes), logits.shape[1]) as Tensor2D));
    };
    const gradients = withTape(() => grad(scoreOf)(map)).dataSync<"float32">();
    const values = map.dataSync<"float32">();
    const size = rows * columns * channels;
    return Array.from({ length: batch }, (_, index) => {
      const own = (all: Float32Array): Float32Array => all.subarray(index * size, (index + 1) * size);
      return { rows, columns, values: weighted(own(values), own(gradients), channels) };
    });
  });
}

/** Whether its maps are `[batch, channels, rows, columns]`. */
function isChannelsFirst({ layer }: Stage): boolean {
  return layersWithin(layer).some((each) => each.getConfig()["dataFormat"] === "channelsFirst");
}

/** One map: channels weighted by their mean gradients, without what speaks against the class, as shares of the largest value. */
function weighted(map: Float32Array, gradients: Float32Array, channels: number): Float32Array {
  const places = map.length / channels;
  const weights = new Float64Array(channels);
  for (let at = 0; at < gradients.length; at++) {
    weights[at % channels] = (weights[at % channels] ?? 0) + (gradients[at] ?? 0) / places;
  }
  const sums = new Float32Array(places);
  for (let place = 0; place < places; place++) {
    let total = 0;
    for (let channel = 0; channel < channels; channel++) {
      total += (weights[channel] ?? 0) * (map[place * channels + channel] ?? 0);
    }
    sums[place] = Math.max(total, 0);
  }
  const most = sums.reduce((largest, each) => Math.max(largest, each), 0);
  return most > 0 && most < Infinity ? sums.map((each) => each / most) : sums.fill(0);
}
