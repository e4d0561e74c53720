// Builds the crate twice, with SIMD and without: src/*.rs ─▶ wasm-pack ─▶ binaryen ─▶ wasm/preprocess.<variant>.wasm,
// and writes wasm/inlined.js, which has both as base64.
// Standard library only, so that it runs wherever the tools are; what is missing is installed by wasm-tools.mjs.

import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { run } from "../../../scripts/setup/run.mjs";
import { ensureRust } from "../../../scripts/setup/rust.mjs";
import { ensureWasmTools } from "../../../scripts/setup/wasm-tools.mjs";

const crate = dirname(dirname(fileURLToPath(import.meta.url)));

/** The kernels keep at most 9 KB of tables and a few frames on their stack. */
const STACK_BYTES = 64 * 1024;

/** What rustc may use in both binaries; engines have had these since 2022. */
const FEATURES = [
  "bulk-memory",
  "multivalue",
  "mutable-globals",
  "nontrapping-float-to-int",
  "reference-types",
  "sign-ext",
];

const VARIANTS = [
  { name: "simd128", rustFlags: ["-C", "target-feature=+simd128"], features: [...FEATURES, "simd"] },
  { name: "scalar", rustFlags: [], features: FEATURES },
];

await ensureRust();
const { path } = await ensureWasmTools((message) => console.log(message));
mkdirSync(join(crate, "wasm"), { recursive: true });
/** @type {Record<string, string>} */
const base64 = {};
for (const { name, rustFlags, features } of VARIANTS) {
  const targetDirectory = join(crate, "target", name);
  const packed = join(targetDirectory, "wasm-pack");
  await run(
    "wasm-pack",
    [
      "--log-level",
      "warn",
      "build",
      crate,
      "--target",
      "web",
      "--release",
      "--no-opt",
      "--no-pack",
      "--no-typescript",
      "--mode",
      "no-install",
      "--out-dir",
      packed,
      "--out-name",
      "preprocess",
    ],
    {
      env: {
        ...process.env,
        PATH: path,
        CARGO_TARGET_DIR: targetDirectory,
        // src/narrow.rs names instructions to LLVM, which Rust counts as unstable.
        RUSTC_BOOTSTRAP: "silhouette_preprocess",
        // Of all ways to give flags, cargo takes this one first: nothing that the machine sets can replace ours.
        CARGO_ENCODED_RUSTFLAGS: [...rustFlags, "-C", `link-arg=-zstack-size=${STACK_BYTES}`].join("\x1f"),
      },
    },
  );

  const output = join(crate, "wasm", `preprocess.${name}.wasm`);
  const wasmOpt = fileURLToPath(import.meta.resolve("binaryen/package.json").replace("package.json", "bin/wasm-opt"));
  const temporary = `${output}.${process.pid}`;
  await run(process.execPath, [
    wasmOpt,
    "-O3",
    ...features.map((feature) => `--enable-${feature}`),
    join(packed, "preprocess_bg.wasm"),
    "-o",
    temporary,
  ]);

  const imports = WebAssembly.Module.imports(new WebAssembly.Module(readFileSync(temporary)));
  if (imports.length > 0) {
    throw new Error(
      `Expected ${output} to import nothing, but it imports ${imports.map((each) => each.name).join(", ")}`,
    );
  }
  renameSync(temporary, output);
  base64[name] = readFileSync(output, "base64");
  console.log(`wasm/preprocess.${name}.wasm: ${statSync(output).size} bytes, no imports`);
}

writeFileSync(
  join(crate, "wasm", "inlined.js"),
  `// Made by scripts/build-wasm.mjs: the binaries beside this file.\nexport const base64 = ${JSON.stringify(base64, null, 2)};\n`,
);
// What edge workers get of an import of a .wasm file.
writeFileSync(
  join(crate, "wasm", "module.d.ts"),
  "declare const module: WebAssembly.Module;\nexport default module;\n",
);
writeFileSync(
  join(crate, "wasm", "inlined.d.ts"),
  "export const base64: { readonly simd128: string; readonly scalar: string };\n",
);
