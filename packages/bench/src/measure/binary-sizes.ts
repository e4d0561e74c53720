// Sizes of the kernels, as files and gzipped. In: nothing. Out: bytes.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";

/** One of the two binaries. */
export interface BinarySize {
  /** Of the file. */
  readonly name: string;
  /** Of the file. */
  readonly bytes: number;
  /** After gzip at its highest level. */
  readonly gzippedBytes: number;
}

/** Both binaries of @silhouette/preprocess-wasm. */
export function binarySizes(): readonly BinarySize[] {
  return ["simd128.wasm", "scalar.wasm"].map((name) => {
    const binary = readFileSync(createRequire(import.meta.url).resolve(`@silhouette/preprocess-wasm/${name}`));
    return { name, bytes: binary.length, gzippedBytes: gzipSync(binary, { level: 9 }).length };
  });
}
