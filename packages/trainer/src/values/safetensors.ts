// One file of named arrays, in the safetensors format, with a checksum of our own.
//
//   8 bytes   length of the header, little-endian
//   header    JSON: {"__metadata__": {...texts}, "<name>": {"dtype", "shape", "data_offsets": [begin, end]}, ...},
//             and spaces up to a multiple of 8
//   data      little-endian values of the arrays, one after the other
//
// The format has no checksum: ours stands first in the metadata as `crc32`, 8 hexadecimal digits of zlib's CRC-32 of the
// whole file with eight zeros in their place. Other programs read such a file; what they write is not read here.

import { crc32Hex } from "./checksum.ts";
import { Damage, TrainerError } from "./errors.ts";
import { count, list, object, oneOf, parseJson, record, text, tuple } from "./json-shape.ts";

/** An array of the file. */
export interface FileTensor {
  /** Of the array, in the file. */
  readonly name: string;
  /** Sizes of its axes. */
  readonly shape: readonly number[];
  /** As many as the shape says, row-major. */
  readonly values: Float32Array | Int32Array;
}

/** What a file holds. */
export interface TensorFile {
  /** In the order of their values in the file. */
  readonly tensors: readonly FileTensor[];
  /** All texts but `crc32`. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** Bytes of the header's length. */
const LENGTH_BYTES = 8;

/** Longest header in bytes: some thousand arrays, and a bound to what a wrong length costs. */
const LONGEST_HEADER = 1 << 20;

/** Header and values start at multiples of this many bytes. */
const ALIGNMENT = 8;

const METADATA_KEY = "__metadata__";
const CRC32_KEY = "crc32";
const BLANK_CRC32 = "00000000";

/** Every header starts with this, and the checksum's digits follow. */
const HEADER_START = `{"${METADATA_KEY}":{"${CRC32_KEY}":"`;
const CRC32_AT = LENGTH_BYTES + HEADER_START.length;

/** What fills the header up. */
const SPACE = 0x20;

/** Bytes a value, of either type. */
const VALUE_BYTES = 4;

const tensorShape = record({
  dtype: oneOf("F32", "I32"),
  shape: list(count),
  data_offsets: tuple<readonly [number, number]>(count, count),
});

/** The file's bytes: its beginning, and the values of each array. */
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
  if (headerBytes > LONGEST_HEADER) {
    throw invalid(`at most ${LONGEST_HEADER} bytes of header`, `names and texts for ${headerBytes}`);
  }
  const start = new Uint8Array(LENGTH_BYTES + headerBytes).fill(SPACE);
  new DataView(start.buffer).setBigUint64(0, BigInt(headerBytes), true);
  start.set(headerText, LENGTH_BYTES);
  const data = tensors.map(({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  start.set(new TextEncoder().encode(crc32Hex([start, ...data])), CRC32_AT);
  return [start, ...data];
}

/** What the bytes of a file hold; the values are copies. @throws {Damage} */
export function decodeSafetensors(bytes: Uint8Array): TensorFile {
  if (bytes.length < LENGTH_BYTES) throw new Damage(`it has ${bytes.length} bytes`);
  const headerBytes = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (headerBytes > LONGEST_HEADER || headerBytes > bytes.length - LENGTH_BYTES) {
    throw new Damage(`its header has ${headerBytes} bytes, which is more than there can be`);
  }
  const dataStart = LENGTH_BYTES + Number(headerBytes);
  const header = new TextDecoder().decode(bytes.subarray(LENGTH_BYTES, dataStart));
  if (dataStart % ALIGNMENT !== 0 || !header.startsWith(HEADER_START)) throw new Damage("its header has another form");
  const afterDigits = CRC32_AT + BLANK_CRC32.length;
  const digits = new TextDecoder().decode(bytes.subarray(CRC32_AT, afterDigits));
  if (digits !== crc32Hex([bytes.subarray(0, CRC32_AT), BLANK_CRC32, bytes.subarray(afterDigits)])) {
    throw new Damage("its checksum differs");
  }

  const { [METADATA_KEY]: texts, ...described } = object(parseJson(header), "header");
  const metadata = Object.entries(object(texts, METADATA_KEY)).map(
    ([key, value]) => [key, text(value, `${METADATA_KEY}.${key}`)] as const,
  );
  const data = bytes.subarray(dataStart);
  // JSON objects do not keep the order of names that are numbers.
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
  if (next !== data.length) throw new Damage(`it ends with ${data.length - next} bytes too many`);
  return { tensors, metadata: new Map(metadata.filter(([key]) => key !== CRC32_KEY)) };
}

function checkContent(tensors: readonly FileTensor[], metadata: ReadonlyMap<string, string>): void {
  if (metadata.has(CRC32_KEY)) throw invalid("texts of other names", CRC32_KEY);
  const names = new Set([METADATA_KEY]);
  for (const { name, shape, values } of tensors) {
    if (names.has(name)) throw invalid("arrays of different names", `a second ${name}`);
    names.add(name);
    if (sizeOf(shape) !== values.length) {
      throw invalid(`values for the shape ${shape.join(" x ")} of ${name}`, `${values.length} values`);
    }
  }
}

function invalid(expected: string, received: string): TrainerError {
  const message = `Expected ${expected} for a file of arrays, but received ${received}`;
  return new TrainerError("INVALID_ARGUMENT", message, "Give every array its own name and all of its values.");
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, side) => size * side, 1);
}
