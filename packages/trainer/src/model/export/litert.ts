// A model for LiteRT, which was TensorFlow Lite: pixels of a picture's views ─▶ its probabilities and novelty. Maps are [batch, rows,
// columns, channels], as in TensorFlow.
//
// The file is for one picture at a time: LiteRT.js, and accelerators of phones, take no open sizes. Interpreters that resize their input
// take more, since no operator has the size of the batch in it.

import { viewCountOf } from "../../dataset/view.ts";
import { textBytes } from "../../values/files.ts";
import { floatBytes, int32Bytes, permuted } from "./constant-data.ts";
import type { Exporter } from "./exported-file.ts";
import { isConstant, type Constant, type Graph, type Operation, type UnaryFunction, type Value } from "./graph.ts";
import { graphOf } from "./lower-network.ts";
import { metadataOf } from "./metadata.ts";
import {
  encodeTflite,
  OPTIONS,
  PADDING,
  type OperatorName,
  type OptionsTable,
  type TfliteOperator,
  type TfliteTensor,
} from "./tflite-flatbuffer.ts";

/** Name of the file. */
const FILE = "model.tflite";

const UNARY: Readonly<Record<UnaryFunction, OperatorName>> = {
  relu: "relu",
  sigmoid: "logistic",
  tanh: "tanh",
  elu: "elu",
  gelu: "gelu",
  exp: "exp",
  log: "log",
  sqrt: "sqrt",
  abs: "abs",
};

/** Options of operators that need a table of them, empty or not. */
const BINARY_OPTIONS: Readonly<Partial<Record<OperatorName, OptionsTable>>> = {
  add: OPTIONS.add,
  subtract: OPTIONS.subtract,
  multiply: OPTIONS.multiply,
  divide: OPTIONS.divide,
};

const REDUCTIONS = { mean: "mean", sum: "sum", max: "reduceMax" } as const;

/** The bit of the axis of the batch. */
const WHOLE_BATCH = 1;

/** Dilated depthwise convolutions came with version 2 of the operator. */
const DILATED_DEPTHWISE = 2;

/** `model.tflite`. */
export const exportLitert: Exporter = async (network, description) => {
  const graph = graphOf(network, description, "LiteRT");
  const lowered = new LitertGraph(graph, viewCountOf(description.pixelFormat, description.views));
  const metadata = Object.entries(metadataOf(description)).map(([key, text]) => [key, textBytes(text)] as const);
  const bytes = encodeTflite({
    description: `Classifies photographs as ${description.labels.join(", ")}.`,
    tensors: lowered.tensors,
    operators: lowered.operators,
    inputs: { [graph.input.name]: lowered.indexOf(graph.input) },
    outputs: Object.fromEntries(graph.outputs.map((output) => [output.name, lowered.indexOf(output)])),
    metadata: Object.fromEntries(metadata),
  });
  return [{ name: FILE, bytes }];
};

/** The tensors and operators of a graph. */
class LitertGraph {
  readonly tensors: TfliteTensor[] = [];
  readonly operators: TfliteOperator[] = [];
  /** The index of a value's tensor. */
  readonly #indices = new Map<string, number>();

  /** @param views number of views of a picture, which the graph gets */
  constructor({ input, operations }: Graph, views: number) {
    this.#add(input, views);
    for (const operation of operations) this.#write(operation);
  }

  #write(operation: Operation): void {
    const { output } = operation;
    switch (operation.kind) {
      case "convolution": {
        const { window, kernel, bias } = operation;
        const { strides, dilations } = window;
        const weights = this.#constant(permuted(kernel, [3, 0, 1, 2]));
        const options = OPTIONS.convolution(PADDING[window.padding], strides, dilations);
        this.#operator("convolution", operation, [weights, this.#bias(bias, output)], options);
        return;
      }
      case "depthwiseConvolution": {
        const { window, kernel, bias } = operation;
        const [rows = 1, columns = 1, channels = 1, multiplier = 1] = kernel.shape;
        const { name, values } = kernel;
        const weights = this.#constant({ name, shape: [1, rows, columns, channels * multiplier], values });
        const options = OPTIONS.depthwiseConvolution(
          PADDING[window.padding],
          window.strides,
          window.dilations,
          multiplier,
        );
        const version = window.dilations.every((each) => each === 1) ? 1 : DILATED_DEPTHWISE;
        this.#operator("depthwiseConvolution", operation, [weights, this.#bias(bias, output)], options, version);
        return;
      }
      case "pool": {
        const { padding, strides, size } = operation.window;
        const options = OPTIONS.pool(PADDING[padding], strides, size);
        this.#operator(operation.function === "max" ? "maxPool" : "averagePool", operation, [], options);
        return;
      }
      case "dense": {
        const weights = this.#constant(permuted(operation.kernel, [1, 0]));
        this.#operator(
          "fullyConnected",
          operation,
          [weights, this.#bias(operation.bias, output)],
          OPTIONS.fullyConnected,
        );
        return;
      }
      case "unary":
        this.#operator(UNARY[operation.function], operation);
        return;
      case "leakyRelu":
        this.#operator("leakyRelu", operation, [], OPTIONS.leakyRelu(operation.slope));
        return;
      case "binary": {
        const { other, function: name } = operation;
        const operand = isConstant(other) ? this.#constant(other) : this.indexOf(other);
        this.#operator(name, operation, [operand], BINARY_OPTIONS[name]);
        return;
      }
      case "softmax":
        this.#operator("softmax", operation, [], OPTIONS.softmax);
        return;
      case "reduce": {
        const axes = this.#whole(`${output.name}/axes`, operation.axes);
        this.#operator(REDUCTIONS[operation.function], operation, [axes], OPTIONS.reduce(operation.keepsAxes));
        return;
      }
      case "reshape":
        this.#operator("reshape", operation, [this.#whole(`${output.name}/shape`, [-1, ...output.shape])]);
        return;
      case "transpose":
        this.#operator("transpose", operation, [this.#whole(`${output.name}/order`, operation.order)]);
        return;
      case "pad": {
        const sides = [0, 0, ...operation.rows, ...operation.columns, 0, 0];
        this.#operator("pad", operation, [this.#whole(`${output.name}/sides`, sides, [4, 2])]);
        return;
      }
      case "crop": {
        // A slice by sizes would have the size of the batch in it.
        const [rows, columns] = operation.begin;
        const [height = 0, width = 0, channels = 0] = output.shape;
        const begin = this.#whole(`${output.name}/begin`, [0, rows, columns, 0]);
        const end = this.#whole(`${output.name}/end`, [0, rows + height, columns + width, channels]);
        const strides = this.#whole(`${output.name}/strides`, [1, 1, 1, 1]);
        this.#operator("stridedSlice", operation, [begin, end, strides], OPTIONS.stridedSlice(WHOLE_BATCH));
        return;
      }
      case "enlarge": {
        const size = this.#whole(`${output.name}/size`, output.shape.slice(0, 2));
        this.#operator(operation.method === "bilinear" ? "resizeBilinear" : "resizeNearestNeighbor", operation, [size]);
        return;
      }
      default: {
        const others = operation.others.map((each) => this.indexOf(each));
        this.#operator("concatenation", operation, others, OPTIONS.concatenation(operation.axis));
      }
    }
  }

  /** The index of a value's tensor. */
  indexOf({ name }: Value): number {
    const index = this.#indices.get(name);
    if (index === undefined) throw new RangeError(`Expected ${name} to be computed before it is used`);
    return index;
  }

  #add({ name, shape }: Value, batch: number): number {
    const index = this.tensors.push({ name, type: "float32", shape: [batch, ...shape] }) - 1;
    this.#indices.set(name, index);
    return index;
  }

  #operator(
    operator: OperatorName,
    { input, output }: Operation,
    others: readonly number[] = [],
    options?: OptionsTable,
    version = 1,
  ): void {
    const from = this.indexOf(input);
    const [batch = 1, ...sizes] = this.tensors[from]?.shape ?? [];
    // Only reshaping changes the batch: views that are joined leave fewer values of more numbers each.
    const numbers = batch * sizeOf(sizes);
    this.operators.push({
      operator,
      version,
      inputs: [from, ...others],
      output: this.#add(output, operator === "reshape" ? numbers / sizeOf(output.shape) : batch),
      ...(options && { options }),
    });
  }

  #constant({ name, shape, values }: Constant): number {
    return this.tensors.push({ name, type: "float32", shape, data: floatBytes(values) }) - 1;
  }

  /** Zeros, if there is no bias: some of LiteRT's delegates expect one. */
  #bias(bias: Constant | undefined, { name, shape }: Value): number {
    const channels = shape.at(-1) ?? 0;
    return this.#constant(bias ?? { name: `${name}/bias`, shape: [channels], values: new Float32Array(channels) });
  }

  #whole(name: string, values: readonly number[], shape: readonly number[] = [values.length]): number {
    return this.tensors.push({ name, type: "int32", shape, data: int32Bytes(values) }) - 1;
  }
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
