// Bundles the views with all that they import: src/page/{entry.tsx,style.css} ─▶ esbuild ─▶ dist/page.bundle.{js,css}. reportPage()
// puts both into the file that it returns.

import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import { bundledLicences, modulesOf } from "../../../scripts/bundled-licences.mjs";

const folder = dirname(dirname(fileURLToPath(import.meta.url)));
const { metafile } = await build({
  absWorkingDir: folder,
  metafile: true,
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

writeFileSync(join(folder, "dist", "licences.md"), bundledLicences(modulesOf(metafile, folder)));
