// npm packages: runs `npm ci` if node_modules does not match package-lock.json.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { run } from "./run.mjs";

/**
 * Install scripts do not run: those of two packages download from hosts that closed networks cannot reach. The steps that need
 * these downloads fetch them.
 *
 * @param {string} root of the clone
 * @returns {Promise<string>} the folder of the packages
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
 * Runs npm. `npm run` provides the path of npm itself, so that the same npm runs on every system, without a shell.
 *
 * @param {readonly string[]} args
 * @param {Parameters<typeof run>[2]} options
 */
export async function runNpm(args, options) {
  const npm = process.env.npm_execpath;
  if (npm?.endsWith("npm-cli.js")) return run(process.execPath, [npm, ...args], options);
  return run("npm", args, { ...options, shell: process.platform === "win32" });
}
