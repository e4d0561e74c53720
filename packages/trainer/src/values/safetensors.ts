// A file of named arrays in the safetensors format, with a checksum of our own.
//
//   8 bytes   length of the header as a little-endian integer
//   header    JSON: {"__metadata__": {...strings}, "<name>": {"dtype", "shape", "data_offsets": [begin, end]}, ...},
//             padded with spaces to a multiple of 8
//   data      values of the arrays, concatenated, little-endian
//
// The format has no checksum. Ours is the first entry of the metadata, `crc32`: 8 hexadecimal digits of the CRC-32 (zlib) of
// the whole file with eight zeros in their place. Other programs can read such a file; files of other programs are rejected.

import { crc32Hex } from "./checksum.ts";
import { Damage, TrainerError } from "./errors.ts";
import { count, list, object, oneOf, parseJson, record, text, tuple } from "./json-shape.ts";

/** A named array of a file. */
export interface FileTensor {
  /** Name of the array in the file. */
  readonly name: string;
  /** Size of each axis. */
  readonly shape: readonly number[];
  /** Values in row-major order, as many as the shape has. */
  readonly values: Float32Array | Int32Array;
}

/** Content of a file. */
export interface TensorFile {
  /** Arrays in the order of their values in the file. */
  readonly tensors: readonly FileTensor[];
  /** All metadata except `crc32`. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** Size of the header's length field. */
const LENGTH_BYTES = 8;

/** Header size in bytes: enough for some thousand arrays, and a limit to what a wrong length costs. */
const MAX_HEADER_BYTES = 1 << 20;

/** Header and values are aligned to this many bytes. */
const ALIGNMENT = 8;

const METADATA_KEY = "__metadata__";
const CRC32_KEY = "crc32";
const BLANK_CRC32 = "00000000";

/** Start of every header; the checksum's digits follow. */
const HEADER_START = `{"${METADATA_KEY}":{"${CRC32_KEY}":"`;
const CRC32_AT = LENGTH_BYTES + HEADER_START.length;

/** Padding of the header. */
const SPACE = 0x20;

/** Bytes per value of either type. */
const VALUE_BYTES = 4;

const tensorShape = record({
  dtype: oneOf("F32", "I32"),
  shape: list(count),
  data_offsets: tuple<readonly [number, number]>(count, count),
});

/** The file's bytes in parts: the header, then the values of each array. */
export function encodeSafetensors({ tensors, metadata }: TensorFile): readonly Uint8Array[] {
  checkContent(tensors, metadata);
  const field = (key: string, value: unknown) => `,${JSON.stringify(key)}:${JSON.stringify(value)}`;
  let header = HEADER_START + BLANK_CRC32 + '"';
  for (const [key, value] of metadata) header += field(key, value);
  header += "}";
  let end = 0;
  for (const { name, shape, values } of tensors) {
    const begin = end;
    end += values.byteLength;
    const dtype = values instanceof Float32Array ? "F32" : "I32";
    header += field(name, { dtype, shape, data_offsets: [begin, end] });
  }
  header += "}";

  const headerText = new TextEncoder().encode(header);
  const headerBytes = Math.ceil(headerText.length / ALIGNMENT) * ALIGNMENT;
  if (headerBytes > MAX_HEADER_BYTES) {
    throw invalid(`at most ${MAX_HEADER_BYTES} bytes of header`, `names and metadata for ${headerBytes}`);
  }
  const start = new Uint8Array(LENGTH_BYTES + headerBytes).fill(SPACE);
  new DataView(start.buffer).setBigUint64(0, BigInt(headerBytes), true);
  start.set(headerText, LENGTH_BYTES);
  const data = tensors.map(({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  start.set(new TextEncoder().encode(crc32Hex([start, ...data])), CRC32_AT);
  return [start, ...data];
}

/** Parses a file; the values are copies. @throws {Damage} */
export function decodeSafetensors(bytes: Uint8Array): TensorFile {
  if (bytes.length < LENGTH_BYTES) throw new Damage(`it has ${bytes.length} bytes`);
  const headerBytes = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (headerBytes > MAX_HEADER_BYTES || headerBytes > bytes.length - LENGTH_BYTES) {
    throw new Damage(`its header has ${headerBytes} bytes, which is impossible`);
  }
  const dataStart = LENGTH_BYTES + Number(headerBytes);
  const header = new TextDecoder().decode(bytes.subarray(LENGTH_BYTES, dataStart));
  if (dataStart % ALIGNMENT !== 0 || !header.startsWith(HEADER_START))
    throw new Damage("its header has an unknown form");
  const afterDigits = CRC32_AT + BLANK_CRC32.length;
  const digits = new TextDecoder().decode(bytes.subarray(CRC32_AT, afterDigits));
  if (digits !== crc32Hex([bytes.subarray(0, CRC32_AT), BLANK_CRC32, bytes.subarray(afterDigits)])) {
    throw new Damage("its checksum does not match");
  }

  const { [METADATA_KEY]: texts, ...described } = object(parseJson(header), "header");
  const metadata = Object.entries(object(texts, METADATA_KEY)).map(
    ([key, value]) => [key, text(value, `${METADATA_KEY}.${key}`)] as const,
  );
  const data = bytes.subarray(dataStart);
  // JSON objects do not keep the order of numeric keys.
  const entries = Object.entries(described)
    .map(([name, value]) => [name, tensorShape(value, name)] as const)
    .toSorted(([, { data_offsets: a }], [, { data_offsets: b }]) => a[0] - b[0] || a[1] - b[1]);
  let next = 0;
  const tensors = entries.map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [begin, end],
      },
    ]): FileTensor => {
      if (begin !== next || end < begin || end > data.length) {
        throw new Damage(`${name} is at ${begin} to ${end}, not from ${next} to at most ${data.length}`);
      }
      if (end - begin !== sizeOf(shape) * VALUE_BYTES) {
        throw new Damage(`${name} has ${end - begin} bytes for the shape ${shape.join(" x ")}`);
      }
      next = end;
      const { buffer } = new Uint8Array(data.subarray(begin, end));
      return { name, shape, values: dtype === "F32" ? new Float32Array(buffer) : new Int32Array(buffer) };
    },
  );
  if (next !== data.length) throw new Damage(`it has ${data.length - next} extra bytes at its end`);
  return { tensors, metadata: new Map(metadata.filter(([key]) => key !== CRC32_KEY)) };
}

function checkContent(tensors: readonly FileTensor[], metadata: ReadonlyMap<string, string>): void {
  if (metadata.has(CRC32_KEY)) throw invalid("metadata of other names", CRC32_KEY);
  const names = new Set([METADATA_KEY]);
  for (const { name, shape, values } of tensors) {
    if (names.has(name)) throw invalid("arrays with unique names", `a second ${name}`);
    names.add(name);
    if (sizeOf(shape) !== values.length) {
      throw invalid(`values for the shape ${shape.join(" x ")} of ${name}`, `${values.length} values`);
    }
  }
}

function invalid(expected: string, received: string): TrainerError {
  const message = `Expected ${expected} for a file of arrays, but received ${received}`;
  return new TrainerError("INVALID_ARGUMENT", message, "Give every array a unique name and all of its values.");
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, side) => size * side, 1);
}
