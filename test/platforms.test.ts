// Nothing in the repository holds on one operating system only, as far as its text shows: names of files, scripts of packages, and what code
// does with paths and programs. CI runs all tests on Linux, macOS and Windows.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, it } from "vitest";

import { outputOf, REPOSITORY } from "./programs.ts";

/** Something that code must not have, where it looks at files. */
interface Rule {
  readonly name: string;
  /** Files that it holds for. */
  readonly isFor: (path: string, code: string) => boolean;
  readonly pattern: RegExp;
  /** Code that it finds. */
  readonly bad: string;
  /** What to write in its place, which it does not find. */
  readonly good: string;
}

const isTest = (path: string): boolean => /\.test\.ts$|^test\/|\/(?:fuzz|testing|specs|golden)\//.test(path);
const everywhere = (): boolean => true;

const RULES: readonly Rule[] = [
  {
    name: "the path of a file: URL is not a file's path: on Windows it begins with a slash, and spaces are escaped",
    isFor: everywhere,
    pattern: /(?:import\.meta\.url|pathToFileURL\([^()]*)\)\.pathname/,
    bad: `readFileSync(new URL("a.json", import.meta.url).pathname)`,
    good: `readFileSync(fileURLToPath(new URL("a.json", import.meta.url)))`,
  },
  {
    name: "temporary files are in tmpdir()",
    isFor: everywhere,
    pattern: /["'`]\/(?:var\/)?tmp\b/,
    bad: `mkdtempSync("/tmp/silhouette-")`,
    good: `mkdtempSync(join(tmpdir(), "silhouette-"))`,
  },
  {
    name: "devices are named in tests and fuzzers only, which know where there are some",
    isFor: (path) => !isTest(path),
    pattern: /["'`]\/dev\//,
    bad: `openSync("/dev/null")`,
    good: `openSync(devNull)`,
  },
  {
    name: "paths of the system are taken apart by node:path",
    isFor: (path, code) => !isTest(path) && /from "node:path"/.test(code),
    pattern: /\b(?:split|lastIndexOf|indexOf|startsWith|endsWith|includes|replace|replaceAll)\("\/"/,
    bad: `const name = path.split("/").at(-1);`,
    good: `const name = basename(path);`,
  },
  {
    name: "npm and other scripts are started through a shell on Windows, where they are no programs",
    isFor: everywhere,
    pattern:
      /\b(?:spawn|spawnSync|execFile|execFileSync|run|ask|start|outputOf)\(\s*["'](?:npm|npx|yarn|pnpm|tsc|turbo)["'](?![^;]*\bshell)/,
    bad: `await run("npm", ["ci"], { cwd });`,
    good: `await run("npm", ["ci"], { cwd, shell: process.platform === "win32" });`,
  },
  {
    name: "packages rename files by renameFile, which waits until Windows allows it",
    isFor: (path) => /^packages\/[^/]+\/src\//.test(path) && !isTest(path) && !path.endsWith("/windows-files.ts"),
    pattern: /\brename(?:Sync)?\b[^;]*from "node:fs/,
    bad: `import { rename, rm } from "node:fs/promises";`,
    good: `import { renameFile } from "./windows-files.ts";`,
  },
  {
    name: "a module is imported by its URL: C: looks like the scheme of one",
    isFor: everywhere,
    pattern: /\bimport\((?:join|resolve|fileURLToPath)\(/,
    bad: `await import(join(folder, "a.js"))`,
    good: `await import(pathToFileURL(join(folder, "a.js")).href)`,
  },
];

/** Files that use a slash for what is no path of the system. */
const OTHER_SLASHES: ReadonlySet<string> = new Set([
  // Paths that a page asks for.
  "packages/studio/src/server/serve-studio.ts",
]);

let tracked: readonly string[];

beforeAll(async () => {
  const git = ["-c", "safe.directory=*", "ls-files", "-z"];
  tracked = (await outputOf("git", git, { cwd: REPOSITORY })).split("\0").filter((path) => path !== "");
});

describe("code", () => {
  it.each(RULES)("$name", ({ isFor, pattern, bad, good }) => {
    expect(bad).toMatch(pattern);
    expect(good).not.toMatch(pattern);
    const found = tracked
      .filter((path) => /\.(?:ts|tsx|mjs|js)$/.test(path) && path !== "test/platforms.test.ts")
      .filter((path) => !OTHER_SLASHES.has(path))
      .flatMap((path) => {
        const code = readFileSync(join(REPOSITORY, path), "utf8").replaceAll(/^\s*(?:\/\/|\*).*$/gm, "");
        const match = isFor(path, code) ? pattern.exec(code) : null;
        return match === null ? [] : [`${path}:${code.slice(0, match.index).split("\n").length}`];
      });
    expect(found).toEqual([]);
  });
});

describe("scripts of packages", () => {
  it("are words that every shell reads alike, joined by &&", () => {
    const isPortable = (script: string): boolean =>
      /^[\w./:=*@ -]+(?: && [\w./:=*@ -]+)*$/.test(script) &&
      script.split(" && ").every((command) => /^(?:node|turbo|tsc|vite|oxlint|prettier|cargo)(?: |$)/.test(command));
    for (const script of ["rm -rf dist", "FAST=1 node a.mjs", "node 'a.mjs'", "node a.mjs; node b.mjs", "./a.sh"])
      expect(isPortable(script)).toBe(false);
    for (const path of tracked.filter((each) => /(?:^|\/)package\.json$/.test(each))) {
      const { scripts = {} } = JSON.parse(readFileSync(join(REPOSITORY, path), "utf8")) as {
        readonly scripts?: Readonly<Record<string, string>>;
      };
      for (const [name, script] of Object.entries(scripts)) {
        expect({ path, name, script, isPortable: isPortable(script) }).toMatchObject({ isPortable: true });
      }
    }
  });
});

describe("names of files", () => {
  it("can be written on every file system", () => {
    const device = /^(?:con|prn|aux|nul|(?:com|lpt)\d)(?:\.|$)/i;
    const bad = tracked.filter((path) =>
      path.split("/").some((name) => !/^[\w.@-]+$/.test(name) || name.endsWith(".") || device.test(name)),
    );
    expect(bad).toEqual([]);
    // Of the 260 characters that Windows allows by default, the folder of the clone has the rest.
    expect(tracked.filter((path) => path.length > 120)).toEqual([]);
  });

  it("differ in more than case", () => {
    expect(new Set(tracked.map((path) => path.toLowerCase())).size).toBe(tracked.length);
  });

  it("stand for the same bytes everywhere: text has line feeds, and the other kinds are named", async () => {
    const git = ["-c", "safe.directory=*", "ls-files", "--eol"];
    const kinds = (await outputOf("git", git, { cwd: REPOSITORY })).trimEnd().split("\n");
    expect(
      kinds.filter((line) => !/^i\/(?:lf|none) .*attr\/text=auto eol=lf|^i\/-text .*attr\/-text/.test(line)),
    ).toEqual([]);
  });
});
