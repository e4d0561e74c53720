// Reads files in the safetensors format, for tests alone: what golden/ has is as it was written.
//
//   8 bytes   length of the header, little-endian header    JSON: {"__metadata__": {...texts}, "<name>": {"dtype":
//   "F32", "shape", "data_offsets": [begin, end]}, ...} data      little-endian values of the arrays, one after the
//   other

import { readFileSync } from "node:fs";

export interface Array32 {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export interface Safetensors {
  readonly arrays: ReadonlyMap<string, Array32>;
  readonly texts: Readonly<Record<string, string>>;
}

const LENGTH_BYTES = 8;

export function readSafetensors(path: URL): Safetensors {
  const bytes = readFileSync(path);
  const dataStart = LENGTH_BYTES + Number(bytes.readBigUInt64LE());
  const { __metadata__: texts, ...described } = JSON.parse(bytes.toString("utf8", LENGTH_BYTES, dataStart)) as {
    readonly __metadata__: Readonly<Record<string, string>>;
  } & Readonly<Record<string, { readonly shape: readonly number[]; readonly data_offsets: readonly [number, number] }>>;
  const arrays = Object.entries(described).map(
    ([
      name,
      {
        shape,
        data_offsets: [begin, end],
      },
    ]) => {
      // A copy, which begins at a multiple of four bytes.
      const { buffer } = Uint8Array.from(bytes.subarray(dataStart + begin, dataStart + end));
      return [name, { shape, values: new Float32Array(buffer) }] as const;
    },
  );
  return { arrays: new Map(arrays), texts };
}
