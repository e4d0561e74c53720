// Bundles TensorFlow.js' own specs with one copy of its core, its WASM backend, and this package: whatever the specs
// import, they use the current backend.

import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const { resolve } = createRequire(import.meta.url);
const specs = join(dirname(resolve("@tensorflow/tfjs-core/package.json")), "dist");

/**
 * Writes the bundle to `target`. It exports `prepare`, and `files`: for each file a function that loads its specs.
 *
 * @param {string} target
 * @returns {Promise<readonly string[]>} the files, in their order
 */
export async function bundleSpecs(target) {
  const files = readdirSync(specs, { recursive: true })
    .map((name) => String(name).replaceAll("\\", "/"))
    .filter((name) => name.endsWith("_test.js"))
    .toSorted();
  const entries = files.map((name) => `${JSON.stringify(name)}: () => import("@tensorflow/tfjs-core/dist/${name}"),`);
  await build({
    stdin: {
      contents: `export { prepare } from "./environment.mjs";\nexport const files = {\n${entries.join("\n")}\n};\n`,
      resolveDir: here,
    },
    bundle: true,
    platform: "node",
    format: "cjs",
    // The modules that are built from the files that the specs import.
    mainFields: ["module", "main"],
    // The core declares its files free of side effects, but registering kernels is one.
    ignoreAnnotations: true,
    logLevel: "warning",
    outfile: target,
  });
  return files;
}
