// Bundles the entries: ts/*.ts ─▶ esbuild ─▶ dist/<entry>.js, and dist/shared.js with what they share. Declarations are tsc's.
//
// Node.js loads a file in half a millisecond, which is as long as all else until the first picture takes.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const directory = dirname(dirname(fileURLToPath(import.meta.url)));

await build({
  absWorkingDir: directory,
  entryPoints: ["index", "inline", "pool", "pool-worker"].map((name) => join("ts", `${name}.ts`)),
  outdir: "dist",
  bundle: true,
  splitting: true,
  // Without a hash: the next build then overwrites it.
  chunkNames: "shared",
  format: "esm",
  target: "es2023",
  sourcemap: true,
  minifyWhitespace: true,
  // Stays where build-wasm.mjs wrote it, as the .wasm files do.
  external: ["../wasm/inlined.js"],
});
