// Runs bundled specs in processes, two at a time: a kernel that crashes or hangs affects only the spec that was
// running.

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/**
 * @typedef {object} Spec
 * @property {string} name of its groups and its own; `#2` follows the second one of the same name
 * @property {"passed" | "failed" | "pending"} status
 * @property {string} [message] first line of its first failure
 */

/** Number of file groups, and of concurrent processes. A crash loses the state of its process, so the files are divided. */
const GROUPS = 8;
const AT_ONCE = 2;

/** Jasmine ends a waiting spec after 20 seconds: a process that is silent for longer hangs in a computation. */
const LONGEST_SILENCE_MS = 60_000;

const runFiles = join(dirname(fileURLToPath(import.meta.url)), "run-files.mjs");
const { resolve } = createRequire(import.meta.url);
const binaries = `${join(dirname(resolve("@tensorflow/tfjs-backend-wasm/package.json")), "dist")}/`;

/**
 * All specs of some files, in their order. A group whose setup or teardown fails is reported as a failed spec.
 *
 * @param {string} bundle
 * @param {string} variant as the bundle knows it: stock or ours
 * @param {readonly string[]} files
 * @param {{ longestSilenceMs?: number }} options
 * @returns {Promise<readonly Spec[]>}
 */
export async function runSpecs(bundle, variant, files, { longestSilenceMs = LONGEST_SILENCE_MS } = {}) {
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
  return withNumbers(results.flat());

  /** @param {readonly string[]} names of files: after a crash, a new process continues after the spec that crashed */
  async function runGroup(names) {
    /** @type {Spec[]} */
    const specs = [];
    /** @type {Spec[]} */
    const failedGroups = [];
    for (;;) {
      const told = await runProcess(names, specs.length);
      specs.push(...told.specs);
      failedGroups.push(...told.failedGroups);
      if (told.hasEnded) return [...specs, ...failedGroups];
      if (told.begun !== undefined) specs.push({ name: told.begun, status: "failed", message: told.end });
      else if (told.specs.length === 0)
        throw new Error(`Expected the specs of ${names.join(", ")} to run, but their process ended: ${told.end}`);
    }
  }

  /**
   * @param {readonly string[]} names
   * @param {number} from
   */
  async function runProcess(names, from) {
    const args = [runFiles, bundle, variant, binaries, String(from), ...names];
    // The kernels' output is not needed.
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe", "pipe"] });
    const closed = new Promise((done) => {
      child.on("close", (code, signal) => done(signal ?? `exit code ${code}`));
    });
    let errors = "";
    child.stderr?.on("data", (data) => {
      errors = (errors + data).slice(-2000);
    });
    let isSilent = false;
    const silence = setTimeout(() => {
      isSilent = true;
      child.kill("SIGKILL");
    }, longestSilenceMs);
    /** @type {Spec[]} */
    const specs = [];
    /** @type {Spec[]} */
    const failedGroups = [];
    let hasEnded = false;
    /** @type {string | undefined} */
    let begun;
    for await (const line of createInterface({
      input: /** @type {import("node:stream").Readable} */ (child.stdio[3]),
    })) {
      silence.refresh();
      const told = JSON.parse(line);
      if (told.isEnd) hasEnded = true;
      else if (told.begun !== undefined) begun = told.begun;
      else if (told.group !== undefined)
        failedGroups.push({ name: `${told.group} (the group itself)`, status: "failed", message: told.message });
      else {
        specs.push(told);
        begun = undefined;
      }
    }
    const how = await closed;
    clearTimeout(silence);
    const end = isSilent ? `crash: no end after ${longestSilenceMs} ms` : `crash: ${how} ${errors}`.trimEnd();
    return { specs, failedGroups, hasEnded, begun, end };
  }
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
