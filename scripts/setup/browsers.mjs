// Browsers that the tests of the WebAssembly packages run in: Debian's Chromium and Firefox, driven by playwright-core.

import { existsSync } from "node:fs";

import { run } from "./run.mjs";

/** Where Debian puts them, and the names of its packages. */
const BROWSERS = {
  chromium: { program: "/usr/bin/chromium", debian: "chromium" },
  firefox: { program: "/usr/bin/firefox-esr", debian: "firefox-esr" },
};

/**
 * The browsers that are there. Those that are missing are installed in continuous integration alone: on other machines what
 * the system has is its owner's business.
 *
 * @param {(message: string) => void} report
 * @returns {Promise<string>} their names, with commas between
 * @throws {Error} where none is there, with the command that installs them
 */
export async function ensureBrowsers(report) {
  const missing = () => Object.values(BROWSERS).filter(({ program }) => !existsSync(program));
  const names = missing().map(({ debian }) => debian);
  if (names.length > 0 && process.env["CI"] !== undefined) {
    report(`installing ${names.join(" and ")}`);
    await run("apt-get", ["update", "--quiet"], { capture: true });
    await run("apt-get", ["install", "--quiet", "--yes", "--no-install-recommends", ...names], { capture: true });
  }
  const found = Object.entries(BROWSERS).flatMap(([name, { program }]) => (existsSync(program) ? [name] : []));
  if (found.length === 0) throw new Error("none is there; on Debian: sudo apt-get install chromium firefox-esr");
  return found.join();
}
