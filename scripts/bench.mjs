// `npm run bench -- SUITE`: sets up, then runs the benchmark with the arguments it was given.

import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { root, runMain, setUp } from "./setup.mjs";

await runMain(async () => {
  await setUp();
  const main = join(root, "packages", "bench", "dist", "main.js");
  process.exitCode = spawnSync(process.execPath, [main, ...process.argv.slice(2)], { stdio: "inherit" }).status ?? 1;
});
