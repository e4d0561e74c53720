// `silhouette inspect` on the command line, and `--leave-out` of the commands that train and evaluate.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { readDataset } from "./datasets.ts";
import { carsAndBuses, emptyFolder, newFolder, removeFolder, stateOf, writeFiles } from "./pictures.ts";
import { eventsOf, expectReadable, silhouette } from "./silhouette.ts";

const SMALL = ["--size", "32", "--batch", "16", "--epochs", "1"];

let folder: string;

beforeAll(async () => {
  folder = newFolder();
  const files = await carsAndBuses(30);
  const wall = sharp({ create: { width: 60, height: 40, channels: 3, background: "#777" } });
  const first = files["car/000.png"];
  if (first === undefined) throw new Error("Expected a picture");
  writeFiles(join(folder, "photos"), {
    ...files,
    "car/again.jpg": await sharp(first).jpeg({ quality: 90 }).toBuffer(),
    "bus/wall.png": await wall.png().toBuffer(),
    "bus/broken.jpg": "not a picture",
  });
});
afterAll(() => removeFolder(folder));

/** The paths of an issue, for each issue of a kind. */
function pathsOf(stdout: string, kind: string): readonly (readonly string[])[] {
  const issues = eventsOf(stdout).filter((event) => event["type"] === "issue" && event["kind"] === kind);
  return issues.map((issue) => (issue["pictures"] as readonly { path: string }[]).map(({ path }) => path));
}

describe("silhouette inspect", () => {
  it("reports each issue as an event, and changes nothing", async () => {
    const before = stateOf(folder);
    const { code, stdout } = await silhouette(["inspect", "photos", "--json"], { cwd: folder });
    expect(code).toBe(0);
    expect(pathsOf(stdout, "copies")).toEqual([["car/000.png", "car/again.jpg"]]);
    expect(pathsOf(stdout, "blank-silhouette")).toEqual([["bus/wall.png"]]);
    expect(pathsOf(stdout, "unusable-file")).toEqual([["bus/broken.jpg"]]);
    expect(eventsOf(stdout).at(-1)).toMatchObject({
      type: "done",
      command: "inspect",
      pictures: 62,
      predicted: null,
      issues: { copies: 1, "blank-silhouette": 1, "unusable-file": 1, "few-pictures": 2 },
      fix: null,
      out: null,
    });
    expect(stateOf(folder)).toEqual(before);
  });

  it("prints what it found at 80 columns, and ends with a command that can be pasted", async () => {
    const ended = await silhouette(["inspect", "photos"], { cwd: folder, env: { ...process.env, COLUMNS: "80" } });
    expect(ended.code).toBe(0);
    expectReadable(ended);
    const lines = ended.stdout.split("\n");
    expect(lines.slice(0, -2).every((line) => line.length <= 80)).toBe(true);
    expect(ended.stdout).toContain("Blank silhouettes: 1\n  bus/wall.png has a silhouette that is all white\n");
    expect(ended.stdout).toMatch(/│ Copies +│ +worth a look │ +1 │/);
    expect(lines.at(-2)).toMatch(/ inspect photos --fix leave-out\.csv$/);
  });

  it("says of a single class that train refuses it, and recommends nothing that would fail", async () => {
    const files = await carsAndBuses(12);
    const cwd = emptyFolder();
    writeFiles(join(cwd, "one"), Object.fromEntries(Object.entries(files).filter(([path]) => path.startsWith("car/"))));
    const { code, stdout, stderr } = await silhouette(["inspect", "one"], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/Too few classes: 1\n {2}car is the only class with training pictures\n/);
    expect(stdout).toMatch(/ inspect one\n$/);
    expect(`${stdout}${stderr}`).not.toContain("crossvalidate one");
    expect((await silhouette(["train", "one"], { cwd })).stderr).toContain("[ONE_CLASS]");
  });

  it("writes a list of files to leave out, and a page with their pictures", async () => {
    const out = emptyFolder();
    const [list, page] = [join(out, "list.csv"), join(out, "page.html")];
    const args = ["inspect", "photos", "--fix", list, "--out", page];
    expect((await silhouette(args, { cwd: folder })).code).toBe(0);
    const rows = readFileSync(list, "utf8").trimEnd().split("\n");
    expect(rows[0]).toBe("path,reason,stays,label,split");
    expect(rows.slice(1).map((row) => row.split(",")[0])).toEqual(["bus/broken.jpg", "bus/wall.png", "car/again.jpg"]);
    const html = readFileSync(page, "utf8");
    expect(html).toContain("data:image/png;base64,");
    expect(html).toContain("data:image/jpeg;base64,");
    expect(html).toContain("bus/wall.png");

    const again = await silhouette(args, { cwd: folder });
    expect(again.code).toBe(4);
    expect(again.stderr).toContain("a file of that name exists");
  });

  it.each([
    [["--fix", "list.txt"], "ends in .csv"],
    [["--out", "photos.arrow"], "ends in .html"],
  ])("refuses %o, which might replace another file", async (flags, message) => {
    const ended = await silhouette(["inspect", "photos", ...flags], { cwd: folder });
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(message);
  });

  it("refuses outputs that cannot be written before any photograph is decoded", async () => {
    writeFiles(join(folder, "folder.html"), { "mine.txt": "mine" });
    const before = stateOf(folder);
    for (const [flags, reason] of [
      [["--out", "missing/page.html"], "its folder does not exist"],
      [["--out", "folder.html"], "it is a folder"],
      [["--fix", "missing/list.csv"], "its folder does not exist"],
    ] as const) {
      const ended = await silhouette(["inspect", "photos", "--json", ...flags], { cwd: folder });
      expect(ended.code).toBe(4);
      expect(eventsOf(ended.stdout)).toEqual([expect.objectContaining({ type: "error", code: "OUTPUT_UNWRITABLE" })]);
      expect(ended.stderr).toContain(reason);
    }
    expect(stateOf(folder)).toEqual(before);
  });

  it("is what a preparation recommends where something may be wrong, in a few lines", async () => {
    const out = join(emptyFolder(), "data.arrow");
    const { code, stderr } = await silhouette(["prepare", "photos", "--out", out], { cwd: folder });
    expect(code).toBe(0);
    const warnings = stderr.split("\n").filter((line) => line.startsWith("Warning: "));
    expect(warnings).toEqual([
      "Warning: 1 file cannot be used, such as bus/broken.jpg",
      "Warning: 1 silhouette is blank, or nearly, such as bus/wall.png",
      "Warning: 1 picture has copies in its class, such as car/000.png and car/again.jpg",
    ]);
    expect(stderr).toMatch(/ inspect photos shows which, and what helps\n$/);
  });
});

describe("--leave-out", () => {
  it("leaves files out of a preparation, warns of paths that are not there, and suggests others", async () => {
    const out = join(emptyFolder(), "data.arrow");
    const list = join(emptyFolder(), "list.csv");
    writeFileSync(list, "\uFEFFpath\r\nbus/broken.jpg\r\nbus\\wall.png\r\ncar/agaim.jpg\r\n");
    const args = ["prepare", "photos", "--out", out, "--strict", "--leave-out", list];
    const { code, stderr } = await silhouette(args, { cwd: folder });
    expect(code).toBe(0);
    expect(stderr).toContain("2 listed files are left out\n");
    expect(stderr).toContain("Warning: no file has the listed path car/agaim.jpg (did you mean car/again.jpg?)\n");
    expect((await readDataset(out)).rows).toHaveLength(61);
  });

  it("is recorded by a training, which is repeated and resumed without the files", async () => {
    const list = join(folder, "leave-out.csv");
    writeFileSync(list, "path\nbus/broken.jpg\nbus/wall.png\ncar/again.jpg\n");
    const args = ["train", "photos", ...SMALL, "--leave-out", "leave-out.csv", "--out", "first"];
    expect(await silhouette(args, { cwd: folder })).toMatchObject({ code: 0 });
    const configOf = (run: string): Record<string, unknown> =>
      JSON.parse(readFileSync(join(folder, run, "config.json"), "utf8")) as Record<string, unknown>;
    expect(configOf("first")["leaveOut"]).toEqual(["bus/broken.jpg", "bus/wall.png", "car/again.jpg"]);
    // The list may change: the run knows its paths.
    writeFileSync(list, "path\ncar/001.png\n");

    const repeat = ["train", "--config", "first/config.json", "--out", "second"];
    expect(await silhouette(repeat, { cwd: folder })).toMatchObject({ code: 0 });
    expect(configOf("second")).toMatchObject({
      leaveOut: configOf("first")["leaveOut"],
      fingerprint: configOf("first")["fingerprint"],
    });
    const resume = ["train", "photos", "--out", "first", "--resume", "--epochs", "2"];
    expect(await silhouette(resume, { cwd: folder })).toMatchObject({ code: 0 });
    const other = await silhouette([...resume, "--leave-out", "leave-out.csv"], { cwd: folder });
    expect(other.code).toBe(2);
    expect(other.stderr).toContain(
      "started with, bus/broken.jpg, bus/wall.png, car/again.jpg, but received car/001.png [INVALID_ARGUMENT]",
    );
    const many = Array.from({ length: 1000 }, (_, index) => `car/${index}.png`);
    writeFileSync(list, ["path", "bus/wall.png", ...many].join("\n"));
    const more = await silhouette([...resume, "--leave-out", "leave-out.csv"], { cwd: folder });
    expect(more.stderr).toContain(
      "started with, bus/broken.jpg, car/again.jpg, bus/wall.png, but received car/0.png, car/1.png, car/10.png and 998 more",
    );
  }, 240_000);

  it("works with dataset files, in an evaluation, and from a configuration", async () => {
    const cwd = emptyFolder();
    await silhouette(["prepare", join(folder, "photos"), "--out", join(cwd, "p.arrow"), "--size", "32"]);
    writeFiles(cwd, {
      "list.csv": "reason;path\nblank;bus/wall.png\n",
      "silhouette.config.json": JSON.stringify({ source: "p.arrow", leaveOut: "list.csv", epochs: 1, batch: 16 }),
    });
    const printed = await silhouette(["train", "--print-config"], { cwd });
    expect(JSON.parse(printed.stdout)).toMatchObject({ leaveOut: "list.csv" });
    const trained = await silhouette(["train", "--out", "run", "--json"], { cwd });
    expect(trained.code).toBe(0);
    expect(eventsOf(trained.stdout)).toContainEqual({ type: "leaveOut", files: 1, unmatched: [] });

    const evaluation = ["evaluate", "run", "p.arrow", "--include-learned", "--json"];
    const totalOf = (stdout: string): unknown => eventsOf(stdout).find(({ type }) => type === "pictures")?.["total"];
    const all = await silhouette(evaluation, { cwd });
    const { rows } = await readDataset(join(cwd, "p.arrow"));
    const tested = rows.find(({ split }) => split === "test");
    writeFileSync(join(cwd, "one.csv"), `path\n${tested?.path ?? ""}\n`);
    const fewer = await silhouette([...evaluation, "--leave-out", "one.csv"], { cwd });
    expect(fewer.code).toBe(0);
    expect(Number(totalOf(all.stdout)) - Number(totalOf(fewer.stdout))).toBe(1);
  });

  it("fails before anything is written if the list is missing, of another source, or not a list", async () => {
    const cwd = emptyFolder();
    writeFiles(cwd, { "other.csv": "path\nx/1.jpg\n", "not.csv": "hello\n" });
    for (const [list, message] of [
      ["none.csv", "LEAVE_OUT_NOT_FOUND"],
      ["other.csv", "LEAVE_OUT_MISMATCH"],
      ["not.csv", "LEAVE_OUT_UNREADABLE"],
    ] as const) {
      const args = ["train", join(folder, "photos"), "--out", "run", "--leave-out", list];
      const ended = await silhouette(args, { cwd });
      expect(ended.code).toBe(3);
      expect(ended.stderr).toContain(`[${message}]`);
      expect(existsSync(join(cwd, "run"))).toBe(false);
    }
  });
});
