// Runs the specs that @tensorflow/tfjs-core ships, on its stock WASM backend or on ours.
//
//     node specs/run.mjs stock|ours [--out FILE.json] [PART-OF-A-FILE-NAME...]
//
// The specs are bundled once; the files run in two processes at a time. Prints failures; --out writes the results of
// all specs.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { bundleSpecs } from "./bundle.mjs";
import { runSpecs } from "./processes.mjs";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { out: { type: "string" } } });
const [variant, ...parts] = positionals;
if (variant !== "stock" && variant !== "ours") throw new Error("Expected stock or ours");

const folder = mkdtempSync(join(tmpdir(), "specs-"));
try {
  const bundle = join(folder, "specs.cjs");
  const all = await bundleSpecs(bundle);
  const files = all.filter((name) => parts.length === 0 || parts.some((part) => name.includes(part)));
  const specs = await runSpecs(bundle, variant, files);
  const failed = specs.filter(({ status }) => status === "failed");
  for (const { name, message } of failed) console.log(`${name}: ${message}`);
  console.log(`${variant}: ${specs.length} specs, ${failed.length} failed`);
  if (values.out !== undefined) writeFileSync(values.out, JSON.stringify(specs, undefined, 1));
} finally {
  rmSync(folder, { recursive: true });
}
