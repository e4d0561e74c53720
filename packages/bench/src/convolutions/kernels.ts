// Ways to compute a convolution with pooling and its gradients, on one thread: the kernels that the backend chooses, as
// TensorFlow.js runs them; the direct ones, called in an instance of their own; and separate operations for the first layer. In:
// a layer and its operands. Out: functions to run, and their answers.

import { canRun, kernelsBinary } from "@silhouette/training-wasm";
import {
  add,
  conv2d,
  engine,
  maxPool,
  relu,
  tensor,
  tensor4d,
  type NamedAttrMap,
  type NamedTensorMap,
  type Tensor,
  type Tensor4D,
} from "@tensorflow/tfjs-core";

import { TILE_DEPTH, TILE_REPETITIONS } from "../measure/tile-peak.ts";

/** A convolution with a filter of 3 x 3, without padding or stride, then bias, ReLU and the maximum of 2 x 2. */
export interface Layer {
  /** `[batch, height, width, in]` */
  readonly input: Shape;
  /** Before pooling: `[batch, height - 2, width - 2, out]` */
  readonly output: Shape;
}

type Shape = readonly [number, number, number, number];

/** The operands of a layer. */
export interface Operands {
  /** Of the shape of the input. */
  readonly x: Float32Array;
  /** `[3, 3, in, out]` */
  readonly filter: Float32Array;
  /** `[out]` */
  readonly bias: Float32Array;
  /** Gradient of the pooled output, {@link pooledShape}. */
  readonly dy: Float32Array;
}

/** The operations of a layer in a step. */
export type ConvolutionOperation = "forward with pooling" | "filter gradient" | "input gradient";

/** The answer of an operation, valid until the next call. */
export interface Computed {
  readonly read: () => Float32Array;
}

/** Each operation of a layer by some kernels. */
export type Computations = Readonly<Record<ConvolutionOperation, () => Computed>>;

/** Those of the first layer: no step computes the gradient of its pictures. */
export type FirstComputations = Pick<Computations, "forward with pooling" | "filter gradient">;

/** Shape of the pooled output. */
export function pooledShape({ output: [batch, height, width, channels] }: Layer): Shape {
  return [batch, Math.floor(height / 2), Math.floor(width / 2), channels];
}

/**
 * By the kernels that the backend of `enableTraining` chooses. Its operands stay until the process ends.
 *
 * @param places those of {@link directKernels}: the gradients of all kernels are of the same maxima, where two are close
 */
export function backendKernels(layer: Layer, operands: Operands, places: Uint8Array): Computations {
  const inputShape = [...layer.input];
  const filterShape = [3, 3, layer.input[3], layer.output[3]];
  const x = tensor(operands.x, inputShape);
  const filter = tensor(operands.filter, filterShape);
  const bias = tensor(operands.bias);
  const dy = tensor(operands.dy, [...pooledShape(layer)]);
  // Bytes: four bits for each of two channels.
  const at = tensor(places, pooledShape(layer).with(3, layer.output[3] / 2), "bool");
  const run = (name: string, inputs: NamedTensorMap, attributes: NamedAttrMap = {}): Computed => {
    // The forward kernel gives the places, too.
    const [first] = [engine().runKernel<Tensor | Tensor[]>(name, inputs, attributes)].flat();
    return { read: () => first?.dataSync<"float32">() ?? new Float32Array() };
  };
  return {
    "forward with pooling": () => run("SilhouetteConvPool", { x, filter, bias }),
    "filter gradient": () => run("SilhouetteConvPoolFilterGradient", { x, dy, places: at }, { filterShape }),
    "input gradient": () => run("SilhouetteConvPoolInputGradient", { filter, dy, places: at }, { inputShape }),
  };
}

/**
 * The first layer by separate operations of the same backend: convolution, bias, ReLU and maximum, and the filter gradient of
 * an unpooled `dy`. Its own kernels, which look up sums of binary pictures, are verified against them.
 *
 * @param places of the maxima, as {@link directKernels} gives them
 */
export function separateOperations(layer: Layer, operands: Operands, places: Uint8Array): FirstComputations {
  const filterShape = [3, 3, layer.input[3], layer.output[3]];
  const x = tensor4d(operands.x, [...layer.input]);
  const filter = tensor4d(operands.filter, [3, 3, layer.input[3], layer.output[3]]);
  const bias = tensor(operands.bias);
  const dy = tensor(unpooled(layer, operands.dy, places), [...layer.output]);
  const gradientOf = { strides: [1, 1], pad: "valid", dataFormat: "NHWC", filterShape };
  return {
    "forward with pooling": () => {
      const output = maxPool<Tensor4D>(relu(add(conv2d(x, filter, 1, "valid"), bias)), 2, 2, "valid");
      return { read: () => output.dataSync<"float32">() };
    },
    "filter gradient": () => {
      const gradient = engine().runKernel<Tensor>("Conv2DBackpropFilter", { x, dy }, gradientOf);
      return { read: () => gradient.dataSync<"float32">() };
    },
  };
}

/** The gradient before pooling: each value of `dy` where its maximum was, if ReLU let it pass. */
function unpooled(layer: Layer, dy: Float32Array, places: Uint8Array): Float32Array {
  const [, height, width, channels] = layer.output;
  const [batch, rows, columns] = pooledShape(layer);
  const gradient = new Float32Array(batch * height * width * channels);
  for (let at = 0; at < dy.length; at++) {
    const channel = at % channels;
    const column = Math.floor(at / channels) % columns;
    const row = Math.floor(at / (channels * columns)) % rows;
    const picture = Math.floor(at / (channels * columns * rows));
    const bits = (places[at >> 1] ?? 0) >> (at % 2 === 0 ? 0 : 4);
    for (let pixel = 0; pixel < 4; pixel++) {
      if (((bits >> pixel) & 1) === 0) continue;
      const [y, x] = [2 * row + (pixel >> 1), 2 * column + (pixel & 1)];
      gradient[((picture * height + y) * width + x) * channels + channel] = dy[at] ?? Number.NaN;
    }
  }
  return gradient;
}

/** The result of {@link directKernels}. */
export interface DirectKernels {
  readonly computations: Computations;
  /** Where the maxima of the pooled output are, as all kernels write and read them. */
  readonly places: Uint8Array;
  /** The register tile's products, on the same instance. */
  readonly tile: () => void;
}

/** 256 MiB, more than the largest layer needs. The stack is at the beginning, everything else follows. */
const MEMORY_PAGES = 4096;
const STACK_BYTES = 2 ** 16;

/** Where a block of it may begin. */
const ALIGNMENT = 16;
const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;

/** The kernel's activation: ReLU follows the bias. */
const RELU = 1;

/** The most parts that the backend divides the work of a kernel into. */
const MOST_PARTS = 64;

/** By direct convolutions: the functions that src/abi of @silhouette/training-wasm documents. */
export async function directKernels(layer: Layer, { x, filter, bias, dy }: Operands): Promise<DirectKernels> {
  const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES });
  const binary = kernelsBinary(canRun("relaxed") ? "relaxed" : "simd128", false);
  const { exports } = (await WebAssembly.instantiate(binary, { env: { memory } })).instance;
  (exports["__stack_pointer"] as WebAssembly.Global<"i32">).value = STACK_BYTES;
  const call = (name: string, ...words: readonly number[]): number =>
    (exports[name] as (...args: readonly number[]) => number)(...words);
  let end = STACK_BYTES;
  const take = (bytes: number): number => {
    const start = end;
    end += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    return start;
  };
  const put = (values: Float32Array | Uint32Array): number => {
    const start = take(values.byteLength);
    new Uint8Array(memory.buffer).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), start);
    return start;
  };
  const [batch, inHeight] = layer.input;
  const [strides, dilations, padding] = [
    [1, 1],
    [1, 1],
    [0, 0],
  ];
  const sizes = [...layer.input, ...layer.output.slice(1), 3, 3];
  const convolution = put(Uint32Array.from([sizes, strides, dilations, padding].flat()));
  const [xAt, filterAt, biasAt, dyAt] = [put(x), put(filter), put(bias), put(dy)];
  const [output, places] = [take(dy.byteLength), take(dy.length / 2)];
  const [dFilter, dx] = [take(filter.byteLength), take(x.byteLength)];
  const panels = take(call("conv_pool_panels", convolution));
  const turned = take(call("conv_pool_turned_filter", convolution));
  const sumsParts = call("conv_pool_filter_gradient_parts", convolution);
  const sums = take(sumsParts * call("conv2d_filter_gradient_sums", convolution));
  const users = ["conv_pool", "conv_pool_filter_gradient", "conv_pool_input_gradient"];
  const workspace = take(Math.max(...users.map((name) => call(`${name}_workspace`, convolution))));
  const tileRows = put(new Float32Array(4 * TILE_DEPTH).fill(1e-3));
  const tileColumns = put(new Float32Array(8 * TILE_DEPTH).fill(1e-3));
  const tileSums = take(4 * 8 * FLOAT_BYTES);

  const runParts = (name: string, parts: number, ...args: readonly number[]): void => {
    for (let part = 0; part < parts; part++) call(name, part, parts, workspace, convolution, ...args);
  };
  const floats = (start: number, length: number): Computed => ({
    read: () => new Float32Array(memory.buffer, start, length),
  });
  const computations: Computations = {
    "forward with pooling": () => {
      call("conv_pool_pack_filter", convolution, filterAt, biasAt, panels);
      const rows = batch * pooledShape(layer)[1];
      runParts("conv_pool", Math.min(rows, MOST_PARTS), xAt, panels, biasAt, RELU, output, places);
      return floats(output, dy.length);
    },
    "filter gradient": () => {
      runParts("conv_pool_filter_gradient", sumsParts, xAt, dyAt, places, sums);
      runParts("conv2d_filter_gradient_total", 1, sumsParts, sums, dFilter);
      return floats(dFilter, filter.length);
    },
    "input gradient": () => {
      call("conv_pool_turn_filter", convolution, filterAt, turned);
      runParts("conv_pool_input_gradient", Math.min(batch * inHeight, MOST_PARTS), turned, dyAt, places, dx);
      return floats(dx, x.length);
    },
  };
  computations["forward with pooling"]();
  return {
    computations,
    places: new Uint8Array(memory.buffer, places, dy.length / 2),
    tile: () => void call("tile_products", TILE_DEPTH, TILE_REPETITIONS, tileRows, tileColumns, tileSums),
  };
}
