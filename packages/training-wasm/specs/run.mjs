// Runs the specs that @tensorflow/tfjs-core ships, on its stock WASM backend or on ours.
//
//     node specs/run.mjs stock|ours [--out FILE.json] [PART-OF-A-FILE-NAME...]
//
// The specs are bundled once; the files are run in two processes at a time. Prints what fails; --out takes all specs.

import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { bundleSpecs } from "./bundle.mjs";

/**
 * @typedef {object} Spec
 * @property {string} name of its groups and its own; `#2` follows the second one of the same name
 * @property {"passed" | "failed" | "pending" | "excluded"} status
 * @property {string} [message] first line of its first failure
 */

/** Processes, one after the other, and at once. What crashes loses what its process knew: so the files are divided. */
const GROUPS = 8;
const AT_ONCE = 2;

const here = dirname(fileURLToPath(import.meta.url));
const { resolve } = createRequire(import.meta.url);
const binaries = `${join(dirname(resolve("@tensorflow/tfjs-backend-wasm/package.json")), "dist")}/`;

const { values, positionals } = parseArgs({ allowPositionals: true, options: { out: { type: "string" } } });
const [variant, ...parts] = positionals;
if (variant !== "stock" && variant !== "ours") throw new Error("Expected stock or ours");

const bundle = join(here, "..", "target", "specs", `${variant}-${process.pid}.cjs`);
mkdirSync(dirname(bundle), { recursive: true });
const files = (await bundleSpecs(bundle)).filter(
  (name) => parts.length === 0 || parts.some((part) => name.includes(part)),
);
const specs = withNumbers(await runAll());
const failed = specs.filter(({ status }) => status === "failed");
for (const { name, message } of failed) console.log(`${name}: ${message}`);
console.log(`${variant}: ${specs.length} specs, ${failed.length} failed`);
if (values.out !== undefined) writeFileSync(values.out, JSON.stringify(specs, undefined, 1));

async function runAll() {
  const bound = (/** @type {number} */ group) => Math.floor((group * files.length) / GROUPS);
  const groups = Array.from({ length: GROUPS }, (_, group) => files.slice(bound(group), bound(group + 1)));
  /** @type {Spec[][]} */
  const results = [];
  const waiting = [...groups.entries()].filter(([, names]) => names.length > 0);
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [group, names] = next;
      results[group] = await runGroup(names);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results.flat();
}

/**
 * All specs of some files: after a crash a new process goes on behind the spec that crashed.
 *
 * @param {readonly string[]} names
 */
async function runGroup(names) {
  /** @type {Spec[]} */
  const all = [];
  for (;;) {
    const { ended, hasEnded, begun } = await runProcess(names, all.length);
    all.push(...ended);
    if (hasEnded) return all;
    if (begun === undefined)
      throw new Error(`Expected specs of ${names[0]} and others to run, but their process ended`);
    all.push({ name: begun, status: "failed", message: "crash" });
  }
}

/**
 * @param {readonly string[]} names
 * @param {number} from
 * @returns {Promise<{ ended: readonly Spec[], hasEnded: boolean, begun: string | undefined }>}
 */
async function runProcess(names, from) {
  const args = [join(here, "run-files.mjs"), bundle, variant ?? "", binaries, String(from), ...names];
  // What kernels print is of no use here.
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "ignore", "pipe"] });
  /** @type {Spec[]} */
  const ended = [];
  let hasEnded = false;
  /** @type {string | undefined} */
  let begun;
  const lines = createInterface({ input: child.stdio[3] });
  for await (const line of lines) {
    const told = JSON.parse(line);
    if (told.isEnd) hasEnded = true;
    else if (told.begun !== undefined) begun = told.begun;
    else {
      ended.push(told);
      begun = undefined;
    }
  }
  return { ended, hasEnded, begun };
}

/**
 * @param {readonly Spec[]} all
 * @returns {readonly Spec[]}
 */
function withNumbers(all) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  return all.map((spec) => {
    const count = (counts.get(spec.name) ?? 0) + 1;
    counts.set(spec.name, count);
    return count === 1 ? spec : { ...spec, name: `${spec.name} #${count}` };
  });
}
