// A Vite plugin: the template of predictors, which src/predictor/filled-predictor.ts fills in.
//
//   src/site/predictor/main.tsx     ─▶ script and style in the page, which a content security policy names by their hashes
//   src/site/predictor/worker.ts    ─▶ a part of the page, with the kernels that it is given

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { build, type InlineConfig, type Plugin, type Rollup } from "vite";

import { packed } from "../src/predictor/packed.ts";
import { partElement, TEMPLATE, TITLE } from "../src/predictor/template.ts";
import { kernelBinaries, kernelFiles } from "./kernel-files.ts";

/** A file of this package. */
const pathOf = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Adds the template to the site; a development server makes it when it is asked for. */
export function predictor(): Plugin {
  return {
    name: "predictor",
    configureServer({ middlewares }) {
      middlewares.use(`/${TEMPLATE}`, (_, response, next) => {
        template().then((page) => response.end(page), next);
      });
    },
    async generateBundle() {
      this.emitFile({ type: "asset", fileName: TEMPLATE, source: await template() });
    },
  };
}

async function template(): Promise<string> {
  const { script, style } = await bundled("src/site/predictor/main.tsx", []);
  const worker = await bundled("src/site/predictor/worker.ts", [
    kernelFiles(pathOf("src/site/predictor/given-kernels.ts")),
  ]);
  const preprocessing = await readFile(fileURLToPath(import.meta.resolve("@silhouette/preprocess-wasm/simd128.wasm")));
  const { simd128, tensorflow } = await kernelBinaries();
  const icon = await readFile(pathOf("public/icon.svg"), "utf8");
  const policy = [
    "default-src 'none'",
    // Photographs, and pictures of them that the page makes.
    "img-src data: blob:",
    `script-src '${hashOf(script)}' 'wasm-unsafe-eval'`,
    "worker-src blob:",
    // TensorFlow.js fetches its kernels, which the worker has.
    "connect-src blob:",
    `style-src '${hashOf(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${TITLE}
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(icon)}">
<style>${style}</style>
</head>
<body>
<div id="predictor" class="report studio"><p class="noscript">This page is drawn by a script at its end. If you can read this, the file is not complete, or JavaScript is disabled: copy the file again, or enable JavaScript. It loads nothing from the network.</p></div>
${partElement("model")}
${partElement("weights")}
${partElement("worker", await packed(new TextEncoder().encode(worker.script)))}
${partElement("preprocessing", await packed(new Uint8Array(preprocessing)))}
${partElement("simd128", await packed(new Uint8Array(simd128.bytes())))}
${partElement("tensorflow", await packed(new Uint8Array(tensorflow.bytes())))}
<script>${script}</script>
</body>
</html>
`;
}

/** A program with all that it imports. */
async function bundled(
  entry: string,
  plugins: InlineConfig["plugins"],
): Promise<{ readonly script: string; readonly style: string }> {
  const result = (await build({
    root: pathOf("."),
    configFile: false,
    publicDir: false,
    logLevel: "warn",
    ...(plugins !== undefined && { plugins }),
    // Classic scripts: Chromium runs no module in a worker of a page from disk. They load no files, so that their address is never used.
    define: { "import.meta.url": "location.href" },
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: {
      write: false,
      target: "es2023",
      modulePreload: false,
      cssCodeSplit: false,
      rolldownOptions: { input: pathOf(entry), output: { format: "iife", codeSplitting: false } },
    },
  })) as Rollup.RollupOutput;
  const chunk = result.output.find((file) => file.type === "chunk");
  if (chunk === undefined) throw new Error(`Expected a bundle of ${entry}, but there is none`);
  // What ends an element would end the program's.
  const script = chunk.code
    .trim()
    .replaceAll("</script", String.raw`<\/script`)
    .replaceAll("<!--", String.raw`<\!--`);
  const style = result.output.find(({ fileName }) => fileName.endsWith(".css"));
  return { script, style: style?.type === "asset" ? String(style.source).trim() : "" };
}

/** The source expression that allows `text` in a content security policy. */
function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
