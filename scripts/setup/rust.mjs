// Rust with its standard library for WebAssembly.

import { ask, run } from "./run.mjs";

const TARGET = "wasm32-unknown-unknown";

/**
 * @returns {Promise<string>} the compiler's version
 * @throws {Error} naming the command to run
 */
export async function ensureRust() {
  const version = await ask("cargo", ["--version"]);
  if (version === undefined) {
    throw new Error(
      "Rust is missing: cargo was not found. Install it with rustup (see rustup.rs), open a new terminal, and run this again",
    );
  }
  if (!(await hasTarget())) {
    try {
      await run("rustup", ["target", "add", TARGET]);
    } catch (cause) {
      throw new Error(`Rust's standard library for ${TARGET} is missing. Run: rustup target add ${TARGET}`, { cause });
    }
  }
  return version.trim();
}

/** Rust that rustup did not install may have the target too: ask the compiler where it would be. */
async function hasTarget() {
  const installed = await ask("rustup", ["target", "list", "--installed"]);
  if (installed !== undefined) return installed.split(/\s+/).includes(TARGET);
  const { existsSync } = await import("node:fs");
  const directory = await ask("rustc", ["--print", "target-libdir", "--target", TARGET]);
  return directory !== undefined && existsSync(directory.trim());
}
