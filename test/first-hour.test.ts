// What new users encounter first: help, command line mistakes, and printed commands to paste.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { IS_WINDOWS } from "./outputs.ts";
import { carsAndBuses, emptyFolder, folderWith, writeFiles } from "./pictures.ts";
import { run, type Ended } from "./programs.ts";
import { eventsOf, expectReadable, SILHOUETTE, silhouette } from "./silhouette.ts";

/** Hides all libraries that only actual work needs. */
const WITHOUT_LIBRARIES = `
  import { register } from "node:module";
  const hook = \`export function resolve(name, context, next) {
    if (/^(@tensorflow\\\\/|sharp$|apache-arrow$|@silhouette\\\\/bench$)/.test(name)) throw new Error("Loads " + name);
    return next(name, context);
  }\`;
  register("data:text/javascript," + encodeURIComponent(hook));
`;

/** Small pictures, so that a step takes milliseconds. */
const SMALL = ["--size", "94", "--batch", "16", "--epochs", "1"];

/** The printed command line after `announcement`. */
function printed(text: string, announcement: string): string {
  const [, line = ""] = new RegExp(`${announcement}(.*)`).exec(text) ?? [];
  expect(line).toContain("silhouette.js");
  return line;
}

/** Runs a pasted command line in bash. */
function pasted(
  line: string,
  cwd: string,
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync("bash", ["-c", line], { cwd, encoding: "utf8" });
}

describe("help", () => {
  const env = {
    ...process.env,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(WITHOUT_LIBRARIES)}`,
  };

  it.each(["--help", "-h", "help", "--version", "-v", "-V", "help train", "train --help", "help predict", "bench -h"])(
    "comes without any library: %s",
    async (words) => {
      const ended = await silhouette(words.split(" "), { env });
      expect(ended).toMatchObject({ code: 0, stderr: "" });
      expect(ended.stdout).toMatch(/^Usage: silhouette|^\d+\.\d+\.\d+\n$/);
    },
  );

  it("is wrapped between words to the width in COLUMNS, at most 80", async () => {
    for (const command of ["train", "prepare", "evaluate", "predict", "bench", "doctor"]) {
      for (const [columns, widest] of [
        ["60", 60],
        ["200", 80],
      ] as const) {
        const { stdout } = await silhouette(["help", command], { env: { ...env, COLUMNS: columns } });
        const lines = stdout.split("\n").filter((line) => !line.includes("silhouette.js"));
        expect(lines.filter((line) => line.length > widest)).toEqual([]);
      }
    }
  });

  it("shows examples as the command was called", async () => {
    const { stdout } = await silhouette(["train", "--help"], { env });
    expect(stdout).toMatch(/^ {2}node \S+silhouette\.js train photos /m);
    expect(stdout).not.toMatch(/^ {2}silhouette /m);
  });

  it("is shown, with exit code 2, if no command is given", async () => {
    const ended = await silhouette([], { env });
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toMatch(/^Usage: silhouette/);
  });
});

describe("a mistake on the command line", () => {
  it("is reported if help is requested for an unknown command, after the list of commands", async () => {
    const { code, stdout, stderr } = await silhouette(["help", "trian"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^Usage: silhouette[^]*\nError: unknown command 'trian' \[USAGE\]\n/);
  });

  it.each([
    [["trian", "photos"], "Did you mean train?", "--help"],
    [["train", "photos", "--epoch", "3"], "Did you mean --epochs?", "train --help"],
    [["train"], "<FOLDER|FILE.arrow> is the folder of photographs", "train --help"],
    [["train", "my", "photos"], "Put quotes around paths that contain spaces", "train --help"],
    [["train", "photos", "--batch"], "argument missing", "train --help"],
    [["train", "photos", "--size", "1e3"], "Expected a number of pixels", "train --help"],
    [["my photos/"], "To train a classifier", "train 'my photos/'"],
    [["photos.arrow"], "To train a classifier", "train photos.arrow"],
  ])("%j is named, with a command to paste", async (words, said, next) => {
    const ended = await silhouette(words);
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expectReadable(ended);
    expect(ended.stderr).toContain(said);
    expect(ended.stderr).toMatch(/^Error: .* \[USAGE\]\n.*\n$/);
    expect(ended.stderr.endsWith(`silhouette.js ${next}\n`)).toBe(true);
  });

  it("reports a run and other paths in the wrong order", async () => {
    const cwd = folderWith({ "run/config.json": "{}", "photos/a.png": "" });
    const { code, stderr } = await silhouette(["predict", "photos", "run"], { cwd });
    expect(code).toBe(3);
    expect(stderr).toMatch(/The run comes first: node \S+ predict run photos\n$/);
    writeFiles(cwd, { "run/model/model.json": "{}" });
    const within = await silhouette(["evaluate", "run/model", "photos"], { cwd });
    expect(within.stderr).toMatch(/The run is its parent folder: node \S+ evaluate run photos\n$/);
    const other = await silhouette(["train", "photos", "--out", "none", "--resume"], { cwd });
    expect(other.stderr).toMatch(/Name a run folder, as created by silhouette train\.\n$/);
    const forgotten = await silhouette(["run", "photos/a.png"], { cwd });
    expect(forgotten.stderr).toMatch(/To classify pictures with a run: node \S+ predict run photos\/a\.png\n$/);
  });
});

describe.skipIf(IS_WINDOWS)("a printed command (pasted into bash; not on Windows)", () => {
  // All at once, since each takes a training: quoted.test.ts has these characters by themselves.
  it.each(["my photos", "-it's $HOME\nété \u202E"])("works with %j in it", async (name) => {
    const cwd = emptyFolder();
    writeFiles(join(cwd, name), await carsAndBuses(30));
    const words = ["train", `./${name}`, ...SMALL, "--out", `./run of ${name}`];
    const trained = await silhouette(words, { cwd });
    expect(trained.code).toBe(0);
    const answered = pasted(printed(trained.stdout, "Try it: "), cwd);
    expect(answered).toMatchObject({ status: 0, stdout: expect.stringMatching(/\.png: (car|bus) \d/) as string });
  });

  it("reaches a project's own command", async () => {
    const cwd = emptyFolder();
    const { stderr } = await silhouette(["train"], { cwd });
    const help = pasted(printed(stderr, "options: "), cwd);
    expect(help).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Usage: silhouette train/) as string });
  });
});

describe.skipIf(IS_WINDOWS)("a problem of the machine is not reported as a bug (not on Windows)", () => {
  const inShell = async (script: string, cwd: string, env = process.env): Promise<Ended> =>
    run("sh", ["-c", script, process.execPath, SILHOUETTE], { cwd, env });

  it("if the current folder was removed", async () => {
    const gone = join(emptyFolder(), "gone");
    mkdirSync(gone);
    const ended = await inShell('rmdir "$PWD" && "$0" "$1" train photos', gone);
    expect(() => rmdirSync(gone)).toThrow("ENOENT");
    expect(ended.code).toBe(3);
    expect(ended.stderr).toContain("[NO_CURRENT_FOLDER]");
    expectReadable(ended);
  });

  it("if few files may be open", async () => {
    const ended = await inShell('ulimit -n 64; "$0" "$1" train photos', emptyFolder());
    // The number of files that Node.js opens at the same time varies.
    if (ended.stderr.includes("EMFILE"))
      expect(ended.stderr).toMatch(/\nRaise the limit|\nClose other programs, or raise/);
    expect(ended.code).toBe(3);
    expectReadable(ended);
  });

  it("if nothing has been built", async () => {
    const bin = readFileSync(SILHOUETTE, "utf8");
    const cwd = folderWith({ "package.json": '{ "type": "module" }', "bin/silhouette.js": bin });
    const ended = await run(process.execPath, ["bin/silhouette.js", "train", "photos"], { cwd });
    expect(ended).toMatchObject({ code: 3, stdout: "" });
    expect(ended.stderr).toMatch(
      /\[LIBRARY_UNAVAILABLE\]\nIn a clone run: npm run setup; elsewhere install it again\.\n$/,
    );
    expectReadable(ended);
  });

  it("if there is little address space", async () => {
    const cwd = folderWith(await carsAndBuses(3));
    const ended = await inShell('ulimit -v 6000000; "$0" "$1" prepare . --out ../never.arrow', cwd);
    // Some systems provide the memory anyway, or do not support such a limit.
    if (ended.code !== 0) expect(ended.stderr).toMatch(/\[(OUT_OF_MEMORY|LIBRARY_UNAVAILABLE)\]/);
    expect(ended.stderr).not.toContain("defect");
  });

  it.each([{ COLUMNS: "0" }, { COLUMNS: "20" }, { TERM: "dumb" }, { NO_COLOR: "1" }, { LANG: "C" }, { HOME: "" }])(
    "nor is an environment with %j",
    async (variables) => {
      const cwd = folderWith(await carsAndBuses(3));
      const ended = await inShell('"$0" "$1" prepare . --out data.arrow', cwd, { ...process.env, ...variables });
      expect(ended.code).toBe(0);
      expectReadable(ended);
    },
  );

  it("if a name would reverse the terminal's text direction", async () => {
    const cwd = folderWith({ ...(await carsAndBuses(3)), "car/\u202Egnp.\u2066x.png": "no picture" });
    for (const options of [[], ["--json"]]) {
      const ended = await silhouette(["prepare", cwd, "--out", join(emptyFolder(), "data.arrow"), ...options]);
      expect(ended.code).toBe(0);
      expect(ended.stdout + ended.stderr).not.toMatch(/[\u202E\u2066]/);
      if (options.length > 0) {
        expect(eventsOf(ended.stdout)).toContainEqual(
          expect.objectContaining({ type: "skip", path: "car/\u202Egnp.\u2066x.png" }),
        );
      }
    }
  });
});
