// `npm test`: runs setup, then checks format, lint and types, and runs all tests. The last line, 'N passed, N failed', is
// summed from the runners' JSON reports.

import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";

import { buildReference } from "./docs.mjs";
import { run, RunError } from "./setup/run.mjs";
import { root, runMain, setUp } from "./setup.mjs";

/** The Rust crates. */
const crates = ["preprocess-wasm", "training-wasm"].map((name) => join(root, "packages", name, "Cargo.toml"));
const reports = join(root, "test-results");

/** Runs a program from node_modules with this Node. */
const tool = (/** @type {string} */ script, /** @type {string[]} */ ...args) =>
  run(process.execPath, [join(root, "node_modules", script), ...args], { cwd: root });

/** Runs Cargo for each crate. */
const cargo = async (/** @type {string} */ command, /** @type {string[]} */ ...args) => {
  for (const crate of crates) await run("cargo", [command, "--manifest-path", crate, ...args]);
};

/** Checks that pass or fail. Those of Rust, and its tests, run beside those of TypeScript. */
const RUST_CHECKS = {
  "format of Rust": () => cargo("fmt", "--check"),
  "lint of Rust": () => cargo("clippy", "--quiet", "--all-targets", "--locked"),
};
const TYPESCRIPT_CHECKS = {
  "format of TypeScript and text": () => tool("prettier/bin/prettier.cjs", "--check", "--log-level", "warn", "."),
  "lint of TypeScript": () => tool("oxlint/bin/oxlint", "--type-aware", "--deny-warnings"),
  "types of packages": () => tool("turbo/bin/turbo", "typecheck", "--output-logs=errors-only"),
  "types of scripts": () => tool("typescript/bin/tsc", "-p", "scripts"),
  "API reference": buildReference,
};

await runMain(async () => {
  const found = await setUp({ forTests: true });
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports);

  /** @type {string[]} */
  const failedChecks = [];
  /** @type {Awaited<ReturnType<typeof testTypeScript>>[]} */
  const tests = [];
  await Promise.all([
    (async () => {
      failedChecks.push(...(await failedAmong(RUST_CHECKS)));
      for (const crate of crates) tests.push(await testRust(crate));
    })(),
    failedAmong(TYPESCRIPT_CHECKS).then((failed) => failedChecks.push(...failed)),
  ]);
  tests.push(await testTypeScript(found));
  if (failedChecks.length > 0) console.log(`Failed checks: ${failedChecks.join(", ")}`);

  const sum = (/** @type {"passed" | "failed" | "skipped"} */ name) =>
    tests.reduce((total, counts) => total + counts[name], 0);
  const skipped = sum("skipped");
  // A runner that fails without reporting a failed test, such as one that cannot start, is a failure, too.
  if (failedChecks.length > 0 || sum("failed") > 0 || tests.some(({ ended }) => !ended)) process.exitCode = 1;
  console.log(`${sum("passed")} passed, ${sum("failed")} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
});

/**
 * Runs checks, one after the other.
 *
 * @param {Readonly<Record<string, () => Promise<unknown>>>} checks
 * @returns {Promise<readonly string[]>} the names of those that failed
 */
async function failedAmong(checks) {
  const failed = [];
  for (const [name, check] of Object.entries(checks)) {
    const hasPassed = await passes(check);
    console.log(`${hasPassed ? "passed" : "FAILED"}: ${name}`);
    if (!hasPassed) failed.push(name);
  }
  return failed;
}

/** @param {() => Promise<unknown>} check */
async function passes(check) {
  try {
    await check();
    return true;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return false;
  }
}

/**
 * Rust's test harness only writes JSON if unstable options are allowed, as by RUSTC_BOOTSTRAP.
 *
 * @param {string} crate
 */
async function testRust(crate) {
  let output;
  let ended = true;
  try {
    output = await run(
      "cargo",
      ["test", "--quiet", "--locked", "--manifest-path", crate, "--", "-Zunstable-options", "--format=json"],
      { capture: true, env: { ...process.env, RUSTC_BOOTSTRAP: "1" } },
    );
  } catch (error) {
    ended = false;
    output = error instanceof RunError ? error.output : String(error);
  }
  const counts = { passed: 0, failed: 0, skipped: 0, ended };
  for (const line of output.split("\n")) {
    if (!line.startsWith("{")) {
      if (!ended && line !== "") console.error(line);
      continue;
    }
    const event = JSON.parse(line);
    if (event.type === "test" && event.event === "failed")
      console.error(`failed: ${event.name}\n${event.stdout ?? ""}`);
    if (event.type !== "suite" || event.event === "started") continue;
    counts.passed += event.passed;
    counts.failed += event.failed;
    counts.skipped += event.ignored;
  }
  console.log(`Rust, ${basename(dirname(crate))}: ${counts.passed} passed, ${counts.failed} failed`);
  return counts;
}

/** @param {Awaited<ReturnType<typeof setUp>>} found optional requirements of the tests, which may be missing */
async function testTypeScript({
  python,
  wasmtime,
  exports,
  modelRuntimes,
  nodes,
  hasNativeBackend,
  browsers,
  runtimes,
}) {
  const report = join(reports, "vitest.json");
  const ended = await passes(() =>
    run(
      process.execPath,
      [
        join(root, "node_modules", "vitest", "vitest.mjs"),
        "run",
        "--reporter=default",
        "--reporter=json",
        `--outputFile.json=${report}`,
      ],
      {
        cwd: root,
        env: {
          ...process.env,
          ...(python && { SILHOUETTE_PYTHON: python }),
          ...(wasmtime && { SILHOUETTE_WASMTIME: wasmtime }),
          ...(exports && { SILHOUETTE_EXPORTS: exports }),
          ...(modelRuntimes && { SILHOUETTE_MODEL_RUNTIMES: modelRuntimes }),
          ...Object.fromEntries(
            Object.entries(runtimes).map(([name, program]) => [`SILHOUETTE_${name.toUpperCase()}`, program]),
          ),
          SILHOUETTE_NODES: nodes.join(delimiter),
          SILHOUETTE_TFJS_NODE: hasNativeBackend ? "1" : "",
          SILHOUETTE_BROWSERS: browsers ?? "",
        },
      },
    ),
  );
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(report, "utf8"));
  return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests, ended };
}
