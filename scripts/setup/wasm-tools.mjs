// wasm-pack and wasm-bindgen, which turn a Rust crate into a WebAssembly file.
//
// Both versions are the project's: wasm-pack's stands in packages/preprocess-wasm/package.json, and wasm-bindgen's in
// that package's Cargo.lock, which the tool must match exactly. Looked for in the per-user cache and on the PATH; what is
// missing is put into the cache.

import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { cacheDirectory } from "./cache.mjs";
import { ask, run } from "./run.mjs";

const crate = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "packages", "preprocess-wasm");
const executable = (/** @type {string} */ name) => (process.platform === "win32" ? `${name}.exe` : name);

/** A download that has not come in this time will not come. */
const DOWNLOAD_LIMIT_MS = 120_000;

/**
 * Makes the tools available.
 *
 * @param {(message: string) => void} report told about each step that takes long
 * @returns {Promise<{ path: string, location: string }>} a PATH with the tools first, and where they were found
 * @throws {Error} naming the command to run, where a tool cannot be had
 */
export async function ensureWasmTools(report) {
  const { wasmPack, wasmBindgen } = toolVersions();
  const bin = join(cacheDirectory(), `wasm-pack-${wasmPack}-wasm-bindgen-${wasmBindgen}`, "bin");
  const path = `${bin}${delimiter}${process.env.PATH ?? ""}`;
  const isReady = async (/** @type {string} */ tool, /** @type {string} */ version) =>
    (await ask(tool, ["--version"], { env: { ...process.env, PATH: path } }))?.trim() === `${tool} ${version}`;

  if (!(await isReady("wasm-pack", wasmPack))) {
    report(`wasm-pack ${wasmPack}: trying npm's download`);
    if (!(await downloadWasmPack(bin))) {
      report("wasm-pack: no download from here; building it, which takes about a minute");
      await cargoInstall("wasm-pack", wasmPack, dirname(bin));
    }
  }
  if (!(await isReady("wasm-bindgen", wasmBindgen))) {
    report(`wasm-bindgen ${wasmBindgen}: building it, which takes about a minute`);
    await cargoInstall("wasm-bindgen-cli", wasmBindgen, dirname(bin));
  }
  return { path, location: `${wasmPack} and ${wasmBindgen} ${existsSync(bin) ? `in ${bin}` : "on the PATH"}` };
}

function toolVersions() {
  const manifest = JSON.parse(readFileSync(join(crate, "package.json"), "utf8"));
  const lock = readFileSync(join(crate, "Cargo.lock"), "utf8");
  const wasmBindgen = /name = "wasm-bindgen"\r?\nversion = "([^"]+)"/.exec(lock)?.[1];
  if (wasmBindgen === undefined)
    throw new Error(`Expected wasm-bindgen in ${join(crate, "Cargo.lock")}, but it is not there`);
  return { wasmPack: manifest.devDependencies["wasm-pack"], wasmBindgen };
}

/**
 * npm's package downloads the program in its install script, which `npm ci --ignore-scripts` left out.
 *
 * @param {string} bin
 * @returns {Promise<boolean>} whether it came
 */
async function downloadWasmPack(bin) {
  const npmPackage = dirname(createRequire(join(crate, "package.json")).resolve("wasm-pack/package.json"));
  const downloaded = join(npmPackage, "binary", executable("wasm-pack"));
  await ask(process.execPath, [join(npmPackage, "install.js")], { timeout: DOWNLOAD_LIMIT_MS });
  if ((await ask(downloaded, ["--version"])) === undefined) return false;
  mkdirSync(bin, { recursive: true });
  const temporary = join(bin, `.wasm-pack-${process.pid}`);
  copyFileSync(downloaded, temporary);
  renameSync(temporary, join(bin, executable("wasm-pack")));
  return true;
}

/**
 * @param {string} name of the crate
 * @param {string} version
 * @param {string} root its `bin` folder gets the program
 */
async function cargoInstall(name, version, root) {
  mkdirSync(root, { recursive: true });
  const targetDirectory = mkdtempSync(join(root, "build-"));
  const args = ["install", "--locked", "--force", "--quiet", "--root", root, `${name}@${version}`];
  try {
    await run("cargo", args, {
      env: {
        ...process.env,
        CARGO_TARGET_DIR: targetDirectory,
        // The tools run for a second a build: unoptimised they are ready in a third of the time.
        CARGO_PROFILE_RELEASE_OPT_LEVEL: "0",
        CARGO_PROFILE_RELEASE_LTO: "off",
        CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "16",
        CARGO_PROFILE_RELEASE_DEBUG: "0",
      },
    });
  } catch (cause) {
    throw new Error(`${name} ${version} could not be installed. Run: cargo ${args.join(" ")}`, { cause });
  } finally {
    rmSync(targetDirectory, { recursive: true, force: true });
  }
}
