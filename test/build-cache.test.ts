// Turborepo's cache: a change rebuilds what depends on it, from Rust to the command, and nothing else. Verified with the
// hashes of turbo's dry runs, in a copy of the repository.

import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { newFolder, removeFolder } from "./pictures.ts";
import { outputOf, REPOSITORY } from "./programs.ts";

/** Tasks that run a command, by name, and the hashes under which turbo caches their outputs. */
type Hashes = ReadonlyMap<string, string>;

/** Turbo's output for a package without a script for the task: the tests and the API reference build nothing. */
const NO_COMMAND = "<NONEXISTENT>";

let copy: string;
let before: Hashes;

beforeAll(async () => {
  copy = newFolder();
  const listed = await git(REPOSITORY, "ls-files", "--cached", "--others", "--exclude-standard", "-z");
  for (const path of listed.split("\0")) {
    // Deleted files are listed until the deletion is committed.
    if (path === "" || !existsSync(join(REPOSITORY, path))) continue;
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    cpSync(join(REPOSITORY, path), join(copy, path));
  }
  symlinkSync(join(REPOSITORY, "node_modules"), join(copy, "node_modules"), "junction");
  await git(copy, "init", "--quiet");
  await git(copy, "add", "--all");
  await git(
    copy,
    "-c",
    "user.name=test",
    "-c",
    "user.email=test@localhost",
    "commit",
    "--quiet",
    "--no-gpg-sign",
    "-m",
    "Copy",
  );
  before = await hashes();
});

afterAll(() => removeFolder(copy));

describe("a change", () => {
  it("of nothing leaves all hashes unchanged", async () => {
    expect(await hashes()).toEqual(before);
    expect([...before.keys()]).toEqual(
      expect.arrayContaining([
        "@silhouette/preprocess-wasm#build:wasm",
        "@silhouette/preprocess-wasm#build",
        "@silhouette/trainer#build",
        "@silhouette/cli#build",
        "@silhouette/bench#build",
      ]),
    );
  });

  it.each([
    "packages/preprocess-wasm/src/threshold/otsu.rs",
    "packages/preprocess-wasm/src/jpeg/huffman.rs",
    "packages/preprocess-wasm/Cargo.lock",
    "packages/preprocess-wasm/scripts/build-wasm.mjs",
  ])("of %s builds the preprocessor's kernels again, and all that depends on them", async (path) => {
    expect(await changedBy(path)).toEqual(allButTraining());
  });

  it.each(["packages/training-wasm/src/simd/tile.rs", "packages/training-wasm/scripts/build-wasm.mjs"])(
    "of %s builds the training kernels again, and all that depends on them",
    async (path) => {
      expect(await changedBy(path)).toEqual([
        "@silhouette/bench#build",
        "@silhouette/cli#build",
        "@silhouette/examples#build",
        "@silhouette/report#build",
        "@silhouette/studio#build",
        "@silhouette/trainer#build",
        "@silhouette/training-wasm#build",
        "@silhouette/training-wasm#build:wasm",
      ]);
    },
  );

  it("of the preprocessor's TypeScript rebuilds everything but the kernels", async () => {
    const changed = await changedBy("packages/preprocess-wasm/ts/preprocessor.ts");
    expect(changed).toEqual(allButTraining().filter((task) => !task.endsWith("#build:wasm")));
  });

  it("of the trainer rebuilds the trainer and all its dependents", async () => {
    const changed = await changedBy("packages/trainer/src/dataset/split.ts");
    expect(changed).toEqual([
      "@silhouette/bench#build",
      "@silhouette/cli#build",
      "@silhouette/examples#build",
      "@silhouette/report#build",
      "@silhouette/studio#build",
      "@silhouette/trainer#build",
    ]);
  });

  it("of the report rebuilds the report, the studio, the command and the examples", async () => {
    const changed = await changedBy("packages/report/src/caption.ts");
    expect(changed).toEqual([
      "@silhouette/cli#build",
      "@silhouette/examples#build",
      "@silhouette/report#build",
      "@silhouette/studio#build",
    ]);
  });

  it("of the studio rebuilds the studio, the command and the examples", async () => {
    const changed = await changedBy("packages/studio/src/site/page/app.tsx");
    expect(changed).toEqual(["@silhouette/cli#build", "@silhouette/examples#build", "@silhouette/studio#build"]);
  });

  it("of the command rebuilds only the command", async () => {
    expect(await changedBy("packages/cli/src/main.ts")).toEqual(["@silhouette/cli#build"]);
  });

  it("of the shared TypeScript settings rebuilds all TypeScript", async () => {
    expect(await changedBy("tsconfig.base.json")).toEqual(
      expect.arrayContaining([
        "@silhouette/preprocess-wasm#build",
        "@silhouette/trainer#build",
        "@silhouette/cli#build",
      ]),
    );
  });

  it.each([
    "packages/preprocess-wasm/ts/preprocessor.test.ts",
    "packages/trainer/src/node/photographs/prepare.test.ts",
    "packages/cli/src/new.test.ts",
    "README.md",
    "packages/preprocess-wasm/README.md",
    "packages/training-wasm/README.md",
    "packages/trainer/README.md",
    "packages/report/README.md",
    "packages/cli/README.md",
  ])("of %s builds nothing again", async (path) => {
    expect(await changedBy(path)).toEqual([]);
  });
});

/** All tasks but those of the training kernels, which do not depend on the preprocessor. */
function allButTraining(): string[] {
  return [...before.keys()].filter((task) => !task.includes("/training-wasm#")).toSorted();
}

/** The tasks whose hashes change if `path` gets one more byte, or is created; the change is reverted afterwards. */
async function changedBy(path: string): Promise<string[]> {
  const file = join(copy, path);
  const content = existsSync(file) ? readFileSync(file) : undefined;
  appendFileSync(file, "\n");
  try {
    const after = await hashes();
    expect([...after.keys()]).toEqual([...before.keys()]);
    return [...after]
      .filter(([task, hash]) => before.get(task) !== hash)
      .map(([task]) => task)
      .toSorted();
  } finally {
    if (content === undefined) removeFolder(file);
    else writeFileSync(file, content);
  }
}

async function hashes(): Promise<Hashes> {
  const turbo = join(REPOSITORY, "node_modules", "turbo", "bin", "turbo");
  const output = await outputOf(process.execPath, [turbo, "build", "--dry=json"], {
    cwd: copy,
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1" },
  });
  const { tasks } = JSON.parse(output) as {
    readonly tasks: readonly { readonly taskId: string; readonly hash: string; readonly command: string }[];
  };
  return new Map(tasks.filter(({ command }) => command !== NO_COMMAND).map(({ taskId, hash }) => [taskId, hash]));
}

/** Runs git without the variables set by hooks, which would point to another repository. */
async function git(cwd: string, ...args: string[]): Promise<string> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_")));
  return outputOf("git", ["-c", "safe.directory=*", "-c", "core.hooksPath=/dev/null", ...args], { cwd, env });
}
