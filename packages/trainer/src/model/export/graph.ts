// A network as a list of plain operations, which the writers of ONNX and LiteRT files take one after the other.
//
//   network ─▶ lower-network.ts, lower-layer.ts ─▶ graph ─▶ onnx.ts, litert.ts ─▶ bytes
//
// Values are float32. Maps are [batch, rows, columns, channels], as in TensorFlow; axis 0 of every value is the batch, whose size is open.

/** What an operation computes, or the graph gets. */
export interface Value {
  /** Unique in the graph. */
  readonly name: string;
  /** All axes but the first one, which is the batch. */
  readonly shape: readonly number[];
}

/** Weights and other numbers that a graph brings along. */
export interface Constant {
  /** Unique in the graph. */
  readonly name: string;
  /** All axes; none for a single number. */
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: Float32Array;
}

/** Rows and columns. */
export type Pair = readonly [rows: number, columns: number];

/** How a window is moved over a map; `same` adds zeros, more of them at the end, so that the map is only divided by the strides. */
export interface Window {
  readonly size: Pair;
  readonly strides: Pair;
  /** Distance of a window's places; 1 where they are neighbors. */
  readonly dilations: Pair;
  readonly padding: "same" | "valid";
}

/** A function of each number. */
export type UnaryFunction = "relu" | "sigmoid" | "tanh" | "elu" | "gelu" | "exp" | "log" | "sqrt" | "abs";

/** A function of two numbers, of values that are broadcast as in NumPy. */
export type BinaryFunction = "add" | "subtract" | "multiply" | "divide" | "maximum" | "minimum" | "power";

/** What is computed of one value. */
type Computation =
  /** Kernel `[rows, columns, in, out]`, bias `[out]`. */
  | { readonly kind: "convolution"; readonly window: Window; readonly kernel: Constant; readonly bias?: Constant }
  /** Each channel on its own. Kernel `[rows, columns, in, multiplier]`. */
  | {
      readonly kind: "depthwiseConvolution";
      readonly window: Window;
      readonly kernel: Constant;
      readonly bias?: Constant;
    }
  /** The mean counts no places beyond the edges. */
  | { readonly kind: "pool"; readonly window: Window; readonly function: "max" | "mean" }
  /** Of `[batch, in]`. Kernel `[in, out]`, bias `[out]`. */
  | { readonly kind: "dense"; readonly kernel: Constant; readonly bias?: Constant }
  | { readonly kind: "unary"; readonly function: UnaryFunction }
  /** Numbers below 0 are multiplied with `slope`. */
  | { readonly kind: "leakyRelu"; readonly slope: number }
  /** The other operand is a value of as many axes, or a constant. */
  | { readonly kind: "binary"; readonly function: BinaryFunction; readonly other: Value | Constant }
  /** Over the last axis. */
  | { readonly kind: "softmax" }
  /** `axes` are counted from the batch's, 0, which is not among them. */
  | {
      readonly kind: "reduce";
      readonly function: "mean" | "sum" | "max";
      readonly axes: readonly number[];
      readonly keepsAxes: boolean;
    }
  /** To the shape of the output; the size of the batch follows from it. */
  | { readonly kind: "reshape" }
  /** Axis i of the output is axis `order[i]` of the input; 0 stays. */
  | { readonly kind: "transpose"; readonly order: readonly number[] }
  /** Zeros around a map. */
  | { readonly kind: "pad"; readonly rows: Pair; readonly columns: Pair }
  /** The part of a map of the output's size that begins at `begin`. */
  | { readonly kind: "crop"; readonly begin: Pair }
  /** A map enlarged; samples are at the upper left corners of pixels. */
  | { readonly kind: "enlarge"; readonly factors: Pair; readonly method: "nearest" | "bilinear" }
  /** Along an axis. */
  | { readonly kind: "concatenate"; readonly others: readonly Value[]; readonly axis: number };

/** An operation: its input, what is computed of it, and its output. */
export type Operation = Computation & { readonly input: Value; readonly output: Value };

/** A network, ready to be written. */
export interface Graph {
  readonly input: Value;
  /** Each after those that compute its inputs. */
  readonly operations: readonly Operation[];
  readonly outputs: readonly Value[];
}

/** Whether an operand is a constant. */
export function isConstant(operand: Value | Constant): operand is Constant {
  return "values" in operand;
}

/** Rows, or columns, of a map. */
export type MapAxis = 0 | 1;

/** Number of places of a window along a side of a map. */
export function placesOf(side: number, axis: MapAxis, window: Window): number {
  const stride = window.strides[axis];
  return window.padding === "same" ? Math.ceil(side / stride) : Math.floor((side - reachOf(axis, window)) / stride) + 1;
}

/** Zeros before and after a side of a map. */
export function paddingOf(side: number, axis: MapAxis, window: Window): readonly [before: number, after: number] {
  if (window.padding === "valid") return [0, 0];
  const covered = (placesOf(side, axis, window) - 1) * window.strides[axis] + reachOf(axis, window);
  const missing = Math.max(covered - side, 0);
  return [Math.floor(missing / 2), Math.ceil(missing / 2)];
}

/** Rows, or columns, from a window's first place to its last. */
function reachOf(axis: MapAxis, { size, dilations }: Window): number {
  return dilations[axis] * (size[axis] - 1) + 1;
}

/** Builds a graph. Names are made unique. */
export class GraphBuilder {
  readonly #input: Value;
  readonly #operations: Operation[] = [];
  readonly #names = new Set<string>();
  #scope = "";

  /** Begins with the graph's input, of the given shape without the batch. */
  constructor(name: string, shape: readonly number[]) {
    this.#input = this.#value(name, shape);
  }

  /** The graph's input. */
  get input(): Value {
    return this.#input;
  }

  /** Names what is computed next after a layer. */
  within(scope: string): void {
    this.#scope = scope;
  }

  /** The output of an operation that is added. `name` is for an output of the graph. */
  add(input: Value, computation: Computation, shape: readonly number[] = input.shape, name = this.#scope): Value {
    const output = this.#value(name, shape);
    this.#operations.push({ ...computation, input, output });
    return output;
  }

  /** A constant. */
  constant(name: string, shape: readonly number[], values: ArrayLike<number>): Constant {
    return { name: this.#unique(name), shape, values: Float32Array.from(values) };
  }

  /** `input` and another operand. The result has the shape of `input`. */
  binary(input: Value, name: BinaryFunction, other: Value | Constant | number): Value {
    const operand = typeof other === "number" ? this.constant(`${this.#scope}/${name}`, [], [other]) : other;
    return this.add(input, { kind: "binary", function: name, other: operand });
  }

  /** A function of each number of `input`. */
  unary(input: Value, name: UnaryFunction): Value {
    return this.add(input, { kind: "unary", function: name });
  }

  /** `input` in another shape, without the batch. */
  reshape(input: Value, shape: readonly number[]): Value {
    return this.add(input, { kind: "reshape" }, shape);
  }

  /** The mean, sum or maximum over `axes`. */
  reduce(input: Value, name: "mean" | "sum" | "max", axes: readonly number[], keepsAxes = false): Value {
    const shape = input.shape.flatMap((size, index) => (axes.includes(index + 1) ? (keepsAxes ? [1] : []) : [size]));
    return this.add(input, { kind: "reduce", function: name, axes, keepsAxes }, shape);
  }

  /** The graph with these outputs. */
  finish(outputs: readonly Value[]): Graph {
    return { input: this.#input, operations: this.#operations, outputs };
  }

  /** A value of a unique name. */
  #value(name: string, shape: readonly number[]): Value {
    return { name: this.#unique(name), shape };
  }

  #unique(name: string): string {
    let unique = name;
    for (let count = 2; this.#names.has(unique); count++) unique = `${name}_${count}`;
    this.#names.add(unique);
    return unique;
  }
}
