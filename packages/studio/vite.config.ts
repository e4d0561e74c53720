// Builds the site: index.html ─▶ dist/site, which any web server can serve, from any folder.

import { defineConfig } from "vite";

import { kernelFiles } from "./build/kernel-files.ts";
import { licences } from "./build/licences.ts";
import { offline } from "./build/offline.ts";
import { predictor } from "./build/predictor.ts";

/** Enables threads. */
const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

const { page, worker } = licences();

export default defineConfig({
  base: "./",
  plugins: [predictor(), offline(), page],
  build: { outDir: "dist/site", target: "es2023", modulePreload: { polyfill: false } },
  worker: { format: "es", plugins: () => [kernelFiles(), worker] },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  server: { headers: ISOLATED },
  preview: { headers: ISOLATED },
});
