// `npm run studio`: runs setup, then serves the studio: npm run studio -- [RUN]

import { join } from "node:path";

import { run } from "./setup/run.mjs";
import { root, runMain, setUp } from "./setup.mjs";

await runMain(async () => {
  await setUp();
  console.log("");
  await run(process.execPath, [
    join(root, "packages", "cli", "bin", "silhouette.js"),
    "studio",
    ...process.argv.slice(2),
  ]);
});
