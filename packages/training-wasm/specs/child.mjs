import { writeSync } from "node:fs";
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const [bundle, variant, wasmPath, from, ...names] = process.argv.slice(2);
const send = (x) => writeSync(3, JSON.stringify(x) + "\n");
const jasmineRequire = require("jasmine-core");
const jasmine = jasmineRequire.boot();
const env = jasmine.getEnv();
env.configure({ forbidDuplicateNames: false });
const { prepare, files } = require(bundle);
prepare(variant, wasmPath);
for (const name of names) {
  await files[name]();
}
let ordinal = 0;
const ordinals = new Map();
const specsOf = (suite) => { for (const child of suite.children) { if (child.children) specsOf(child); else ordinals.set(child.id, ordinal++); } };
specsOf(env.topSuite());
send({ count: ordinal });
env.configure({ random: false, failFast: false, forbidDuplicateNames: false, autoCleanClosures: true, specFilter: (spec) => ordinals.get(spec.id) >= Number(from) });
jasmine.DEFAULT_TIMEOUT_INTERVAL = 20000;
env.clearReporters();
env.addReporter({
  specStarted: (r) => { if (ordinals.get(r.id) >= Number(from)) send({ started: r.fullName, }); },
  specDone: (r) => { if (ordinals.get(r.id) >= Number(from)) send({ done: r.fullName, status: r.status, ms: r.duration, messages: r.failedExpectations.map((f) => f.message) }); },
  suiteDone: (r) => { if (r.failedExpectations.length) send({ suite: r.fullName, messages: r.failedExpectations.map((f) => f.message) }); },
  jasmineDone: (r) => { send({ overall: r.overallStatus, messages: r.failedExpectations.map((f) => f.message) }); },
});
await env.execute();
process.exit(0);
