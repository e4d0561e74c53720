import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
export const core = dirname(require.resolve("@tensorflow/tfjs-core/package.json"));
export const wasmPath = join(dirname(require.resolve("@tensorflow/tfjs-backend-wasm/package.json")), "dist") + "/";

/** @returns {string[]} */
export function specFiles() {
  return readdirSync(join(core, "dist"), { recursive: true }).map(String).filter((name) => name.endsWith("_test.js")).map((name) => name.replaceAll("\\", "/")).sort();
}

export async function bundle(outfile) {
  const files = specFiles();
  const loaders = files.map((name) => `  ${JSON.stringify(name)}: () => import(${JSON.stringify(`@tensorflow/tfjs-core/dist/${name}`)}),`);
  await build({
    stdin: {
      contents: `export { prepare } from "./environment.mjs";\nexport const files = {\n${loaders.join("\n")}\n};\n`,
      resolveDir: here,
    },
    bundle: true,
    platform: "node",
    format: "cjs",
    mainFields: ["module", "main"],
    ignoreAnnotations: true,
    external: ["jasmine-core"],
    define: { "import.meta.url": JSON.stringify(pathToFileURL(join(here, "../ts/kernels.ts")).href) },
    logLevel: "warning",
    outfile,
  });
  return files;
}
