// Bundles a package for Node.js, beside the files that tsc writes, which pages and other bundlers load:
//
//   entries        ─▶ esbuild ─▶ dist/node/bundled/<entry>.js, and dist/node/bundled/shared-*.js with their shared code
//   TensorFlow.js  ─▶ names   ─▶ dist/node/bundled/tfjs-*.js
//
// Node.js takes half a millisecond to load a file, and twice as long to import TensorFlow.js, which is CommonJS, as to require it: it
// parses it for the names of its exports. So the bundles import #tfjs-*, which package.json maps to the files that require it, but only in
// Node.js itself: those who bundle the bundles get TensorFlow.js as they would without them.
//
// The bundles are as deep in dist/ as the files of a room of node/, whose addresses relative to import.meta.url they keep.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";

import { build } from "esbuild";

/** What is required: TensorFlow.js' packages, by the name that the bundles import. */
const TENSORFLOW = /^@tensorflow\/(tfjs-(?:core|layers|backend-wasm))$/;

/**
 * Bundles a package.
 *
 * @param {string} folder of the package
 * @param {Readonly<Record<string, string>>} entries paths of their sources, by name
 * @param {Readonly<Record<string, string>>} kept what stays outside: paths by the text of their import, relative to the bundles
 */
export async function bundleForNode(folder, entries, kept) {
  const outdir = join(folder, "dist", "node", "bundled");
  mkdirSync(outdir, { recursive: true });
  /** @type {Set<string>} */
  const required = new Set();
  const { outputFiles } = await build({
    absWorkingDir: folder,
    write: false,
    entryPoints: { ...entries },
    outdir,
    chunkNames: "shared-[hash]",
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "es2023",
    sourcemap: true,
    packages: "external",
    plugins: [
      {
        name: "outside",
        setup(bundling) {
          bundling.onResolve({ filter: TENSORFLOW, namespace: "file" }, ({ path }) => {
            required.add(path);
            return { path: `#${basename(path)}`, external: true };
          });
          bundling.onResolve({ filter: /^\./ }, ({ path }) => {
            const outside = kept[path];
            return outside === undefined ? undefined : { path: outside, external: true };
          });
        },
      },
    ],
  });
  const contents = new Map(outputFiles.map((file) => [basename(file.path), file.contents]));
  const require = createRequire(join(folder, "package.json"));
  for (const path of required) {
    const names = Object.keys(require(path)).filter((name) => name !== "default");
    const text =
      `import { createRequire } from "node:module";\n` +
      `export const { ${names.join(", ")} } = createRequire(import.meta.url)("${path}");\n`;
    contents.set(`${basename(path)}.js`, new TextEncoder().encode(text));
  }
  // Chunks of earlier builds have other names. They go last, so that commands that start meanwhile find all files.
  for (const [name, content] of contents) writeFileSync(join(outdir, name), content);
  for (const name of readdirSync(outdir)) if (!contents.has(name)) rmSync(join(outdir, name));
}
