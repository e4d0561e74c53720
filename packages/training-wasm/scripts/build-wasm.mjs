// Builds the kernels: src/*.rs ─▶ cargo ─▶ binaryen ─▶ wasm/training.simd128.wasm. Standard library only.
//
// The binary imports its memory, which belongs to TensorFlow.js, and nothing else. Data of its own would overwrite what is
// there, so that its data section is left out: it holds the texts of panics, and a panic traps without reading them. The
// kernels have no tables; one that had would read something else there, and fail its tests. wasm-pack is of no use here:
// wasm-bindgen does not know modules that import their memory.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { run } from "../../../scripts/setup/run.mjs";
import { ensureRust } from "../../../scripts/setup/rust.mjs";

const crate = dirname(dirname(fileURLToPath(import.meta.url)));

/** What binaryen may meet in the binary; engines have had these since 2022. */
const FEATURES = [
  "bulk-memory",
  "multivalue",
  "mutable-globals",
  "nontrapping-float-to-int",
  "reference-types",
  "sign-ext",
  "simd",
];

const RUST_FLAGS = [
  "-Ctarget-feature=+simd128",
  "-Clink-arg=--import-memory",
  // Whoever owns the memory gives a block of it for the stack.
  "-Clink-arg=--export=__stack_pointer",
];

/** Numbers of the sections that hold data, and their count. */
const DATA_SECTIONS = new Set([11, 12]);

await ensureRust();
await run(
  "cargo",
  [
    "build",
    "--quiet",
    "--release",
    "--locked",
    "--target",
    "wasm32-unknown-unknown",
    "--manifest-path",
    join(crate, "Cargo.toml"),
  ],
  {
    env: {
      ...process.env,
      CARGO_TARGET_DIR: join(crate, "target"),
      // Of all ways to give flags, cargo takes this one first: nothing that the machine sets can replace ours.
      CARGO_ENCODED_RUSTFLAGS: RUST_FLAGS.join("\x1f"),
    },
  },
);

const output = join(crate, "wasm", "training.simd128.wasm");
const temporary = `${output}.${process.pid}`;
mkdirSync(dirname(output), { recursive: true });
await run(process.execPath, [
  fileURLToPath(import.meta.resolve("binaryen/package.json").replace("package.json", "bin/wasm-opt")),
  "-O3",
  ...FEATURES.map((feature) => `--enable-${feature}`),
  join(crate, "target", "wasm32-unknown-unknown", "release", "silhouette_training.wasm"),
  "-o",
  temporary,
]);

const binary = withoutData(readFileSync(temporary));
const imports = WebAssembly.Module.imports(new WebAssembly.Module(binary)).map(
  ({ module, name }) => `${module}.${name}`,
);
if (imports.join() !== "env.memory")
  throw new Error(`Expected ${output} to import env.memory, but it imports ${imports.join(", ")}`);
writeFileSync(temporary, binary);
renameSync(temporary, output);
console.log(`wasm/training.simd128.wasm: ${binary.length} bytes, imports memory alone`);

/**
 * The binary without its data. A section is a byte with its number, its length in LEB128, and its content.
 *
 * @param {Uint8Array} bytes
 */
function withoutData(bytes) {
  const header = 8;
  const kept = [bytes.subarray(0, header)];
  for (let at = header; at < bytes.length;) {
    const begin = at;
    const section = bytes[at++] ?? 0;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      length += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    at += length;
    if (!DATA_SECTIONS.has(section)) kept.push(bytes.subarray(begin, at));
  }
  return Buffer.concat(kept);
}
