// The dtypes that each operation accepts. Stock TensorFlow.js checks few: it reads bool values as four bytes each and
// writes beyond its tensors, leaves outputs unwritten, or computes with memory that belongs to no string.

import {
  _FusedMatMul,
  All,
  Any,
  Atan2,
  BatchMatMul,
  BitwiseAnd,
  Cast,
  Concat,
  Conv3D,
  Conv3DBackpropFilterV2,
  Conv3DBackpropInputV2,
  Cumprod,
  Cumsum,
  EluGrad,
  ExpandDims,
  FloorDiv,
  FusedBatchNorm,
  GatherV2,
  Identity,
  LogicalAnd,
  LogicalNot,
  LogicalOr,
  LogicalXor,
  LRN,
  LRNGrad,
  Maximum,
  Minimum,
  Mod,
  Multinomial,
  Pack,
  Pow,
  Prelu,
  RealDiv,
  Relu,
  Relu6,
  Reshape,
  SearchSorted,
  Slice,
  Softmax,
  SparseFillEmptyRows,
  SparseSegmentMean,
  SparseSegmentSum,
  SplitV,
  SquaredDifference,
  Step,
  StridedSlice,
  StringNGrams,
  StringSplit,
  StringToHashBucketFast,
  Unique,
  Unpack,
  ZerosLike,
  type DataType,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

import { TrainingWasmError } from "../errors.ts";
import { FUNCTIONS } from "./functions.ts";

/** Operations whose kernels read integers as floats, or reject them. */
const OF_FLOATS = [
  _FusedMatMul,
  Conv3D,
  Conv3DBackpropFilterV2,
  Conv3DBackpropInputV2,
  EluGrad,
  FusedBatchNorm,
  LRN,
  LRNGrad,
  Multinomial,
  Softmax,
];

const OF_INTEGERS = [BitwiseAnd];

const OF_NUMBERS = [
  ...Object.keys(FUNCTIONS),
  Atan2,
  BatchMatMul,
  Cumprod,
  Cumsum,
  FloorDiv,
  Maximum,
  Minimum,
  Mod,
  Pow,
  Prelu,
  RealDiv,
  Relu,
  Relu6,
  SearchSorted,
  SparseFillEmptyRows,
  SparseSegmentMean,
  SparseSegmentSum,
  SquaredDifference,
  Step,
];

const OF_TRUTHS = [All, Any, LogicalAnd, LogicalNot, LogicalOr, LogicalXor];

/** Operations that move values of any dtype. */
const OF_ANYTHING = [Cast, Concat, ExpandDims, GatherV2, Pack, Slice, SplitV, StridedSlice, Unique, Unpack, ZerosLike];

const OF_STRINGS: readonly DataType[] = ["string"];

const ANY_NUMBERS: readonly DataType[] = ["float32", "int32", "bool"];

/** Dtypes of all inputs of an operation; {@link ANY_NUMBERS} for operations that are not listed. */
const BY_OPERATION = new Map<string, readonly DataType[]>([
  ...OF_FLOATS.map((name) => [name, ["float32"]] as const),
  ...OF_INTEGERS.map((name) => [name, ["int32"]] as const),
  ...OF_NUMBERS.map((name) => [name, ["float32", "int32"]] as const),
  ...OF_TRUTHS.map((name) => [name, ["bool"]] as const),
  ...OF_ANYTHING.map((name) => [name, [...ANY_NUMBERS, "string"]] as const),
  [Identity, [...ANY_NUMBERS, "string", "complex64"]],
  [Reshape, [...ANY_NUMBERS, "string", "complex64"]],
]);

/** Dtypes of inputs by name, in any operation. */
const BY_INPUT = new Map<string, readonly DataType[]>([
  ["condition", ["bool"]],
  ...["indices", "segmentIds", "boxInd", "sparseIndices", "inputIndices", "inputShape", "newShape", "denseShape"].map(
    (name) => [name, ["int32"]] as const,
  ),
  ["dataSplits", ["int32"]],
]);

/** Operations on strings, with the input that is one. */
const STRING_INPUTS = new Map<string, readonly string[]>([
  [StringNGrams, ["data"]],
  [StringSplit, ["input", "delimiter"]],
  [StringToHashBucketFast, ["input"]],
]);

/** Throws a {@link TrainingWasmError} `UNSUPPORTED_OPERATION` for inputs that an operation would misread. */
export type CheckDtypes = (inputs: NamedTensorInfoMap, attributes: NamedAttrMap | undefined) => void;

/** The check of an operation's inputs. */
export function checkDtypesOf(operation: string): CheckDtypes {
  const byOperation = BY_OPERATION.get(operation) ?? ANY_NUMBERS;
  const ofStrings = STRING_INPUTS.get(operation);
  const made: readonly DataType[] = operation === Cast ? [...ANY_NUMBERS, "string"] : ANY_NUMBERS;
  // Without look-ups for operands, entries and copies: every operation comes here, and small ones take microseconds.
  return (inputs, attributes) => {
    const isList = Array.isArray(inputs);
    // Of two operands, or of a list of any length, all have to have the same dtype.
    let first: DataType | undefined;
    for (const name in inputs) {
      const x = inputs[name] as TensorInfo | null | undefined;
      // Some operations may lack an input.
      if (x === null || x === undefined) continue;
      const isOperand = name === "a" || name === "b";
      const isPlain = ofStrings === undefined && (isOperand || name === "x");
      const taken = isPlain ? byOperation : dtypesOf(name, byOperation, ofStrings);
      if (!taken.includes(x.dtype)) throw unsupported(operation, taken, x.dtype);
      if (!isList && !isOperand) continue;
      first ??= x.dtype;
      if (x.dtype !== first) throw unsupported(operation, [first], x.dtype);
    }
    const dtype = attributes?.["dtype"] as DataType | undefined;
    if (dtype !== undefined && !made.includes(dtype)) throw unsupported(operation, made, dtype);
  };
}

function dtypesOf(
  input: string,
  byOperation: readonly DataType[],
  ofStrings: readonly string[] | undefined,
): readonly DataType[] {
  return ofStrings?.includes(input) ? OF_STRINGS : (BY_INPUT.get(input) ?? byOperation);
}

function unsupported(operation: string, taken: readonly DataType[], dtype: DataType): TrainingWasmError {
  const hint =
    dtype === "string"
      ? "Compare strings in JavaScript, or use their indices."
      : "Cast with tf.cast, or use the cpu backend.";
  return new TrainingWasmError(
    "UNSUPPORTED_OPERATION",
    `Expected ${taken.join(" or ")} for ${operation}, but received ${dtype}. ${hint}`,
  );
}
