// The operations that are measured, as anybody calls them. In: how many numbers. Out: shapes and functions of tensors.

import {
  add,
  concat,
  erf,
  image,
  max,
  mean,
  mul,
  pad,
  relu,
  relu6,
  sigmoid,
  softmax,
  sum,
  tanh,
  tile,
  transpose,
  type Tensor,
  type Tensor4D,
} from "@tensorflow/tfjs-core";

/** An operation on tensors of some shapes. */
export interface OperationCase {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly run: (x: Tensor, y: Tensor) => Tensor;
}

/** Numbers per pixel. */
const CHANNELS = 16;

/** The operations on tensors of `floats` numbers, a power of 4 of 256 or more: images of squares of pixels, and rows. */
export function casesOf(floats: number): readonly OperationCase[] {
  const side = Math.sqrt(floats / CHANNELS);
  const picture = [1, side, side, CHANNELS];
  const rows = [floats / CHANNELS, CHANNELS];
  const half = [floats / CHANNELS, CHANNELS / 2];
  const square = [Math.sqrt(floats), Math.sqrt(floats)];
  const ofOne = (name: string, run: (x: Tensor) => Tensor, shape: readonly number[] = rows): OperationCase => {
    return { name, shapes: [shape], run };
  };
  return [
    { name: "add", shapes: [rows, rows], run: (x, y) => add(x, y) },
    { name: "multiply", shapes: [rows, rows], run: (x, y) => mul(x, y) },
    ofOne("relu", (x) => relu(x)),
    ofOne("relu6", (x) => relu6(x)),
    ofOne("gelu, composed", gelu),
    ofOne("sigmoid", (x) => sigmoid(x)),
    ofOne("tanh", (x) => tanh(x)),
    ofOne("mean of rows", (x) => mean(x, 1), square),
    ofOne("sum of columns", (x) => sum(x, 0), square),
    ofOne("max of rows", (x) => max(x, 1), square),
    ofOne("softmax", (x) => softmax(x)),
    ofOne("tile", (x) => tile(x, [1, 2]), half),
    ofOne("transpose", (x) => transpose(x), square),
    { name: "concat", shapes: [half, half], run: (x, y) => concat([x, y], 1) },
    ofOne("pad", (x) => pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]), picture), // prettier-ignore
    ofOne("resize bilinear", (x) => image.resizeBilinear(x as Tensor4D, [side, side]), [
      1,
      side / 2,
      side / 2,
      CHANNELS,
    ]),
    ofOne("resize nearest", (x) => image.resizeNearestNeighbor(x as Tensor4D, [side, side]), [
      1,
      side / 2,
      side / 2,
      CHANNELS,
    ]),
  ];
}

/** The exact one: x / 2 (1 + erf(x / √2)). */
function gelu(x: Tensor): Tensor {
  return mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1));
}
