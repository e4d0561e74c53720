// A model in ONNX: pixels of a picture's views ─▶ its probabilities and novelty. Maps are [batch, channels, rows, columns] inside, as
// ONNX has them; the input is [views, rows, columns, channels], as the network was trained.

import { permuted } from "./constant-data.ts";
import type { Exporter } from "./exported-file.ts";
import {
  isConstant,
  paddingOf,
  type Constant,
  type Graph,
  type Operation,
  type UnaryFunction,
  type Value,
  type Window,
} from "./graph.ts";
import { graphOf } from "./lower-network.ts";
import { ENDS_DOC, metadataOf, PRODUCER } from "./metadata.ts";
import { encodeOnnx, type OnnxAttribute, type OnnxEnd, type OnnxNode, type OnnxTensor } from "./onnx-proto.ts";

/** Version of the operators: of 2022, which all runtimes have. */
const OPSET = 17;

/** Name of the file. */
const FILE = "model.onnx";

/** Number of axes of a map without the batch. */
const MAP_AXES = 3;

/** Where the axes of a map [batch, rows, columns, channels] are in [batch, channels, rows, columns], and back. */
const TO_CHANNELS_FIRST = [0, 3, 1, 2];
const TO_CHANNELS_LAST = [0, 2, 3, 1];

const UNARY: Readonly<Record<Exclude<UnaryFunction, "gelu">, string>> = {
  relu: "Relu",
  sigmoid: "Sigmoid",
  tanh: "Tanh",
  elu: "Elu",
  exp: "Exp",
  log: "Log",
  sqrt: "Sqrt",
  abs: "Abs",
};

const BINARY = {
  add: "Add",
  subtract: "Sub",
  multiply: "Mul",
  divide: "Div",
  maximum: "Max",
  minimum: "Min",
  power: "Pow",
} as const;

/** `model.onnx`. */
export const exportOnnx: Exporter = async (network, description) => {
  const graph = graphOf(network, description, "ONNX");
  const { nodes, tensors } = new OnnxGraph(graph);
  const bytes = encodeOnnx({
    producer: PRODUCER,
    doc: `Classifies photographs as ${description.labels.join(", ")}.`,
    opset: OPSET,
    metadata: metadataOf(description),
    name: network.name,
    nodes,
    tensors,
    inputs: [endOf(graph.input, "views")],
    outputs: graph.outputs.map((output) => endOf(output, "pictures")),
  });
  return [{ name: FILE, bytes }];
};

/** An input or output, the size of whose first axis is open. */
function endOf({ name, shape }: Value, first: string): OnnxEnd {
  return { name, shape: [first, ...shape], doc: ENDS_DOC.get(name) ?? "" };
}

/** The nodes and tensors of a graph. */
class OnnxGraph {
  readonly nodes: OnnxNode[] = [];
  readonly tensors: OnnxTensor[] = [];
  readonly #input: Value;

  constructor({ input, operations }: Graph) {
    this.#input = input;
    this.#node("Transpose", [input.name], this.#nameOf(input), { perm: TO_CHANNELS_FIRST });
    for (const operation of operations) this.#write(operation);
  }

  #write(operation: Operation): void {
    const { input, output } = operation;
    const from = this.#nameOf(input);
    const to = this.#nameOf(output);
    switch (operation.kind) {
      case "convolution": {
        const { window, kernel, bias } = operation;
        const weights = this.#tensor(permuted(kernel, [3, 2, 0, 1]));
        this.#node("Conv", [from, weights, ...this.#optional(bias)], to, windowAttributes(input, window));
        return;
      }
      case "depthwiseConvolution": {
        const { window, kernel, bias } = operation;
        const [rows = 1, columns = 1, channels = 1, multiplier = 1] = kernel.shape;
        const { name, values } = permuted(kernel, [2, 3, 0, 1]);
        const weights = this.#tensor({ name, shape: [channels * multiplier, 1, rows, columns], values });
        const attributes = { ...windowAttributes(input, window), group: channels };
        this.#node("Conv", [from, weights, ...this.#optional(bias)], to, attributes);
        return;
      }
      case "pool": {
        // Pools have dilations of 1.
        const { dilations: _, ...attributes } = windowAttributes(input, operation.window);
        this.#node(operation.function === "max" ? "MaxPool" : "AveragePool", [from], to, attributes);
        return;
      }
      case "dense":
        this.#node("Gemm", [from, this.#tensor(operation.kernel), ...this.#optional(operation.bias)], to);
        return;
      case "unary":
        if (operation.function === "gelu") this.#gelu(from, to);
        else this.#node(UNARY[operation.function], [from], to);
        return;
      case "leakyRelu":
        this.#node("LeakyRelu", [from], to, { alpha: { float: operation.slope } });
        return;
      case "binary": {
        const { other } = operation;
        const operand = isConstant(other)
          ? this.#tensor(isMap(input) ? broadcastOverMap(other) : other)
          : this.#nameOf(other);
        this.#node(BINARY[operation.function], [from, operand], to);
        return;
      }
      case "softmax":
        this.#node("Softmax", [from], to, { axis: isMap(input) ? 1 : -1 });
        return;
      case "reduce":
        this.#reduce(operation, from, to);
        return;
      case "reshape":
        this.#reshape(input, output);
        return;
      case "transpose": {
        const last = this.#channelsLast(input);
        this.#toOwnLayout(output, (name) => this.#node("Transpose", [last], name, { perm: operation.order }));
        return;
      }
      case "pad": {
        const [rows, columns] = [operation.rows, operation.columns];
        const pads = this.#whole(`${to}/pads`, [0, 0, rows[0], columns[0], 0, 0, rows[1], columns[1]]);
        this.#node("Pad", [from, pads], to);
        return;
      }
      case "crop": {
        const [rows, columns] = operation.begin;
        const [height = 0, width = 0] = output.shape;
        const begin = this.#whole(`${to}/begin`, [rows, columns]);
        const end = this.#whole(`${to}/end`, [rows + height, columns + width]);
        this.#node("Slice", [from, begin, end, this.#whole(`${to}/axes`, [2, 3])], to);
        return;
      }
      case "enlarge": {
        const scales = { name: `${to}/scales`, shape: [4], values: Float32Array.of(1, 1, ...operation.factors) };
        this.#node("Resize", [from, "", this.#tensor(scales)], to, {
          mode: operation.method === "bilinear" ? "linear" : "nearest",
          coordinate_transformation_mode: "asymmetric",
          nearest_mode: "floor",
        });
        return;
      }
      default: {
        const axis = isMap(input) ? channelsFirstAxis(operation.axis) : operation.axis;
        this.#node("Concat", [from, ...operation.others.map((each) => this.#nameOf(each))], to, { axis });
      }
    }
  }

  /** Maps are reduced over rows and columns, or over channels. */
  #reduce(operation: Extract<Operation, { readonly kind: "reduce" }>, from: string, to: string): void {
    const { function: name, axes: own, keepsAxes, input } = operation;
    const axes = isMap(input) ? own.map(channelsFirstAxis) : own;
    const keepdims = keepsAxes ? 1 : 0;
    // Only sums take their axes as an input in opset 17.
    if (name === "sum") this.#node("ReduceSum", [from, this.#whole(`${to}/axes`, axes)], to, { keepdims });
    else this.#node(name === "mean" ? "ReduceMean" : "ReduceMax", [from], to, { axes, keepdims });
  }

  /** Numbers keep their order in memory, which is that of channels last. */
  #reshape(input: Value, output: Value): void {
    const last = this.#channelsLast(input);
    const shape = this.#whole(`${output.name}/shape`, [-1, ...output.shape]);
    this.#toOwnLayout(output, (name) => this.#node("Reshape", [last, shape], name));
  }

  /** x (1 + erf(x / √2)) / 2; Gelu itself came with opset 20. */
  #gelu(from: string, to: string): void {
    const number = (name: string, value: number): string =>
      this.#tensor({ name: `${to}/${name}`, shape: [], values: Float32Array.of(value) });
    this.#node("Mul", [from, number("scale", Math.SQRT1_2)], `${to}/scaled`);
    this.#node("Erf", [`${to}/scaled`], `${to}/erf`);
    this.#node("Add", [`${to}/erf`, number("one", 1)], `${to}/above`);
    this.#node("Mul", [`${to}/above`, from], `${to}/double`);
    this.#node("Mul", [`${to}/double`, number("half", 0.5)], to);
  }

  /** The name of a value with channels last. */
  #channelsLast(value: Value): string {
    if (!isMap(value)) return value.name;
    if (value === this.#input) return value.name;
    const name = `${value.name}/channels_last`;
    if (!this.nodes.some(({ output }) => output === name))
      this.#node("Transpose", [value.name], name, { perm: TO_CHANNELS_LAST });
    return name;
  }

  /** Writes a value that `write` computes with channels last. */
  #toOwnLayout(output: Value, write: (name: string) => void): void {
    if (!isMap(output)) {
      write(output.name);
      return;
    }
    const name = `${output.name}/channels_last`;
    write(name);
    this.#node("Transpose", [name], output.name, { perm: TO_CHANNELS_FIRST });
  }

  /** The name of a value: of maps, with channels first. */
  #nameOf(value: Value): string {
    return value === this.#input ? `${value.name}/channels_first` : value.name;
  }

  #node(
    operator: string,
    inputs: readonly string[],
    output: string,
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): void {
    this.nodes.push({ operator, inputs, output, attributes });
  }

  #tensor(tensor: OnnxTensor): string {
    this.tensors.push(tensor);
    return tensor.name;
  }

  #whole(name: string, values: readonly number[]): string {
    return this.#tensor({ name, shape: [values.length], values });
  }

  #optional(constant: Constant | undefined): readonly string[] {
    return constant === undefined ? [] : [this.#tensor(constant)];
  }
}

function isMap({ shape }: Value): boolean {
  return shape.length === MAP_AXES;
}

function channelsFirstAxis(axis: number): number {
  return TO_CHANNELS_FIRST.indexOf(axis);
}

function windowAttributes(input: Value, window: Window): Readonly<Record<string, readonly number[]>> {
  const [height = 0, width = 0] = input.shape;
  const [rows, columns] = [paddingOf(height, 0, window), paddingOf(width, 1, window)];
  return {
    kernel_shape: window.size,
    strides: window.strides,
    dilations: window.dilations,
    pads: [rows[0], columns[0], rows[1], columns[1]],
  };
}

/** A constant that is broadcast over a map with channels last, for one with channels first. */
function broadcastOverMap(constant: Constant): Constant {
  const { shape, values, name } = constant;
  if (shape.length === 0) return constant;
  if (shape.length === 1) return { name, shape: [...shape, 1, 1], values };
  return permuted(constant, [2, 0, 1]);
}
