// The benchmarks' peers from npm, in the per-user cache, as locked in packages/bench/peers/package-lock.json. They are not
// dependencies, since nothing else needs them. Node.js finds them through NODE_PATH.

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";

import { cacheDirectory, makeInCache } from "./cache.mjs";
import { runNpm } from "./npm-packages.mjs";

const MANIFESTS = ["package.json", "package-lock.json"];

/**
 * The folder of the packages, if an earlier setup created it.
 *
 * @param {string} root of the clone
 * @returns {string | undefined}
 */
export function madeNpmPeers(root) {
  const packages = join(folderOf(root), "node_modules");
  return existsSync(packages) ? packages : undefined;
}

/**
 * @param {string} root of the clone
 * @param {(message: string) => void} report
 * @returns {Promise<string>} the folder of the packages
 */
export async function ensureNpmPeers(root, report) {
  const made = madeNpmPeers(root);
  if (made !== undefined) return made;
  report("installing the benchmarks' peers from npm");
  const folder = folderOf(root);
  await makeInCache(folder, async (unfinished) => {
    for (const name of MANIFESTS) await copyFile(join(manifestFolder(root), name), join(unfinished, name));
    await runNpm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: unfinished, capture: true });
  });
  return join(folder, "node_modules");
}

/** @param {string} root of the clone */
function manifestFolder(root) {
  return join(root, "packages", "bench", "peers");
}

/** The folder, named after its content. @param {string} root of the clone */
function folderOf(root) {
  const lock = readFileSync(join(manifestFolder(root), "package-lock.json"));
  const hash = createHash("sha256").update(lock).digest("hex").slice(0, 12);
  return join(cacheDirectory(), `npm-peers-${hash}`);
}
