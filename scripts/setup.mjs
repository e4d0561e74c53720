// Makes a clone ready: npm packages, Rust for WebAssembly, wasm-pack, and everything built. Safe to run again at any time.
//
// Standard library only, since it runs before anything is installed. `npm run demo`, `npm test` and `npm run bench` call
// it. What is slow to make is kept in a per-user cache (setup/cache.mjs), so that the next clone starts at once.

import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { cacheDirectory } from "./setup/cache.mjs";
import { ensureNpmPackages } from "./setup/npm-packages.mjs";
import { findPythonWithPyarrow } from "./setup/python.mjs";
import { run } from "./setup/run.mjs";
import { ensureRust, ensureRustChecks } from "./setup/rust.mjs";
import { ensureWasmTools } from "./setup/wasm-tools.mjs";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * @param {{ forTests?: boolean }} [wanted] `forTests`: what only the tests need, too
 * @returns {Promise<{ python: string | undefined }>} the Python that has pyarrow
 * @throws {Error} naming what is missing and the command that mends it
 */
export async function setUp({ forTests = false } = {}) {
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
    console.log(`set-up: ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
    found.push([name, String(result ?? "not there")]);
    return result;
  };
  const report = (/** @type {string} */ message) => console.log(`set-up: ${message}`);

  await step("Node", async () => checkedNode());
  await step("npm packages", () => ensureNpmPackages(root));
  await step("Rust", ensureRust);
  await step("wasm-pack and wasm-bindgen", async () => (await ensureWasmTools(report)).location);
  if (forTests) await step("Rust's checks", ensureRustChecks);
  const python = forTests ? await step("Python with pyarrow", () => findPythonWithPyarrow(report)) : undefined;
  await step("build", async () => {
    await run(
      process.execPath,
      [join(root, "node_modules", "turbo", "bin", "turbo"), "build", "--output-logs=errors-only"],
      { cwd: root, env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1" } },
    );
    return join(root, "packages", "*", "dist");
  });

  console.log(`set-up: ready after ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  for (const [name, what] of found) console.log(`  ${name}: ${what}`);
  console.log(`  per-user cache: ${cacheDirectory()}`);
  return { python };
}

function checkedNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  // What package.json's "engines" say: the libraries' own ranges, together.
  if (!((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22)) {
    throw new Error(
      `Expected Node 20.19, 22.12 or later, but this is ${process.version}. Install another (see nodejs.org), and run this again`,
    );
  }
  return `${process.version} at ${process.execPath}`;
}

/**
 * Runs a script's main function; an error is shown as one line, and ends the process with code 1.
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
    await setUp();
  });
}
