// Bundles two files of dist/, and writes the licences of what is in them:
//
//   src/browser.ts         ─▶ dist/browser.bundle.js    with all that it imports, for pages without a bundler, and for their workers,
//                                                       which know no import maps
//   dist/dataset/arrow.js  ─▶ the same file             with Arrow: one file loads in an eighth of the time of Arrow's many
//
// and what Node.js loads: see scripts/bundle-for-node.mjs.

import { rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import { bundleForNode } from "../../../scripts/bundle-for-node.mjs";
import { bundledLicences, modulesOf } from "../../../scripts/bundled-licences.mjs";

const folder = dirname(dirname(fileURLToPath(import.meta.url)));
/** @satisfies {import("esbuild").BuildOptions} */
const BOTH = {
  absWorkingDir: folder,
  metafile: true,
  bundle: true,
  platform: "browser",
  format: "esm",
  target: "es2023",
};

const page = await build({
  ...BOTH,
  entryPoints: ["src/browser.ts"],
  outfile: "dist/browser.bundle.js",
  // Its kernels are in the bundle: a file beside it would be lost.
  alias: { "@silhouette/preprocess-wasm": "@silhouette/preprocess-wasm/inline" },
  // 4 MB, for models of Keras alone: pages that import or export them need a bundler, or an import map.
  external: ["h5wasm"],
  minify: true,
  // Tools that do not parse minified code recognize a module by such a line.
  footer: { js: "export {};" },
});
const arrow = await build({
  ...BOTH,
  entryPoints: ["src/dataset/arrow.ts"],
  outfile: "dist/dataset/arrow.js",
  external: ["flatbuffers"],
});
// That of the file before.
rmSync(join(folder, "dist", "dataset", "arrow.js.map"), { force: true });

const modules = [page, arrow].flatMap(({ metafile }) => modulesOf(metafile, folder));
writeFileSync(join(folder, "dist", "licences.md"), bundledLicences(modules));

const ENTRIES = ["index", "browser", "datasets", "facts", "predict", "runs", "light", "config", "step"];
await bundleForNode(
  folder,
  {
    ...Object.fromEntries(ENTRIES.map((name) => [name, `src/${name}.ts`])),
    "picture-worker": "src/node/photographs/picture-worker.ts",
  },
  { "./arrow.ts": "../../dataset/arrow.js" },
);
