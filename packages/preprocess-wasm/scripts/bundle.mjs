// Bundles the entries: ts/*.ts ─▶ esbuild ─▶ dist/<entry>.js, and dist/shared.js with what they share. Declarations are tsc's.
//
// The pool's entry has its worker twice: as the URL of a file, for browsers, and as text, for Node.js.
//
// Node.js loads a file in half a millisecond, which is as long as all else until the first picture takes.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const directory = dirname(dirname(fileURLToPath(import.meta.url)));

const settings = {
  absWorkingDir: directory,
  bundle: true,
  target: "es2023",
  minifyWhitespace: true,
};

const worker = await build({
  ...settings,
  entryPoints: ["ts/pool/worker.ts"],
  // A classic script: what a thread evaluates is no module.
  format: "iife",
  write: false,
});

await build({
  ...settings,
  entryPoints: ["index", "inline", "pool/pool", "pool/worker"].map((name) => join("ts", `${name}.ts`)),
  outdir: "dist",
  splitting: true,
  // Without a hash: the next build then overwrites it.
  chunkNames: "shared",
  format: "esm",
  sourcemap: true,
  define: { WORKER_SCRIPT: JSON.stringify(worker.outputFiles[0]?.text) },
  // Stays where build-wasm.mjs wrote it, as the .wasm files do.
  external: ["../wasm/inlined.js"],
});
