// wasm-pack and wasm-bindgen, which compile a Rust crate to a WebAssembly file.
//
// The project determines both versions: that of wasm-pack is in packages/preprocess-wasm/package.json, and that of wasm-bindgen
// in the package's Cargo.lock, which the tool must match exactly. They are looked up in the per-user cache and on the PATH;
// missing ones are installed into the cache.

import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { cacheDirectory } from "./cache.mjs";
import { ask, run } from "./run.mjs";

const crate = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "packages", "preprocess-wasm");
const executable = (/** @type {string} */ name) => (process.platform === "win32" ? `${name}.exe` : name);

/** Timeout of a download. */
const DOWNLOAD_LIMIT_MS = 120_000;

/**
 * Ensures that the tools are available. wasm-bindgen comes first, since wasm-pack is installed from an npm package.
 *
 * @param {(message: string) => void} report called before each step that takes long
 * @param {Promise<unknown>} npmPackages settles when the clone's npm packages are installed
 * @returns {Promise<{ path: string, location: string }>} a PATH with the tools first, and where they were found
 * @throws {Error} naming the command to run if a tool cannot be installed
 */
export async function ensureWasmTools(report, npmPackages) {
  const { wasmPack, wasmBindgen } = toolVersions();
  const bin = join(cacheDirectory(), `wasm-pack-${wasmPack}-wasm-bindgen-${wasmBindgen}`, "bin");
  const path = `${bin}${delimiter}${process.env.PATH ?? ""}`;
  const isReady = async (/** @type {string} */ tool, /** @type {string} */ version) =>
    (await ask(tool, ["--version"], { env: { ...process.env, PATH: path } }))?.trim() === `${tool} ${version}`;

  if (!(await isReady("wasm-bindgen", wasmBindgen))) {
    report(`wasm-bindgen ${wasmBindgen}: building it, which takes about a minute`);
    await cargoInstall("wasm-bindgen-cli", wasmBindgen, dirname(bin));
  }
  if (!(await isReady("wasm-pack", wasmPack))) {
    await npmPackages;
    report(`wasm-pack ${wasmPack}: trying npm's download`);
    if (!(await downloadWasmPack(bin))) {
      report("wasm-pack: the download failed; building it, which takes about a minute");
      await cargoInstall("wasm-pack", wasmPack, dirname(bin));
    }
  }
  return { path, location: `${wasmPack} and ${wasmBindgen} ${existsSync(bin) ? `in ${bin}` : "on the PATH"}` };
}

function toolVersions() {
  const manifest = JSON.parse(readFileSync(join(crate, "package.json"), "utf8"));
  const lock = readFileSync(join(crate, "Cargo.lock"), "utf8");
  const wasmBindgen = /name = "wasm-bindgen"\r?\nversion = "([^"]+)"/.exec(lock)?.[1];
  if (wasmBindgen === undefined)
    throw new Error(`Expected wasm-bindgen in ${join(crate, "Cargo.lock")}, but there is none`);
  return { wasmPack: manifest.devDependencies["wasm-pack"], wasmBindgen };
}

/**
 * Downloads the program with the install script of its npm package, which `npm ci --ignore-scripts` did not run.
 *
 * @param {string} bin
 * @returns {Promise<boolean>} whether the download succeeded
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
 * @param {string} root the program is installed in its `bin` folder
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
        // The tools run for a second per build: without optimization, they compile in a third of the time.
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
