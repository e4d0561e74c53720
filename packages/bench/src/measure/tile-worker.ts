// A thread of tile-peak.ts. In: a message for each call. Out: a message when it is ready, and after each call.

/* oxlint-disable unicorn/require-post-message-target-origin -- the rule is about windows; threads have no origin */

import { parentPort } from "node:worker_threads";

import { canRun, kernelsBinary } from "@silhouette/training-wasm";

import { TILE_DEPTH, TILE_REPETITIONS } from "./tile-peak.ts";

/** Of a 32-bit number. */
const BYTES = Float32Array.BYTES_PER_ELEMENT;
const PAGE_BYTES = 2 ** 16;

// Those that train here.
const binary = kernelsBinary(canRun("relaxed") ? "relaxed" : "simd128", false);
const memory = new WebAssembly.Memory({ initial: 32, maximum: 32 });
const { instance } = await WebAssembly.instantiate(binary, { env: { memory } });
const { tile_products: tileProducts, __stack_pointer: stackPointer } = instance.exports as unknown as {
  readonly tile_products: (depth: number, repetitions: number, a: number, b: number, out: number) => void;
  readonly __stack_pointer: WebAssembly.Global<"i32">;
};
// The stack in the first page, downwards; the operands behind it.
stackPointer.value = PAGE_BYTES;
const a = PAGE_BYTES;
const b = a + 4 * TILE_DEPTH * BYTES;
const out = b + 8 * TILE_DEPTH * BYTES;
// Small enough that no sum overflows.
new Float32Array(memory.buffer, a, 12 * TILE_DEPTH).fill(1e-3);

parentPort?.on("message", () => {
  tileProducts(TILE_DEPTH, TILE_REPETITIONS, a, b, out);
  parentPort?.postMessage("done");
});
parentPort?.postMessage("ready");
