// Bundles `@silhouette/trainer/browser` with all that it imports: src/browser.ts ─▶ esbuild ─▶ dist/browser.bundle.js. For pages
// without a bundler, and for their workers, which know no import maps.

import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import { bundledLicences, modulesOf } from "../../../scripts/bundled-licences.mjs";

const folder = dirname(dirname(fileURLToPath(import.meta.url)));
const { metafile } = await build({
  absWorkingDir: folder,
  metafile: true,
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
  // Tools that do not parse minified code recognize a module by such a line.
  footer: { js: "export {};" },
});

writeFileSync(join(folder, "dist", "licences.md"), bundledLicences(modulesOf(metafile, folder)));
