// Bundles the views with all that they import: src/page/{entry.tsx,style.css} ─▶ esbuild ─▶ dist/page.bundle.{js,css}. reportPage()
// puts both into the file that it returns.

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

await build({
  absWorkingDir: dirname(dirname(fileURLToPath(import.meta.url))),
  entryPoints: [
    { in: "src/page/entry.tsx", out: "page.bundle" },
    { in: "src/page/style.css", out: "page.bundle" },
  ],
  outdir: "dist",
  bundle: true,
  minify: true,
  platform: "browser",
  format: "iife",
  target: ["es2022", "chrome120", "firefox120", "safari17.2"],
  legalComments: "none",
});
