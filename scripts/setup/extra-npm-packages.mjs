// Sets of npm packages for the tests and benchmarks, each in a folder of the per-user cache, as locked beside its manifest. They
// are not dependencies, since nothing else needs them.

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";

import { cacheDirectory, makeInCache } from "./cache.mjs";
import { runNpm } from "./npm-packages.mjs";

const MANIFESTS = ["package.json", "package-lock.json"];

/**
 * A set of packages.
 *
 * @typedef {object} PackageSet
 * @property {string} name of its folder in the cache, which also has the hash of the lock
 * @property {string} what it is, for people
 * @property {string} manifests the folder of package.json and package-lock.json in the clone
 */

/**
 * The benchmarks' peers from npm. Node.js finds them through NODE_PATH.
 *
 * @type {PackageSet}
 */
export const NPM_PEERS = {
  name: "npm-peers",
  what: "peers from npm",
  manifests: join("packages", "bench", "peers"),
};

/**
 * For the tests of exported models: ONNX Runtime and LiteRT for JavaScript. Most of their 470 MB is ONNX Runtime's libraries for
 * other systems, which are in the same package.
 *
 * @type {PackageSet}
 */
export const MODEL_RUNTIMES = {
  name: "model-runtimes",
  what: "ONNX Runtime and LiteRT for JavaScript",
  manifests: join("test", "model-runtimes"),
};

/**
 * The folder of the packages, if an earlier setup created it.
 *
 * @param {string} root of the clone
 * @param {PackageSet} set
 * @returns {string | undefined}
 */
export function madePackages(root, set) {
  const packages = join(folderOf(root, set), "node_modules");
  return existsSync(packages) ? packages : undefined;
}

/**
 * @param {string} root of the clone
 * @param {PackageSet} set
 * @param {(message: string) => void} report
 * @returns {Promise<string>} the folder of the packages
 */
export async function ensurePackages(root, set, report) {
  const made = madePackages(root, set);
  if (made !== undefined) return made;
  report(`installing ${set.what}`);
  const folder = folderOf(root, set);
  await makeInCache(folder, async (unfinished) => {
    for (const name of MANIFESTS) await copyFile(join(root, set.manifests, name), join(unfinished, name));
    await runNpm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: unfinished, capture: true });
  });
  return join(folder, "node_modules");
}

/**
 * The folder, named after its content.
 *
 * @param {string} root of the clone
 * @param {PackageSet} set
 */
function folderOf(root, { name, manifests }) {
  const lock = readFileSync(join(root, manifests, "package-lock.json"));
  const hash = createHash("sha256").update(lock).digest("hex").slice(0, 12);
  return join(cacheDirectory(), `${name}-${hash}`);
}
