// An ONNX model as bytes: the messages of onnx.proto3 (github.com/onnx/onnx) that a network needs, by their field numbers.

import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

import { floatBytes, int64Bytes } from "./constant-data.ts";

/** A tensor that a model brings along. */
export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Row-major: 32-bit floats, or 64-bit integers. */
  readonly values: Float32Array | readonly number[];
}

/** An attribute; numbers are integers. */
export type OnnxAttribute = string | number | readonly number[] | { readonly float: number };

/** A node of a graph. */
export interface OnnxNode {
  /** Operator, such as `Conv`. */
  readonly operator: string;
  /** Names of values and tensors; an empty one is left out. */
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

/** A float32 input or output; a text is the name of a size that is open. */
export interface OnnxEnd {
  readonly name: string;
  readonly shape: readonly (number | string)[];
  readonly doc: string;
}

/** A model. */
export interface OnnxModel {
  readonly producer: { readonly name: string; readonly version: string };
  readonly doc: string;
  /** Version of the standard operators. */
  readonly opset: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly tensors: readonly OnnxTensor[];
  readonly inputs: readonly OnnxEnd[];
  readonly outputs: readonly OnnxEnd[];
}

/** Version of the format of files: the one that came with opset 17. */
const IR_VERSION = 8;

/** Field numbers. */
export const MODEL = {
  irVersion: 1,
  producerName: 2,
  producerVersion: 3,
  docString: 6,
  graph: 7,
  opsetImport: 8,
  metadataProps: 14,
} as const;
const OPSET = { version: 2 } as const;
/** Of an entry of the metadata. */
export const ENTRY = { key: 1, value: 2 } as const;
const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const;
const NODE = { input: 1, output: 2, name: 3, opType: 4, attribute: 5 } as const;
const ATTRIBUTE = { name: 1, f: 2, i: 3, s: 4, ints: 8, type: 20 } as const;
const TENSOR = { dims: 1, dataType: 2, name: 8, rawData: 9 } as const;
const VALUE_INFO = { name: 1, type: 2, docString: 3 } as const;
const TYPE = { tensorType: 1 } as const;
const TENSOR_TYPE = { elemType: 1, shape: 2 } as const;
const SHAPE = { dim: 1 } as const;
const DIMENSION = { value: 1, param: 2 } as const;

/** `AttributeProto.AttributeType` and `TensorProto.DataType`. */
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, ints: 7 } as const;
const DATA_TYPE = { float: 1, int64: 7 } as const;

/** The bytes of a model file. */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(MODEL.irVersion, WireType.Varint).int64(IR_VERSION);
  text(writer, MODEL.producerName, model.producer.name);
  text(writer, MODEL.producerVersion, model.producer.version);
  text(writer, MODEL.docString, model.doc);
  message(writer, MODEL.graph, () => writeGraph(writer, model));
  message(writer, MODEL.opsetImport, () => writer.tag(OPSET.version, WireType.Varint).int64(model.opset));
  for (const [key, value] of Object.entries(model.metadata)) {
    message(writer, MODEL.metadataProps, () => {
      text(writer, ENTRY.key, key);
      text(writer, ENTRY.value, value);
    });
  }
  return writer.finish();
}

function writeGraph(writer: BinaryWriter, { name, nodes, tensors, inputs, outputs }: OnnxModel): void {
  for (const node of nodes) message(writer, GRAPH.node, () => writeNode(writer, node));
  text(writer, GRAPH.name, name);
  for (const tensor of tensors) message(writer, GRAPH.initializer, () => writeTensor(writer, tensor));
  for (const end of inputs) message(writer, GRAPH.input, () => writeEnd(writer, end));
  for (const end of outputs) message(writer, GRAPH.output, () => writeEnd(writer, end));
}

function writeNode(writer: BinaryWriter, { operator, inputs, output, attributes = {} }: OnnxNode): void {
  for (const input of inputs) text(writer, NODE.input, input);
  text(writer, NODE.output, output);
  // The name of what it computes is unique, too.
  text(writer, NODE.name, output);
  text(writer, NODE.opType, operator);
  for (const [name, value] of Object.entries(attributes)) {
    message(writer, NODE.attribute, () => writeAttribute(writer, name, value));
  }
}

function writeAttribute(writer: BinaryWriter, name: string, value: OnnxAttribute): void {
  const type = (kind: keyof typeof ATTRIBUTE_TYPE) =>
    writer.tag(ATTRIBUTE.type, WireType.Varint).int32(ATTRIBUTE_TYPE[kind]);
  text(writer, ATTRIBUTE.name, name);
  if (typeof value === "string") {
    text(writer, ATTRIBUTE.s, value);
    type("string");
  } else if (typeof value === "number") {
    writer.tag(ATTRIBUTE.i, WireType.Varint).int64(value);
    type("int");
  } else if ("float" in value) {
    writer.tag(ATTRIBUTE.f, WireType.Bit32).float(value.float);
    type("float");
  } else {
    for (const each of value) writer.tag(ATTRIBUTE.ints, WireType.Varint).int64(each);
    type("ints");
  }
}

function writeTensor(writer: BinaryWriter, { name, shape, values }: OnnxTensor): void {
  for (const size of shape) writer.tag(TENSOR.dims, WireType.Varint).int64(size);
  const isFloat = values instanceof Float32Array;
  writer.tag(TENSOR.dataType, WireType.Varint).int32(isFloat ? DATA_TYPE.float : DATA_TYPE.int64);
  text(writer, TENSOR.name, name);
  writer.tag(TENSOR.rawData, WireType.LengthDelimited).bytes(isFloat ? floatBytes(values) : int64Bytes(values));
}

function writeEnd(writer: BinaryWriter, { name, shape, doc }: OnnxEnd): void {
  text(writer, VALUE_INFO.name, name);
  message(writer, VALUE_INFO.type, () => {
    message(writer, TYPE.tensorType, () => {
      writer.tag(TENSOR_TYPE.elemType, WireType.Varint).int32(DATA_TYPE.float);
      message(writer, TENSOR_TYPE.shape, () => {
        for (const size of shape) {
          message(writer, SHAPE.dim, () => {
            if (typeof size === "string") text(writer, DIMENSION.param, size);
            else writer.tag(DIMENSION.value, WireType.Varint).int64(size);
          });
        }
      });
    });
  });
  text(writer, VALUE_INFO.docString, doc);
}

function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value);
}

function message(writer: BinaryWriter, field: number, write: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write();
  writer.join();
}
