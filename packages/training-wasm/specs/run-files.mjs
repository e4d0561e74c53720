// Runs the specs of some files in a separate process: a crashing kernel ends only this process.
//
//     node run-files.mjs BUNDLE VARIANT BINARIES FROM FILE...
//
// The first FROM specs are skipped. Each spec is reported on file descriptor 3 as JSON, with one line when it starts
// and one when it ends; a group is reported if its setup or teardown fails, and so are failures outside of all groups.

import { writeSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const [bundle = "", variant = "", binaries = "", from = "0", ...names] = process.argv.slice(2);
const jasmine = require("jasmine-core").boot();
const { prepare, files } = require(bundle);

/** Jasmine's default limit is shorter than some specs take on a busy machine. */
const LONGEST_SPEC_MS = 20_000;

const env = jasmine.getEnv();
// While the files are loaded: many groups have the same name.
env.configure({ forbidDuplicateNames: false });
jasmine.DEFAULT_TIMEOUT_INTERVAL = LONGEST_SPEC_MS;
prepare(variant, binaries);
for (const name of names) await files[name]();

/** @type {Map<string, number>} */
const places = new Map();
numberSpecs(env.topSuite());
const isWanted = (/** @type {{ id: string }} */ { id }) => (places.get(id) ?? 0) >= Number(from);

env.configure({ random: false, specFilter: isWanted });
env.clearReporters();
env.addReporter({
  specStarted: (/** @type {any} */ spec) => isWanted(spec) && tell({ begun: spec.fullName }),
  specDone: (/** @type {any} */ spec) => {
    if (!isWanted(spec)) return;
    tell({ name: spec.fullName, status: spec.status, message: firstMessage(spec) });
  },
  suiteDone: (/** @type {any} */ suite) => tellGroup(suite.fullName, suite),
  jasmineDone: (/** @type {any} */ all) => tellGroup("all groups", all),
});
await env.execute();
tell({ isEnd: true });
process.exit(0);

/** @param {any} suite */
function numberSpecs(suite) {
  for (const child of suite.children) {
    if (child.children === undefined) places.set(child.id, places.size);
    else numberSpecs(child);
  }
}

/**
 * @param {any} result of a spec, a group, or all
 * @returns {string | undefined}
 */
function firstMessage({ failedExpectations: [failure] }) {
  return failure?.message.split("\n")[0];
}

/**
 * @param {string} group
 * @param {any} result
 */
function tellGroup(group, result) {
  const message = firstMessage(result);
  if (message !== undefined) tell({ group, message });
}

/** @param {object} line */
function tell(line) {
  writeSync(3, `${JSON.stringify(line)}\n`);
}
