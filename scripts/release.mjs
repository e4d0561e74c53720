// `npm run release`: does everything that a release needs, and publishes nothing: checks versions and licences, packs all packages,
// lints the tarballs, installs each into an empty folder, uses it there with each supported Node.js, builds the API reference,
// and lets npm rehearse the publication. With --publish, as the release workflow calls it, it then publishes.
// With --version, it only turns the changesets into versions and changelogs.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { buildReference } from "./docs.mjs";
import { PUBLISHED } from "./licences.mjs";
import { BESIDES, USES } from "./release/uses.mjs";
import { VERSIONED } from "./release/versions.mjs";
import { runNpm } from "./setup/npm-packages.mjs";
import { ensureNode, OTHER_NODES } from "./setup/other-nodes.mjs";
import { run, RunError } from "./setup/run.mjs";
import { root, runMain, setUp } from "./setup.mjs";

/** @param {string} folder of a package */
function manifestOf(folder) {
  return JSON.parse(readFileSync(join(root, "packages", folder, "package.json"), "utf8"));
}

/** Runs a program from node_modules with this Node. */
const tool = (/** @type {string} */ script, /** @type {string[]} */ ...args) =>
  run(process.execPath, [join(root, "node_modules", script), ...args], { cwd: root });

/** Turns the changesets into versions and changelogs, and writes the version into all other files that have it. */
async function writeVersions() {
  await tool("@changesets/cli/bin.js", "version");
  for (const { path, pattern } of VERSIONED) {
    const file = join(root, path);
    writeFileSync(file, readFileSync(file, "utf8").replace(pattern, manifestOf("trainer").version));
  }
  await runNpm(["install", "--ignore-scripts", "--package-lock-only", "--no-audit", "--no-fund"], { cwd: root });
  // Its lock files have the version, too.
  for (const crate of ["preprocess-wasm", "training-wasm"])
    await run("cargo", ["update", "--workspace", "--offline"], { cwd: join(root, "packages", crate) });
  await tool("prettier/bin/prettier.cjs", "--write", "--log-level", "warn", "packages/*/CHANGELOG.md");
}

/** @throws {Error} if not all packages and files have the same version */
function checkVersions() {
  const { version } = manifestOf("trainer");
  const found = [
    ...PUBLISHED.map((folder) => [`packages/${folder}/package.json`, manifestOf(folder).version]),
    ...VERSIONED.map(({ path, pattern }) => [path, readFileSync(join(root, path), "utf8").match(pattern)?.[0]]),
  ];
  const other = found.find(([, each]) => each !== version);
  if (other !== undefined)
    throw new Error(
      `Expected version ${version} in ${other[0]}, but it has ${other[1]}. Run: npm run release -- --version`,
    );
  console.log(`release: version ${version}`);
}

/**
 * Packs all packages.
 *
 * @param {string} folder
 * @returns {Promise<ReadonlyMap<string, string>>} the tarball of each package, by the name of its folder
 */
async function pack(folder) {
  const folders = PUBLISHED.map((name) => `./packages/${name}`);
  const options = ["--json", "--ignore-scripts", "--pack-destination", folder];
  const packed = await runNpm(["pack", ...options, ...folders], { cwd: root, capture: true });
  /** @type {{ name: string, filename: string }[]} */
  const tarballs = JSON.parse(packed ?? "[]");
  return new Map(tarballs.map(({ name, filename }) => [name.replace("@silhouette/", ""), join(folder, filename)]));
}

/**
 * This repository's packages that a package needs, and itself.
 *
 * @param {string} folder
 * @returns {readonly string[]} names of folders
 */
function neededBy(folder) {
  const names = Object.keys(manifestOf(folder).dependencies ?? {}).filter((name) => name.startsWith("@silhouette/"));
  return [...new Set([folder, ...names.flatMap((name) => neededBy(name.replace("@silhouette/", "")))])];
}

/** What the program of an empty project prints, which uses a package. @param {string} node @param {string} app */
async function used(node, app) {
  try {
    return await run(node, ["use.js"], { cwd: app, capture: true });
  } catch (error) {
    if (error instanceof RunError) console.error(error.output);
    throw error;
  }
}

const { values } = parseArgs({
  options: { publish: { type: "boolean", default: false }, version: { type: "boolean", default: false } },
});

await runMain(async () => {
  if (values.version) {
    await writeVersions();
    return;
  }
  await setUp();
  checkVersions();
  await run(process.execPath, [join(root, "scripts", "licences.mjs"), "--check"]);
  const folder = mkdtempSync(join(tmpdir(), "silhouette-release-"));
  try {
    const tarballs = await pack(folder);
    for (const tarball of tarballs.values()) {
      await tool("publint/src/cli.js", "run", tarball, "--strict");
      const options = ["--profile", "esm-only", "--format", "ascii", "--exclude-entrypoints", "./views.css"];
      await run(
        process.execPath,
        [join(root, "node_modules/@arethetypeswrong/cli/dist/index.js"), tarball, ...options],
        {
          capture: true,
        },
      );
    }
    console.log("release: publint and arethetypeswrong have no objections");
    const others = await Promise.all(OTHER_NODES.map((version) => ensureNode(version, console.log)));
    for (const name of PUBLISHED) {
      const app = join(folder, name);
      mkdirSync(app);
      writeFileSync(join(app, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
      writeFileSync(join(app, "use.js"), USES[name] ?? "");
      const files = [...neededBy(name).flatMap((each) => tarballs.get(each) ?? []), ...(BESIDES[name] ?? [])];
      await runNpm(["install", "--no-audit", "--no-fund", "--prefer-offline", ...files], { cwd: app, capture: true });
      for (const node of [process.execPath, ...others]) {
        const version = (await run(node, ["--version"], { capture: true }))?.trim();
        const said = (await used(node, app)).trim();
        console.log(`release: @silhouette/${name} on Node.js ${version}: ${said}`);
      }
    }
    await buildReference();
    console.log("release: API reference built");
    for (const tarball of tarballs.values())
      await runNpm(["publish", "--dry-run", "--provenance=false", tarball], { cwd: folder, capture: true });
    console.log(`release: npm would publish ${tarballs.size} packages`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (values.publish) await tool("@changesets/cli/bin.js", "publish");
  else console.log("release: nothing was published");
});
