// Bundles the worker of pages with all that it imports: src/browsers/page-worker.ts ─▶ esbuild ─▶ dist/browsers/page-worker.bundle.js.

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

await build({
  absWorkingDir: dirname(dirname(fileURLToPath(import.meta.url))),
  entryPoints: ["src/browsers/page-worker.ts"],
  outfile: "dist/browsers/page-worker.bundle.js",
  bundle: true,
  minify: true,
  platform: "browser",
  format: "esm",
  target: "es2023",
});
