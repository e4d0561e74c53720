// npm packages: `npm ci` where node_modules is not what package-lock.json says.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { run } from "./run.mjs";

/**
 * Install scripts do not run: two packages' scripts download from places that a closed network does not reach. What they
 * would bring is fetched by the step that needs it.
 *
 * @param {string} root of the clone
 * @returns {Promise<string>} what is there
 */
export async function ensureNpmPackages(root) {
  const stamp = join(root, "node_modules", ".silhouette-lock");
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
    await runNpm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: root });
    writeFileSync(stamp, wanted);
  }
  return join(root, "node_modules");
}

/**
 * `npm run` tells where npm itself is, so that the same npm runs on every system, without a shell.
 *
 * @param {readonly string[]} args
 * @param {Parameters<typeof run>[2]} options
 */
export async function runNpm(args, options) {
  const npm = process.env.npm_execpath;
  if (npm?.endsWith("npm-cli.js")) return run(process.execPath, [npm, ...args], options);
  return run("npm", args, { ...options, shell: process.platform === "win32" });
}
