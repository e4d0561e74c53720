// The READMEs' blocks, run as they stand, in their order: what people copy has to work.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, describe, expect, it } from "vitest";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const python = process.env["SILHOUETTE_PYTHON"];

/** Where programs from the READMEs run: with the packages, and with pictures in `photos`. */
const folder = mkdtempSync(join(tmpdir(), "silhouette-readme-"));
symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
symlinkSync(join(folder, "demo-result", "photos"), join(folder, "photos"), "junction");
const demoResult = JSON.stringify(join(folder, "demo-result"));

/** Commands that a test cannot run as they stand, and what it runs instead. What is in the clone is the user's. */
const INSTEAD: ReadonlyMap<string, string | undefined> = new Map([
  // This test is part of it.
  ["npm test", undefined],
  // Minutes of training, where a quick run goes the same way; and of timing, where bench.test.ts has the quick runs.
  ["npm run demo", `npm run demo -- --quick --out ${demoResult}`],
  ["npm run bench -- preprocess", undefined],
  ["npm run bench -- train", undefined],
  [
    "npm run bench -- --compare docs/benchmarks/train.json bench-results/train.json",
    "npm run bench -- --compare docs/benchmarks/train.json docs/benchmarks/train.json",
  ],
]);
afterAll(() => rmSync(folder, { recursive: true }));

/** The content of all blocks of `language`, in their order. */
function blocks(readme: string, language: string): string[] {
  const text = readFileSync(join(root, readme), "utf8");
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, of, block]) =>
    of === language && block ? [block] : [],
  );
}

function expectToRun(program: string, args: readonly string[], cwd: string, shell = false): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, shell, encoding: "utf8" });
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

describe("README.md", () => {
  const commands = blocks("README.md", "sh").flatMap((block) => block.trim().split("\n"));

  it("names the demo and the tests as its first commands", () => {
    expect(commands.slice(0, 2)).toEqual(["npm run demo", "npm test"]);
  });

  it("leaves results in the clone alone", () => {
    const instead = [...INSTEAD.values()].filter((command) => command !== undefined);
    expect(instead.filter((command) => !/--out|--compare/.test(command))).toEqual([]);
    expect(commands.filter((command) => /^npm run (demo|bench)/.test(command) && !INSTEAD.has(command))).toEqual([]);
  });

  it.each(commands.filter((command) => !INSTEAD.has(command) || INSTEAD.get(command) !== undefined))(
    "has a command that runs: %s",
    (command) => {
      // What npm runs, it runs in the clone; the rest leaves the clone alone.
      expectToRun(INSTEAD.get(command) ?? command, [], command.startsWith("npm ") ? root : folder, true);
    },
    300_000,
  );

  it("has TypeScript that runs", () => {
    for (const block of blocks("README.md", "js")) {
      writeFileSync(join(folder, "block.mjs"), block);
      expect(expectToRun(process.execPath, ["block.mjs"], folder)).not.toBe("");
    }
  });

  it.skipIf(python === undefined)("has Python that runs, where pyarrow is there", () => {
    for (const block of blocks("README.md", "python")) {
      expect(expectToRun(python ?? "", ["-c", block], folder)).toContain("['car', 'bus', 'motorcycle'] 420");
    }
  });
});

describe.each(["README.md", "packages/preprocess-wasm/README.md"])("%s", (readme) => {
  const text = readFileSync(join(root, readme), "utf8");

  it("has the table of a result that is kept in docs/benchmarks", () => {
    const tables = [...text.matchAll(/<!-- (docs\/benchmarks\/\w+\.md) -->\n\n(.*?)\n<!-- \/ -->/gs)];
    expect(tables).toHaveLength(1);
    for (const [, file = "", table] of tables) expect(table).toBe(readFileSync(join(root, file), "utf8"));
  });

  it.runIf(readme === "README.md")("shows pictures and links to files that exist", () => {
    const links = [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)].flatMap(([, link]) =>
      link?.startsWith("http") ? [] : [link ?? ""],
    );
    expect(links.length).toBeGreaterThan(0);
    expect(links.filter((link) => !existsSync(join(root, dirname(readme), link)))).toEqual([]);
  });
});

/** Commands of the packages' READMEs that a test cannot run: they measure for minutes, or what is compared has to be measured. */
const NOT_RUN = /^npm install|^npx silhouette bench/;

describe.each(["preprocess-wasm", "training-wasm", "trainer", "report", "cli", "bench"])(
  "the README.md of %s",
  (name) => {
    const readme = `packages/${name}/README.md`;

    it("has TypeScript and commands that run", () => {
      rmSync(join(folder, "runs"), { recursive: true, force: true });
      for (const block of blocks(readme, "js")) {
        writeFileSync(join(folder, "block.mjs"), block);
        expect(expectToRun(process.execPath, ["block.mjs"], folder)).not.toBe("");
      }
      const commands = blocks(readme, "sh").flatMap((block) => block.trim().split("\n"));
      for (const command of commands) if (!NOT_RUN.test(command)) expectToRun(command, [], folder, true);
    }, 300_000);

    it("says how it is installed", () => {
      expect(blocks(readme, "sh")[0]).toMatch(new RegExp(`^npm install .*@silhouette/${name}\\b`));
    });

    it("links only to what a registry's page can reach, and what is there", () => {
      const links = [...readFileSync(join(root, readme), "utf8").matchAll(/\]\(([^)]+)\)/g)].map(
        ([, link = ""]) => link,
      );
      const files = links.map((link) =>
        /^https:\/\/(?:github|raw\.githubusercontent)\.com\/silhouette-ml\/silhouette(.*)$/.exec(link),
      );
      expect(links.filter((link) => !link.startsWith("https://"))).toEqual([]);
      for (const [, path = ""] of files.filter((each) => each !== null)) {
        const file = path.replace(/^(\/(blob|tree))?\/main\//, "").replace(/#.*$/, "");
        expect({ file, exists: file === "" || file === "/issues" || existsSync(join(root, file)) }).toEqual({
          file,
          exists: true,
        });
      }
    });

    it("belongs to a package.json that names its repository, homepage, bugs and keywords", () => {
      const manifest = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8")) as object;
      expect(manifest).toMatchObject({
        repository: { url: "git+https://github.com/silhouette-ml/silhouette.git", directory: `packages/${name}` },
        homepage: `https://github.com/silhouette-ml/silhouette/tree/main/packages/${name}#readme`,
        bugs: { url: "https://github.com/silhouette-ml/silhouette/issues" },
        keywords: expect.arrayContaining(["wasm"]) as string[],
      });
    });
  },
);
