// Other versions of Node.js, from npm: the tests run tfjs-node on each.

import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { cacheDirectory, makeInCache } from "./cache.mjs";
import { runNpm } from "./npm-packages.mjs";
import { ask } from "./run.mjs";

/** The versions, one per major version. */
export const OTHER_NODES = ["22.23.3", "24.21.0"];

/**
 * @param {string} version
 * @param {(message: string) => void} report
 * @returns {Promise<string>} the program
 * @throws {Error} if npm has none that runs on this platform
 */
export async function ensureNode(version, report) {
  const npmPackage = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const folder = join(cacheDirectory(), `node-${version}`);
  const path = join("node_modules", npmPackage, "bin", process.platform === "win32" ? "node.exe" : "node");
  const program = join(folder, path);
  if (existsSync(program)) return program;
  report(`installing Node ${version}`);
  await makeInCache(folder, async (unfinished) => {
    // Otherwise npm installs into the next folder above that has such a file.
    await writeFile(join(unfinished, "package.json"), "{}");
    await runNpm(
      ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", `${npmPackage}@${version}`],
      { cwd: unfinished, capture: true },
    );
    if ((await ask(join(unfinished, path), ["--version"])) === undefined)
      throw new Error(`Expected npm's ${npmPackage}@${version} to run here, but it does not`);
  });
  return program;
}
