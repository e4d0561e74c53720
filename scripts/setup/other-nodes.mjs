// Other versions of Node.js than the one that runs, as npm has them: the tests try tfjs-node on each, and benchmarks compare.

import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";

import { cacheDirectory } from "./cache.mjs";
import { runNpm } from "./npm-packages.mjs";

/** The versions, one a major version. */
export const OTHER_NODES = ["22.23.3", "24.21.0"];

/**
 * @param {string} version
 * @param {(message: string) => void} report
 * @returns {Promise<string>} the program
 * @throws {Error} where npm has none for this platform
 */
export async function ensureNode(version, report) {
  const npmPackage = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const folder = join(cacheDirectory(), `node-${version}`);
  const program = join(folder, "node_modules", npmPackage, "bin", process.platform === "win32" ? "node.exe" : "node");
  if (existsSync(program)) return program;
  const unfinished = `${folder}.${process.pid}`;
  try {
    report(`installing Node ${version}`);
    await mkdir(unfinished, { recursive: true });
    await runNpm(
      ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", `${npmPackage}@${version}`],
      { cwd: unfinished, capture: true },
    );
    await rm(folder, { recursive: true, force: true });
    await rename(unfinished, folder);
    return program;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}
