// `npm run bench -- SUITE`: runs setup, then `silhouette bench` with the given arguments and the peers that
// `npm run setup -- --peers` has installed.

import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { madePackages, NPM_PEERS } from "./setup/extra-npm-packages.mjs";
import { madePython, PEERS } from "./setup/python.mjs";
import { root, runMain, setUp } from "./setup.mjs";

await runMain(async () => {
  await setUp();
  const main = join(root, "packages", "cli", "bin", "silhouette.js");
  const python = madePython(PEERS);
  const packages = madePackages(root, NPM_PEERS);
  const env = {
    ...(python !== undefined && { SILHOUETTE_PYTHON: python }),
    ...(packages !== undefined && { NODE_PATH: packages }),
    ...process.env,
  };
  const { status } = spawnSync(process.execPath, [main, "bench", ...process.argv.slice(2)], { stdio: "inherit", env });
  process.exitCode = status ?? 1;
});
