// Bundles the worker of pages with all that it imports: src/browsers/page-worker.ts ─▶ esbuild ─▶ dist/browsers/page-worker.bundle.js.

import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import { bundledLicences, modulesOf } from "../../../scripts/bundled-licences.mjs";

const folder = dirname(dirname(fileURLToPath(import.meta.url)));
const { metafile } = await build({
  absWorkingDir: folder,
  metafile: true,
  entryPoints: ["src/browsers/page-worker.ts"],
  outfile: "dist/browsers/page-worker.bundle.js",
  bundle: true,
  minify: true,
  platform: "browser",
  format: "esm",
  target: "es2023",
});

writeFileSync(join(folder, "dist", "browsers", "licences.md"), bundledLicences(modulesOf(metafile, folder)));
