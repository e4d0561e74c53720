// Browsers for the tests: Debian's Chromium and Firefox, driven by playwright-core.

import { existsSync } from "node:fs";

import { run } from "./run.mjs";

/** Paths of the browsers on Debian, and the names of its packages. */
const BROWSERS = {
  chromium: { program: "/usr/bin/chromium", debian: "chromium" },
  firefox: { program: "/usr/bin/firefox-esr", debian: "firefox-esr" },
};

/**
 * Finds the installed browsers. Missing ones are only installed in continuous integration on Debian, by root: on other machines, system
 * packages are up to the owner.
 *
 * @param {(message: string) => void} report
 * @returns {Promise<string>} their names, separated by commas
 * @throws {Error} if none is installed, with the command that installs them
 */
export async function ensureBrowsers(report) {
  const missing = () => Object.values(BROWSERS).filter(({ program }) => !existsSync(program));
  const names = missing().map(({ debian }) => debian);
  const mayInstall = process.env["CI"] !== undefined && process.getuid?.() === 0 && existsSync("/etc/debian_version");
  if (names.length > 0 && mayInstall) {
    report(`installing ${names.join(" and ")}`);
    await run("apt-get", ["update", "--quiet"], { capture: true });
    await run("apt-get", ["install", "--quiet", "--yes", "--no-install-recommends", ...names], { capture: true });
  }
  const found = Object.entries(BROWSERS).flatMap(([name, { program }]) => (existsSync(program) ? [name] : []));
  if (found.length === 0) {
    throw new Error(
      "Debian's Chromium and Firefox are not installed. On Debian, run: sudo apt-get install chromium firefox-esr",
    );
  }
  return found.join();
}
