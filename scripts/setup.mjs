// Sets up a clone: installs npm packages, Rust for WebAssembly and wasm-pack, and builds everything. Safe to run repeatedly.
//
// Uses only the standard library, since it runs before anything is installed. `npm run demo`, `npm test` and `npm run bench`
// call it. What takes long to build is kept in a per-user cache (setup/cache.mjs), so that the next clone is ready at once.

import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { ensureBrowsers } from "./setup/browsers.mjs";
import { cacheDirectory } from "./setup/cache.mjs";
import { ensurePackages, MODEL_RUNTIMES, NPM_PEERS } from "./setup/extra-npm-packages.mjs";
import { ensureNpmPackages } from "./setup/npm-packages.mjs";
import { ensureNode, OTHER_NODES } from "./setup/other-nodes.mjs";
import { ensurePython, EXPORTS, PEERS, READERS, WASMTIME } from "./setup/python.mjs";
import { run } from "./setup/run.mjs";
import { ensureRust, ensureRustChecks } from "./setup/rust.mjs";
import { ensureRuntime, RUNTIMES } from "./setup/runtimes.mjs";
import { ensureTfjsNode } from "./setup/tfjs-node.mjs";
import { ensureWasmTools } from "./setup/wasm-tools.mjs";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Optional parts of the setup.
 *
 * @typedef {object} Extras
 * @property {boolean} [forTests] requirements of the tests; setup reports what it cannot install, and those tests are skipped
 * @property {boolean} [nativeBackend] requirements of `--backend node`; it is an error if they cannot be installed
 * @property {boolean} [peers] libraries that the benchmarks compare with; setup reports what it cannot install
 */

/**
 * @param {Extras} [extras]
 * @returns {Promise<{
 *   python: string | undefined, wasmtime: string | undefined, exports: string | undefined, modelRuntimes: string | undefined,
 *   nodes: readonly string[], hasNativeBackend: boolean, browsers: string | undefined, runtimes: Readonly<Record<string, string>>
 * }>} Python interpreters with pyarrow and TensorBoard, with wasmtime, and with the runtimes of exported models; those for JavaScript;
 * other versions of Node.js, browsers, and other JavaScript runtimes, if they were requested
 * @throws {Error} naming what is missing and the command that fixes it
 */
export async function setUp({ forTests = false, nativeBackend = false, peers = false } = {}) {
  const begin = performance.now();
  /** @type {[string, string][]} */
  const found = [];
  /**
   * @template T
   * @param {string} name
   * @param {() => Promise<T>} work
   */
  const step = async (name, work) => {
    const start = performance.now();
    const result = await work();
    console.log(`setup: ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
    found.push([name, String(result ?? "not available")]);
    return result;
  };
  const report = (/** @type {string} */ message) => console.log(`setup: ${message}`);
  /**
   * A step whose failure is reported and not fatal.
   *
   * @param {string} name
   * @param {() => Promise<string>} work
   */
  const tryStep = (name, work) =>
    step(name, () =>
      work().catch((/** @type {Error} */ error) => {
        report(`${name}: ${error.message}`);
        return undefined;
      }),
    );

  await step("Node", async () => checkedNode());
  const npmPackages = step("npm packages", () => ensureNpmPackages(root));
  await together([
    npmPackages,
    (async () => {
      await step("Rust", ensureRust);
      await step("wasm-pack and wasm-bindgen", async () => (await ensureWasmTools(report, npmPackages)).location);
      if (forTests) await step("Rust's checks", ensureRustChecks);
    })(),
  ]);

  // Most of what follows waits for downloads: all of it begins at once.
  const build = step("build", async () => {
    await run(
      process.execPath,
      [join(root, "node_modules", "turbo", "bin", "turbo"), "build", "--output-logs=errors-only"],
      { cwd: root, env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1" } },
    );
    return join(root, "packages", "*", "dist");
  });
  const forTestsOnly = async (/** @type {string} */ name, /** @type {() => Promise<string>} */ work) =>
    forTests ? tryStep(name, work) : undefined;
  const nodes = OTHER_NODES.map((version) => forTestsOnly(`Node ${version}`, () => ensureNode(version, report)));
  const runtimes = RUNTIMES.map((runtime) => forTestsOnly(runtime.name, () => ensureRuntime(runtime, report)));
  const python = forTestsOnly("Python with pyarrow and TensorBoard", () => ensurePython(READERS, report));
  const wasmtime = forTestsOnly("Python with wasmtime", () => ensurePython(WASMTIME, report));
  const exports = forTestsOnly("Python with ONNX Runtime, LiteRT and Keras", () => ensurePython(EXPORTS, report));
  const modelRuntimes = forTestsOnly(MODEL_RUNTIMES.what, () => ensurePackages(root, MODEL_RUNTIMES, report));
  const browsers = forTestsOnly("browsers", () => ensureBrowsers(report));
  const tfjsNode = (async () => {
    const ensure = () => ensureTfjsNode(root, report);
    if (nativeBackend) return step("tfjs-node", ensure);
    return forTests || peers ? tryStep("tfjs-node", ensure) : undefined;
  })();
  const peersOnly = peers
    ? [
        tryStep(NPM_PEERS.what, () => ensurePackages(root, NPM_PEERS, report)),
        tryStep("PyTorch, Keras and OpenCV", () => ensurePython(PEERS, report)),
      ]
    : [];
  await together([
    build,
    tfjsNode,
    ...nodes,
    ...runtimes,
    python,
    wasmtime,
    exports,
    modelRuntimes,
    browsers,
    ...peersOnly,
  ]);

  console.log(`setup: ready after ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  for (const [name, what] of found) console.log(`  ${name}: ${what}`);
  console.log(`  per-user cache: ${cacheDirectory()}`);
  const programs = await Promise.all(runtimes);
  return {
    python: await python,
    wasmtime: await wasmtime,
    exports: await exports,
    modelRuntimes: await modelRuntimes,
    nodes: (await Promise.all(nodes)).filter((node) => node !== undefined),
    hasNativeBackend: (await tfjsNode) !== undefined,
    browsers: await browsers,
    runtimes: Object.fromEntries(
      RUNTIMES.flatMap(({ name }, index) => {
        const program = programs[index];
        return program === undefined ? [] : [[name, program]];
      }),
    ),
  };
}

/**
 * Waits for all of them, also if one fails, so that nothing goes on in the background.
 *
 * @param {readonly Promise<unknown>[]} steps
 * @throws {Error} the first error
 */
async function together(steps) {
  for (const outcome of await Promise.allSettled(steps)) if (outcome.status === "rejected") throw outcome.reason;
}

/**
 * @param {string[]} args of the command line
 * @returns {Extras}
 */
function extrasOf(args) {
  const usage = "Expected npm run setup, optionally with -- --backend node or -- --peers";
  /** @type {{ backend?: string, peers?: boolean }} */
  let values;
  try {
    ({ values } = parseArgs({ args, options: { backend: { type: "string" }, peers: { type: "boolean" } } }));
  } catch (cause) {
    throw new Error(`${usage}, but received ${args.join(" ")}`, { cause });
  }
  const { backend = "auto", peers = false } = values;
  if (!["auto", "wasm", "node"].includes(backend)) throw new Error(`${usage}, but received --backend ${backend}`);
  return { nativeBackend: backend === "node", peers };
}

function checkedNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  // As in package.json's "engines": the intersection of the libraries' ranges.
  if (!((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22)) {
    throw new Error(
      `Expected Node 20.19, 22.12 or later, but this is ${process.version}. Install another version (see nodejs.org), and run this again`,
    );
  }
  return `${process.version} at ${process.execPath}`;
}

/**
 * Runs a script's main function. An error is printed as one line and sets the exit code to 1.
 *
 * @param {() => Promise<void>} main
 */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    console.error(`Error: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await runMain(async () => {
    await setUp(extrasOf(process.argv.slice(2)));
  });
}
