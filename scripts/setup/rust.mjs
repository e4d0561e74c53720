// Rust with its standard library for WebAssembly.

import { existsSync } from "node:fs";

import { ask, run, RunError } from "./run.mjs";

const TARGET = "wasm32-unknown-unknown";

/**
 * @returns {Promise<string>} the compiler's version
 * @throws {Error} naming the command to run
 */
export async function ensureRust() {
  let version;
  try {
    version = await run("cargo", ["--version"], { capture: true });
  } catch (cause) {
    const why = cause instanceof RunError && cause.output !== "" ? cause.output.trim() : "cargo was not found";
    throw new Error(
      `Rust is missing (${why}). Install it with rustup (see rustup.rs), open a new terminal, and run this again`,
      { cause },
    );
  }
  if (!(await hasTarget())) {
    await add(["target", "add", TARGET]).catch(async (error) => {
      // Two crates are built in parallel: the other build may have added it.
      if (!(await hasTarget())) throw error;
    });
  }
  return version.trim();
}

/** Ensures that Rust's formatter and linter are installed, which a minimal installation omits. */
export async function ensureRustChecks() {
  const isThere = async (/** @type {string} */ name) => (await ask("cargo", [name, "--version"])) !== undefined;
  if (!(await isThere("fmt")) || !(await isThere("clippy"))) await add(["component", "add", "rustfmt", "clippy"]);
  return "rustfmt and clippy";
}

/** @param {string[]} args for rustup */
async function add(args) {
  try {
    await run("rustup", args);
  } catch (cause) {
    throw new Error(`A Rust component is missing. Run: rustup ${args.join(" ")}`, { cause });
  }
}

/** Whether the target is installed. Without rustup, the compiler reports where it would be. */
async function hasTarget() {
  const installed = await ask("rustup", ["target", "list", "--installed"]);
  if (installed !== undefined) return installed.split(/\s+/).includes(TARGET);
  const directory = await ask("rustc", ["--print", "target-libdir", "--target", TARGET]);
  return directory !== undefined && existsSync(directory.trim());
}
