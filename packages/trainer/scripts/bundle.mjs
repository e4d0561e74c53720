// Bundles `@silhouette/trainer/browser` with all that it imports: src/browser.ts ─▶ esbuild ─▶ dist/browser.bundle.js. For pages
// without a bundler, and for their workers, which know no import maps.

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

await build({
  absWorkingDir: dirname(dirname(fileURLToPath(import.meta.url))),
  entryPoints: ["src/browser.ts"],
  outfile: "dist/browser.bundle.js",
  bundle: true,
  // Its kernels are in the bundle: a file beside it would be lost.
  alias: { "@silhouette/preprocess-wasm": "@silhouette/preprocess-wasm/inline" },
  // 4 MB, for models of Keras alone: pages that import or export them need a bundler, or an import map.
  external: ["h5wasm"],
  minify: true,
  platform: "browser",
  format: "esm",
  target: "es2023",
});
