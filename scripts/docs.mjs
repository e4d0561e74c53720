// `npm run docs`: runs setup, then builds the API reference, docs/api/index.html, from the comments of the public packages.
// `npm test` builds it too, as a check: missing comments and broken links are errors.

import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { run } from "./setup/run.mjs";
import { root, runMain, setUp } from "./setup.mjs";

/**
 * Builds the reference. The packages must be built, since each uses the others' types from their dist folders.
 *
 * @throws {Error} if the reference is incomplete; typedoc prints what is missing
 */
export async function buildReference() {
  // typedoc is installed in docs with a TypeScript of its own: the one in the root has no compiler API.
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
