// `npm run demo`: runs setup, then `silhouette demo` into demo-result/, or into the new folder named by --out.

import { existsSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";

import { run } from "./setup/run.mjs";
import { root, runMain, setUp } from "./setup.mjs";

await runMain(async () => {
  const { quick: isQuick, out } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      out: { type: "string" },
    },
  }).values;
  if (out !== undefined && existsSync(out)) {
    throw new Error(`Expected --out to name a new folder, but ${out} exists. Name another one.`);
  }
  await setUp();
  const result = resolve(out ?? join(root, "demo-result"));
  // Removes only what an earlier demo created.
  for (const made of ["photos", "run"]) rmSync(join(result, made), { recursive: true, force: true });
  const words = ["demo", "--out", relative(process.cwd(), result), ...(isQuick ? ["--quick"] : [])];
  console.log(`\n$ npx --no-install silhouette ${words.join(" ")}`);
  await run(process.execPath, [join(root, "packages", "cli", "bin", "silhouette.js"), ...words]);
});
