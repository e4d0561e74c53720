// Elementwise operations that become a part of what computes their input: a convolution's bias and activation, and the
// gradient before pooling.

import { Add, ClipByValue, Multiply, Relu, Relu6, type ClipByValueAttrs } from "@tensorflow/tfjs-core";

import { withActivation, withBias } from "./convolutions.ts";
import type { Fusion } from "./elementwise.ts";
import { rectified } from "./unpooling.ts";

/** What an elementwise operation makes of a deferred convolution; undefined if it is not a part of one. */
export const FUSIONS: Readonly<Record<string, Fusion>> = {
  [Add]: (evaluator, { a, b }) => {
    if (a === undefined || b === undefined) return undefined;
    return withBias(evaluator, a, b) ?? withBias(evaluator, b, a);
  },
  [Relu]: (evaluator, { x }) => (x === undefined ? undefined : withActivation(evaluator, x, "relu")),
  [Relu6]: (evaluator, { x }) => (x === undefined ? undefined : withActivation(evaluator, x, "relu6")),
  [ClipByValue]: (evaluator, { x }, attributes) => {
    const { clipValueMin, clipValueMax } = attributes as ClipByValueAttrs;
    if (x === undefined || clipValueMin !== 0 || clipValueMax !== 6) return undefined;
    return withActivation(evaluator, x, "relu6");
  },
  [Multiply]: (evaluator, { a, b }) => {
    if (a === undefined || b === undefined) return undefined;
    return rectified(evaluator, a, b) ?? rectified(evaluator, b, a);
  },
};
