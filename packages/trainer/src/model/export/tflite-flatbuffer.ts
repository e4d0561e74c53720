// A LiteRT (TensorFlow Lite) model as bytes: the tables of schema.fbs (github.com/tensorflow/tensorflow, lite/schema) that a network needs,
// by the places of their fields.
//
// Written by hand rather than generated: the schema has 170 tables, of which a network needs a dozen.

import { Builder } from "flatbuffers";

/** Built-in operators by their codes; versions other than 1 are given with an operator. */
export const OPERATORS = {
  add: 0,
  averagePool: 1,
  concatenation: 2,
  convolution: 3,
  depthwiseConvolution: 4,
  fullyConnected: 9,
  logistic: 14,
  maxPool: 17,
  multiply: 18,
  relu: 19,
  reshape: 22,
  resizeBilinear: 23,
  softmax: 25,
  tanh: 28,
  pad: 34,
  transpose: 39,
  mean: 40,
  subtract: 41,
  divide: 42,
  stridedSlice: 45,
  exp: 47,
  maximum: 55,
  minimum: 57,
  log: 73,
  sum: 74,
  sqrt: 75,
  power: 78,
  reduceMax: 82,
  resizeNearestNeighbor: 97,
  leakyRelu: 98,
  abs: 101,
  elu: 111,
  gelu: 150,
} as const;

/** A built-in operator. */
export type OperatorName = keyof typeof OPERATORS;

/** A number of an options table: its place, and its type there. */
export type OptionField = readonly [place: number, type: "int8" | "int32" | "float32" | "bool", value: number];

/** Options of an operator: the number of their table in the union `BuiltinOptions`, and their fields that are not the default. */
export interface OptionsTable {
  readonly type: number;
  readonly fields: readonly OptionField[];
}

/** The options tables that are used, with the places of their fields. */
export const OPTIONS = {
  convolution: (padding: number, [rows, columns]: Sides, [dilatedRows, dilatedColumns]: Sides): OptionsTable => ({
    type: 1,
    fields: [
      [0, "int8", padding],
      [1, "int32", columns],
      [2, "int32", rows],
      [4, "int32", dilatedColumns],
      [5, "int32", dilatedRows],
    ],
  }),
  depthwiseConvolution: (
    padding: number,
    [rows, columns]: Sides,
    [dilatedRows, dilatedColumns]: Sides,
    multiplier: number,
  ): OptionsTable => ({
    type: 2,
    fields: [
      [0, "int8", padding],
      [1, "int32", columns],
      [2, "int32", rows],
      [3, "int32", multiplier],
      [5, "int32", dilatedColumns],
      [6, "int32", dilatedRows],
    ],
  }),
  pool: (padding: number, [rows, columns]: Sides, [height, width]: Sides): OptionsTable => ({
    type: 5,
    fields: [
      [0, "int8", padding],
      [1, "int32", columns],
      [2, "int32", rows],
      [3, "int32", width],
      [4, "int32", height],
    ],
  }),
  fullyConnected: { type: 8, fields: [] },
  softmax: { type: 9, fields: [[0, "float32", 1]] },
  concatenation: (axis: number): OptionsTable => ({ type: 10, fields: [[0, "int32", axis]] }),
  add: { type: 11, fields: [] },
  multiply: { type: 21, fields: [] },
  reduce: (keepsAxes: boolean): OptionsTable => ({ type: 27, fields: [[0, "bool", Number(keepsAxes)]] }),
  subtract: { type: 28, fields: [] },
  divide: { type: 29, fields: [] },
  /** `ends`: a bit for each axis whose end is that of the input. */
  stridedSlice: (ends: number): OptionsTable => ({ type: 32, fields: [[1, "int32", ends]] }),
  leakyRelu: (slope: number): OptionsTable => ({ type: 75, fields: [[0, "float32", slope]] }),
} as const;

/** Of the enumeration `Padding`. */
export const PADDING = { same: 0, valid: 1 } as const;

type Sides = readonly [rows: number, columns: number];

/** A tensor: a constant if it has data. */
export interface TfliteTensor {
  readonly name: string;
  readonly type: "float32" | "int32";
  readonly shape: readonly number[];
  readonly data?: Uint8Array;
}

/** An operator. Inputs and outputs are indices of tensors. */
export interface TfliteOperator {
  readonly operator: OperatorName;
  readonly version?: number;
  readonly inputs: readonly number[];
  readonly output: number;
  readonly options?: OptionsTable;
}

/** A model with one graph. */
export interface TfliteModel {
  readonly description: string;
  readonly tensors: readonly TfliteTensor[];
  readonly operators: readonly TfliteOperator[];
  /** Indices of tensors, by the names that the signature gives them. */
  readonly inputs: Readonly<Record<string, number>>;
  readonly outputs: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, Uint8Array>>;
}

/** Version of the format, and its identifier in the file. */
const VERSION = 3;
export const IDENTIFIER = "TFL3";

/** Places of fields in the tables that are read, too. */
export const MODEL_PLACES = {
  version: 0,
  operatorCodes: 1,
  subgraphs: 2,
  description: 3,
  buffers: 4,
  metadata: 6,
  signatures: 7,
} as const;
export const METADATA_PLACES = { name: 0, buffer: 1 } as const;
export const BUFFER_PLACES = { data: 0 } as const;

/** Name of the signature, as TensorFlow gives it. */
const SIGNATURE = "serving_default";

/** Data begins at a multiple of as many bytes. */
const ALIGNMENT = 16;

/** Codes from here on do not fit into the byte that older versions read. */
const EXTENDED_CODES = 127;

/** Of the enumeration `TensorType`. */
const TENSOR_TYPES = { float32: 0, int32: 2 } as const;

/** The bytes of a model file. */
export function encodeTflite(model: TfliteModel): Uint8Array {
  const builder = new Builder();
  const buffers = [table(builder, 1, () => undefined)];
  const bufferOf = (data: Uint8Array | undefined): number => {
    // The first buffer is that of all tensors that are computed.
    if (data === undefined) return 0;
    const bytes = dataVector(builder, data);
    return buffers.push(table(builder, 1, () => builder.addFieldOffset(BUFFER_PLACES.data, bytes, 0))) - 1;
  };
  const metadata = Object.entries(model.metadata).map(([key, content]) => {
    const buffer = bufferOf(content);
    const name = builder.createString(key);
    return table(builder, 2, () => {
      builder.addFieldOffset(METADATA_PLACES.name, name, 0);
      builder.addFieldInt32(METADATA_PLACES.buffer, buffer, 0);
    });
  });
  const tensors = model.tensors.map((tensor) => writeTensor(builder, tensor, bufferOf(tensor.data)));
  const codes = new Map(model.operators.map((each) => [codeKey(each), each]));
  const keys = [...codes.keys()];
  const operators = model.operators.map((each) => writeOperator(builder, each, keys.indexOf(codeKey(each))));
  const ends = [model.inputs, model.outputs].map((named) => int32Vector(builder, Object.values(named)));
  const [inputs = 0, outputs = 0] = ends;
  const [allTensors, allOperators] = [offsetVector(builder, tensors), offsetVector(builder, operators)];
  const graph = table(builder, 4, () => {
    builder.addFieldOffset(0, allTensors, 0);
    builder.addFieldOffset(1, inputs, 0);
    builder.addFieldOffset(2, outputs, 0);
    builder.addFieldOffset(3, allOperators, 0);
  });
  const fields = {
    operatorCodes: offsetVector(
      builder,
      [...codes.values()].map((each) => writeCode(builder, each)),
    ),
    subgraphs: offsetVector(builder, [graph]),
    description: builder.createString(model.description),
    buffers: offsetVector(builder, buffers),
    metadata: offsetVector(builder, metadata),
    signatures: offsetVector(builder, [writeSignature(builder, model)]),
  };
  const root = table(builder, 8, () => {
    builder.addFieldInt32(MODEL_PLACES.version, VERSION, 0);
    for (const [name, vector] of Object.entries(fields))
      builder.addFieldOffset(MODEL_PLACES[name as keyof typeof fields], vector, 0);
  });
  builder.finish(root, IDENTIFIER);
  return builder.asUint8Array().slice();
}

function writeTensor(builder: Builder, { name: text, type, shape: sizes }: TfliteTensor, buffer: number): number {
  const name = builder.createString(text);
  const shape = int32Vector(builder, sizes);
  return table(builder, 9, () => {
    builder.addFieldOffset(0, shape, 0);
    builder.addFieldInt8(1, TENSOR_TYPES[type], 0);
    builder.addFieldInt32(2, buffer, 0);
    builder.addFieldOffset(3, name, 0);
    builder.addFieldInt8(8, 1, 0);
  });
}

function writeCode(builder: Builder, { operator, version = 1 }: TfliteOperator): number {
  const code = OPERATORS[operator];
  return table(builder, 4, () => {
    builder.addFieldInt8(0, Math.min(code, EXTENDED_CODES), 0);
    builder.addFieldInt32(2, version, 1);
    builder.addFieldInt32(3, code, 0);
  });
}

function writeOperator(builder: Builder, { inputs, output, options }: TfliteOperator, code: number): number {
  const [taken, given] = [int32Vector(builder, inputs), int32Vector(builder, [output])];
  const written = options === undefined ? undefined : writeOptions(builder, options);
  return table(builder, 5, () => {
    builder.addFieldInt32(0, code, 0);
    builder.addFieldOffset(1, taken, 0);
    builder.addFieldOffset(2, given, 0);
    if (options === undefined || written === undefined) return;
    builder.addFieldInt8(3, options.type, 0);
    builder.addFieldOffset(4, written, 0);
  });
}

function writeOptions(builder: Builder, { fields }: OptionsTable): number {
  const places = Math.max(0, ...fields.map(([place]) => place + 1));
  return table(builder, places, () => {
    for (const [place, type, value] of fields) {
      // NaN is no default: every value is written, since defaults differ between fields.
      if (type === "int32") builder.addFieldInt32(place, value, Number.NaN);
      else if (type === "float32") builder.addFieldFloat32(place, value, Number.NaN);
      else builder.addFieldInt8(place, value, Number.NaN);
    }
  });
}

function writeSignature(builder: Builder, { inputs, outputs }: TfliteModel): number {
  const [taken, given] = [inputs, outputs].map((named) =>
    offsetVector(
      builder,
      Object.entries(named).map(([text, index]) => {
        const name = builder.createString(text);
        return table(builder, 2, () => {
          builder.addFieldOffset(0, name, 0);
          builder.addFieldInt32(1, index, 0);
        });
      }),
    ),
  );
  const key = builder.createString(SIGNATURE);
  return table(builder, 5, () => {
    builder.addFieldOffset(0, taken ?? 0, 0);
    builder.addFieldOffset(1, given ?? 0, 0);
    builder.addFieldOffset(2, key, 0);
  });
}

/** Operators of the same code and version share an entry. */
function codeKey({ operator, version = 1 }: TfliteOperator): string {
  return `${operator} ${version}`;
}

/** A table with room for `places` fields. @returns its offset */
function table(builder: Builder, places: number, write: () => void): number {
  builder.startObject(places);
  write();
  return builder.endObject();
}

function offsetVector(builder: Builder, offsets: readonly number[]): number {
  builder.startVector(4, offsets.length, 4);
  for (const offset of offsets.toReversed()) builder.addOffset(offset);
  return builder.endVector();
}

function int32Vector(builder: Builder, values: readonly number[]): number {
  builder.startVector(4, values.length, 4);
  for (const value of values.toReversed()) builder.addInt32(value);
  return builder.endVector();
}

/** Bytes, written from the end as everything in a FlatBuffer: what is left of the last word, then words. */
function dataVector(builder: Builder, data: Uint8Array): number {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  builder.startVector(1, data.length, ALIGNMENT);
  const whole = data.length - (data.length % 4);
  for (let at = data.length - 1; at >= whole; at--) builder.addInt8(view.getInt8(at));
  for (let at = whole - 4; at >= 0; at -= 4) builder.addInt32(view.getInt32(at, true));
  return builder.endVector();
}
