// Type-checks and runs the code blocks of the READMEs and docs/ as they are, in order: what people copy must work.

import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, describe, expect, it } from "vitest";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const python = process.env["SILHOUETTE_PYTHON"];

/** Documents that are read in the clone or on GitHub. */
const DOCUMENTS = [
  "README.md",
  ...["docs/guide", "docs/formats"].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => `${folder}/${name}`),
  ),
  "docs/decisions.md",
  "examples/README.md",
];

/** Documents whose JavaScript needs packages that a clone does not have: export.test.ts checks and runs it. */
const NEEDS_MORE = new Set(["docs/guide/export.md"]);

/** Packages whose READMEs are read on a registry page. */
const PACKAGES = ["preprocess-wasm", "training-wasm", "trainer", "report", "studio", "cli", "bench"];

/** Where blocks run: with the packages, and pictures in `photos`. All documents share the output of the demo. */
const folder = mkdtempSync(join(tmpdir(), "silhouette-readme-"));
symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
symlinkSync(join(folder, "demo-result", "photos"), join(folder, "photos"), "junction");
const demoResult = JSON.stringify(join(folder, "demo-result"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Commands that a test cannot run as they are, and their replacements. The content of the clone is the user's. */
const INSTEAD: ReadonlyMap<string, string | undefined> = new Map([
  // This test is part of it.
  ["npm test", undefined],
  // Minutes of training, where a quick run is equivalent; and of timing, where bench.test.ts has the quick runs.
  ["npm run demo", `npm run demo -- --quick --out ${demoResult}`],
  [
    "silhouette train demo-result/photos --labels car,bus,motorcycle --epochs 10 --out runs/vehicles",
    "silhouette train demo-result/photos --labels car,bus,motorcycle --epochs 2 --out runs/vehicles",
  ],
  [
    "silhouette train demo-result/photos --out runs/vehicles --resume --epochs 12",
    "silhouette train demo-result/photos --out runs/vehicles --resume --epochs 3",
  ],
  [
    "silhouette train demo-result/photos --labels car,bus,motorcycle --epochs 4 --seed 1 --out runs/other",
    "silhouette train demo-result/photos --labels car,bus,motorcycle --epochs 1 --seed 1 --out runs/other",
  ],
  [
    "silhouette train demo-result/photos --epochs 5 --out runs/vehicles",
    "silhouette train demo-result/photos --epochs 1 --out runs/vehicles",
  ],
  [
    "silhouette crossvalidate demo-result/photos --folds 3 --epochs 2",
    "silhouette crossvalidate demo-result/photos --folds 2 --epochs 1 --size 32 --out runs/photos-folds",
  ],
  [
    "silhouette lr-find demo-result/photos",
    "silhouette lr-find demo-result/photos --size 32 --out runs/photos-lr-find",
  ],
  [
    "silhouette train photos --leave-out leave-out.csv",
    "silhouette train photos --leave-out leave-out.csv --epochs 1 --size 32 --out runs/left-out",
  ],
  ["silhouette train photos-in-shards", "silhouette train photos-in-shards --epochs 1 --out runs/photos-in-shards"],
  [
    "silhouette crossvalidate photos",
    "silhouette crossvalidate photos --folds 2 --epochs 1 --size 32 --out runs/folds",
  ],
  ["silhouette inspect photos --run runs/photos-folds", "silhouette inspect photos --run runs/folds --out labels.html"],
  // Serves until it is stopped: studio.test.ts.
  ["npm run studio", undefined],
  ["npm run bench -- preprocess", undefined],
  ["npm run bench -- prepare", undefined],
  ["npm run bench -- prepare --photographs photos", undefined],
  ["npm run bench -- train", undefined],
  [
    "npm run bench -- --compare docs/benchmarks/train.json bench-results/train.json",
    "npm run bench -- --compare docs/benchmarks/train.json docs/benchmarks/train.json",
  ],
  // Takes five minutes: release.test.ts has its quick parts.
  ["npm run release", undefined],
  // Part of the demo.
  ["npm run setup", undefined],
  // examples.test.ts runs them.
  ["node examples/dist/custom-network.js demo-result/photos runs/small", undefined],
]);

/** Commands that need Ray: ray.test.ts runs them. */
const NEEDS_RAY = /^python -m silhouette\.ray /;

/** The content of all blocks of `language` in a document, in order. */
function blocks(document: string, language: string): string[] {
  const text = readFileSync(join(root, document), "utf8");
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, of, block]) =>
    of === language && block ? [block] : [],
  );
}

/** The commands of a document's blocks, in order. */
function commandsOf(document: string): string[] {
  return blocks(document, "sh").flatMap((block) => block.trim().split("\n"));
}

/** How documents have npx run the command. A test has npx find it once: npx takes longer than many a command. */
const BY_NPX = /^npx (?:--no-install )?(?=silhouette )/;

/** What a test runs for a command; undefined if nothing. */
function runnable(command: string): string | undefined {
  const direct = command.replace(BY_NPX, "");
  return INSTEAD.has(direct) ? INSTEAD.get(direct) : direct;
}

/** Runs a block, which must succeed and must not print undefined values. */
function expectToRun(program: string, args: readonly string[], cwd: string, shell = false): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, shell, encoding: "utf8" });
  expect({ status, output: status === 0 ? "" : stdout + stderr }).toEqual({ status: 0, output: "" });
  expect(stdout).not.toMatch(/\b(?:undefined|NaN)\b/);
  return stdout;
}

function expectJavaScriptToRun(document: string): void {
  for (const block of blocks(document, "js")) {
    writeFileSync(join(folder, "block.mjs"), block);
    expect(expectToRun(process.execPath, ["block.mjs"], folder)).not.toBe("");
  }
}

describe("the documents", () => {
  const commands = [...new Set(DOCUMENTS.flatMap(commandsOf))];

  it("name the demo and the tests as the first commands", () => {
    expect(commands.slice(0, 2)).toEqual(["npm run demo", "npm test"]);
  });

  it("have blocks of the right types", () => {
    const checked = join(folder, "types");
    mkdirSync(checked);
    for (const document of [...DOCUMENTS, ...PACKAGES.map((name) => `packages/${name}/README.md`)]) {
      if (NEEDS_MORE.has(document)) continue;
      for (const [language, ending] of [
        ["js", "mjs"],
        ["ts", "mts"],
      ] as const) {
        for (const [index, block] of blocks(document, language).entries()) {
          writeFileSync(join(checked, `${document.replaceAll("/", "-")}.${index}.${ending}`), block);
        }
      }
    }
    const compilerOptions = {
      allowJs: true,
      checkJs: true,
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: "es2023",
      lib: ["es2023", "dom"],
      types: ["node"],
      module: "nodenext",
    };
    writeFileSync(join(checked, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.mjs", "*.mts"] }));
    expectToRun(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", checked], folder);
  });

  it("do not overwrite results in the clone", () => {
    const instead = [...INSTEAD.values()].filter((command) => command !== undefined);
    expect(instead.filter((command) => !/--out|--compare/.test(command))).toEqual([]);
    expect(commands.filter((command) => /^(npm run (demo|bench)|node)/.test(command) && !INSTEAD.has(command))).toEqual(
      [],
    );
  });

  it("have commands that npx finds", () => {
    const ways = new Set(
      [...commands, ...PACKAGES.flatMap((name) => commandsOf(`packages/${name}/README.md`))].flatMap(
        (each) => BY_NPX.exec(each) ?? [],
      ),
    );
    expect(ways.size).toBe(2);
    for (const way of ways) {
      expect(expectToRun(`${way}silhouette --version`, [], folder, true)).toMatch(/^\d+\.\d+\.\d+\n$/);
    }
  });

  it.each(commands.filter((command) => !NEEDS_RAY.test(command) && runnable(command) !== undefined))(
    "have a command that runs: %s",
    (command) => {
      // npm commands run in the clone; others do not change the clone.
      expectToRun(runnable(command) ?? "", [], command.startsWith("npm ") ? root : folder, true);
    },
    300_000,
  );

  it.each(DOCUMENTS.filter((document) => blocks(document, "js").length > 0))(
    "have JavaScript that runs: %s",
    (document) => expectJavaScriptToRun(document),
    300_000,
  );

  it.skipIf(python === undefined).each(DOCUMENTS.filter((document) => blocks(document, "python").length > 0))(
    "have Python that runs, where pyarrow is there: %s",
    (document) => {
      for (const block of blocks(document, "python")) {
        const expected = block.includes("photos.arrow") ? "['car', 'bus', 'motorcycle'] 420" : "\n";
        expect(expectToRun(python ?? "", ["-c", block], folder)).toContain(expected);
      }
    },
  );
});

describe.each([...DOCUMENTS, "ARCHITECTURE.md", "docs/benchmarks/README.md"])("%s", (document) => {
  it("links to files and headings that exist", () => {
    const text = readFileSync(join(root, document), "utf8").replaceAll(/^```.*?^```$/gms, "");
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = ""]) =>
      /^https?:/.test(link) ? [] : [link],
    );
    expect(links.filter((link) => !leadsSomewhere(document, link))).toEqual([]);
  });
});

function leadsSomewhere(document: string, link: string): boolean {
  const [path = "", heading] = link.split("#");
  const target = path === "" ? join(root, document) : join(root, dirname(document), path);
  if (!existsSync(target)) return false;
  return heading === undefined || headingsOf(readFileSync(target, "utf8")).includes(heading);
}

/** The headings of a text, as in GitHub's links. */
function headingsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

describe("README.md", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");

  it("has at most 150 lines", () => {
    expect(readme.trimEnd().split("\n").length).toBeLessThanOrEqual(150);
  });

  it("matches the numbers for 2 threads in docs/benchmarks, the fastest first, ours in bold", () => {
    const rows = rowsOf(readFileSync(join(root, "docs", "benchmarks", "train.md"), "utf8"), "peer");
    const figures = rows.flatMap(([peer = "", threads, few, many = "", , memory]) =>
      threads === "2" ? [{ cells: [peer.includes("silhouette") ? `**${peer}**` : peer, few, many, memory], many }] : [],
    );
    expect(figures.length).toBeGreaterThan(0);
    const median = (bestAndMedian: string): number => Number(bestAndMedian.split(" / ")[1]);
    const sorted = figures.toSorted((one, other) => median(one.many) - median(other.many));
    expect(rowsOf(readme, "peer")).toEqual(sorted.map(({ cells }) => cells));
  });
});

/** The cells of the first table whose first column is `first`, row by row. */
function rowsOf(text: string, first: string): readonly (readonly string[])[] {
  const [, table = ""] = new RegExp(`^\\| ${first} .*\\n\\|[-:| ]+\\n((?:\\|.*\\n)*)`, "m").exec(text) ?? [];
  return table
    .trim()
    .split("\n")
    .map((row) =>
      row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

describe("packages/preprocess-wasm/README.md", () => {
  it("matches the table of a result in docs/benchmarks", () => {
    const text = readFileSync(join(root, "packages", "preprocess-wasm", "README.md"), "utf8");
    const tables = [...text.matchAll(/<!-- (docs\/benchmarks\/\w+\.md) -->\n\n(.*?)\n<!-- \/ -->/gs)];
    expect(tables).toHaveLength(1);
    for (const [, file = "", table] of tables) expect(table).toBe(readFileSync(join(root, file), "utf8"));
  });
});

/** Commands in the packages' READMEs that a test cannot run: they take minutes, or need results to compare. */
const NOT_RUN = /^npm install|^npx silhouette (?:bench|demo|studio)/;

describe.each(PACKAGES)("the README.md of %s", (name) => {
  const readme = `packages/${name}/README.md`;

  it("has JavaScript and commands that run", () => {
    rmSync(join(folder, "runs"), { recursive: true, force: true });
    expectJavaScriptToRun(readme);
    for (const command of commandsOf(readme)) {
      if (!NOT_RUN.test(command)) expectToRun(runnable(command) ?? "", [], folder, true);
    }
  }, 300_000);

  it("says how it is installed", () => {
    expect(blocks(readme, "sh")[0]).toMatch(new RegExp(`^npm install .*@silhouette/${name}\\b`));
  });

  it("only has links that work from a registry page, to existing targets", () => {
    const links = [...readFileSync(join(root, readme), "utf8").matchAll(/\]\(([^)]+)\)/g)].map(([, link = ""]) => link);
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
});
