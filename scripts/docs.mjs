// `npm run docs`: sets up, then builds the API reference, docs/api/index.html, from the comments of the public packages.
// `npm test` builds it too, as a check: what has no comment, and a link to nothing, is an error.

import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { run } from "./setup/run.mjs";
import { root, runMain, setUp } from "./setup.mjs";

/**
 * Needs the packages built: each sees the others' types in their dist folders.
 *
 * @throws {Error} if the reference is not whole; typedoc has said what is missing
 */
export async function buildReference() {
  // Lies under docs, with a TypeScript of its own: the one at the root has no compiler API.
  const typedoc = join(root, "docs", "node_modules", "typedoc", "bin", "typedoc");
  await run(process.execPath, [typedoc, "--options", join(root, "docs", "typedoc.json")], { cwd: root });
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await runMain(async () => {
    await setUp();
    await buildReference();
    console.log(`API reference: ${join(root, "docs", "api", "index.html")}`);
  });
}
