// `node scripts/planted-faults.mjs FOLDER --out OUT`: how many faults `silhouette inspect` finds, and how many good pictures it reports.
//
// Plants 60 faults in a copy of a folder of photographs, and then does what a user would: inspects, cross-validates, and inspects again with
// the predictions. Prints the faults that were found, by kind, and every report of a picture without a planted fault, to be looked at: it
// may have a fault of its own. OUT keeps the pictures and the cross-validation; with both, only the inspections are done again.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { root, runMain } from "./setup.mjs";

/**
 * @typedef {import("./planted-faults/plant.mjs").Fault} Fault
 * @typedef {import("@silhouette/trainer").DataIssue} DataIssue
 */

/** Kinds of issues that find a kind of fault. */
const FINDS = {
  copy: ["copies", "copies-across-labels", "copies-across-splits"],
  label: ["wrong-label"],
  mask: ["blank-silhouette", "fragmented-silhouette"],
};

await runMain(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { out: { type: "string" }, seed: { type: "string", default: "1" } },
  });
  const [folder] = positionals;
  const { out, seed } = values;
  if (folder === undefined || out === undefined) {
    throw new Error("Expected a folder of photographs and a folder to write to: FOLDER --out OUT");
  }
  const [pictures, folds, record] = [join(out, "pictures"), join(out, "folds"), join(out, "planted.json")];
  if (!existsSync(record)) {
    const { plant } = await import("./planted-faults/plant.mjs");
    await mkdir(out, { recursive: true });
    await writeFile(record, JSON.stringify(await plant(folder, pictures, Number(seed)), undefined, 2));
  }
  /** @type {{ readonly pictures: number, readonly faults: readonly Fault[] }} */
  const planted = JSON.parse(await readFile(record, "utf8"));

  const begin = performance.now();
  const before = issuesOf(silhouette(["inspect", pictures, "--json"], "pipe"));
  console.log(`Inspected in ${((performance.now() - begin) / 1000).toFixed(0)} s`);
  const resume = existsSync(join(folds, "cross-validation.json")) ? ["--resume"] : ["--folds", "3"];
  silhouette(["crossvalidate", pictures, "--out", folds, ...resume], "inherit");
  const after = issuesOf(silhouette(["inspect", pictures, "--run", folds, "--json"], "pipe"));
  const labels = after.filter(({ kind }) => kind === "wrong-label");

  count(planted.faults, [...before, ...labels], planted.pictures);
});

/** @param {readonly string[]} words @param {"pipe" | "inherit"} stdout */
function silhouette(words, stdout) {
  const main = join(root, "packages", "cli", "bin", "silhouette.js");
  const { status, stdout: text } = spawnSync(process.execPath, [main, ...words], {
    stdio: ["ignore", stdout, "inherit"],
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(`silhouette ${words.join(" ")} ended with exit code ${status}`);
  return text;
}

/** @param {string} lines @returns {DataIssue[]} */
function issuesOf(lines) {
  const events = lines.split("\n").filter((line) => line !== "");
  return events.map((line) => JSON.parse(line)).filter(({ type }) => type === "issue");
}

/**
 * @param {readonly Fault[]} faults
 * @param {readonly DataIssue[]} issues
 * @param {number} pictures
 */
function count(faults, issues, pictures) {
  const isFound = (/** @type {Fault} */ { kind, path, of = path }) =>
    issues.some((issue) => {
      const paths = new Set(issue.pictures.map((picture) => picture.path));
      return FINDS[kind].includes(issue.kind) && paths.has(path) && paths.has(of);
    });
  for (const kind of /** @type {const} */ (["copy", "label", "mask"])) {
    const own = faults.filter((fault) => fault.kind === kind);
    console.log(`${kind}: ${own.filter(isFound).length} of ${own.length} found`);
    for (const fault of own) if (!isFound(fault)) console.log(`  missed: ${fault.path}, ${fault.what}`);
  }
  console.log(`All: ${faults.filter(isFound).length} of ${faults.length} found`);

  const planted = new Set(faults.flatMap(({ path, of }) => (of === undefined ? [path] : [path, of])));
  /** @type {Set<string>} */
  const others = new Set();
  for (const { kind, pictures: shown, note } of issues) {
    for (const { path } of shown) {
      if (planted.has(path)) continue;
      others.add(path);
      console.log(`  not planted: ${path} [${kind}] ${note}`);
    }
  }
  const good = pictures - planted.size;
  console.log(
    `Of ${good} pictures without a planted fault, ${others.size} are reported (${((100 * others.size) / good).toFixed(2)} %)`,
  );
}
