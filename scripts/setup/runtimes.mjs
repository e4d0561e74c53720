// Other JavaScript runtimes, from npm: the tests run the preprocessor in each.

import { existsSync, readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { cacheDirectory, makeInCache } from "./cache.mjs";
import { runNpm } from "./npm-packages.mjs";
import { ask } from "./run.mjs";

/**
 * A runtime. Its program is in a separate npm package per platform.
 *
 * @typedef {object} Runtime
 * @property {string} name of its npm package
 * @property {string} version
 * @property {string} scope of the platform packages
 * @property {string} program its path in those packages
 */

/** @type {readonly Runtime[]} */
export const RUNTIMES = [
  { name: "deno", version: "2.9.6", scope: "@deno", program: "deno" },
  { name: "bun", version: "1.4.5", scope: "@oven", program: "bin/bun" },
  { name: "workerd", version: "1.20261117.1", scope: "@cloudflare", program: "bin/workerd" },
];

/**
 * @param {Runtime} runtime
 * @param {(message: string) => void} report
 * @returns {Promise<string>} the program
 * @throws {Error} if npm has none that runs on this platform
 */
export async function ensureRuntime({ name, version, scope, program }, report) {
  const folder = join(cacheDirectory(), `${name}-${version}`);
  if (!existsSync(folder)) {
    report(`installing ${name} ${version}`);
    await makeInCache(folder, async (unfinished) => {
      // Otherwise npm installs into the nearest parent folder that has a package.json.
      await writeFile(join(unfinished, "package.json"), "{}");
      await runNpm(
        ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", `${name}@${version}`],
        { cwd: unfinished, capture: true },
      );
    });
  }
  const platforms = join(folder, "node_modules", scope);
  for (const each of existsSync(platforms) ? readdirSync(platforms) : []) {
    const candidate = join(platforms, each, process.platform === "win32" ? `${program}.exe` : program);
    if ((await ask(candidate, ["--version"])) !== undefined) return candidate;
  }
  throw new Error(`Expected npm's ${name}@${version} to run here, but it does not`);
}
