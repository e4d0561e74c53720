// Bundles the entries: ts/**/*.ts ─▶ esbuild ─▶ dist/<entry>.js, and dist/shared-*.js with their shared code.
// Declarations come from tsc.
//
// The pool's entry includes its worker twice: as the URL of a file, for browsers, and as text, for Node.js.
//
// Bundled, because Node.js takes half a millisecond to load a file, as long as everything else until the first picture.

import { readdirSync, rmSync, writeFileSync } from "node:fs";
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
  // A classic script: the text that a thread evaluates is not a module.
  format: "iife",
  write: false,
});

// Chunks of earlier builds have other names.
const output = join(directory, "dist");
for (const name of readdirSync(output)) if (/^shared\b.*\.js(\.map)?$/.test(name)) rmSync(join(output, name));

const entries = await build({
  ...settings,
  entryPoints: ["index", "inline", "jpeg", "thumbnail", "inline-thumbnail", "pool/pool", "pool/worker"].map((name) =>
    join("ts", `${name}.ts`),
  ),
  outdir: "dist",
  write: false,
  splitting: true,
  chunkNames: "shared-[hash]",
  format: "esm",
  sourcemap: true,
  define: { WORKER_SCRIPT: JSON.stringify(worker.outputFiles[0]?.text) },
  // Stays where build-wasm.mjs wrote it, like the .wasm files.
  external: ["../wasm/*.inlined.js"],
});
for (const { path, text } of entries.outputFiles) {
  // Imported for the order of evaluation alone, which does not matter: other people's builds would warn of them. Columns stay, for the
  // source maps.
  writeFileSync(
    path,
    text.replaceAll(/import"\.\/shared-\w+\.js";/g, (bare) => " ".repeat(bare.length)),
  );
}
