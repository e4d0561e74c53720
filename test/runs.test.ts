// `silhouette runs`: a list of runs with their results, and what differs between some of them.

import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { IS_WINDOWS } from "./outputs.ts";
import { carsAndBuses, emptyFolder, folderWith, newFolder, removeFolder, stateOf, writeFiles } from "./pictures.ts";
import { outputOf } from "./programs.ts";
import { eventsOf, expectReadable, linesOf, silhouette, SILHOUETTE } from "./silhouette.ts";

const SMALL = ["--size", "16", "--batch", "16"];

let folder: string;

beforeAll(async () => {
  folder = newFolder();
  writeFiles(join(folder, "photos"), await carsAndBuses(15));
  const changed = JSON.stringify({ recipe: { name: "compact", labelSmoothing: 0.3 } });
  writeFiles(folder, { "changed.json": changed, "runs/notes.txt": "mine", "runs/app/config.json": '{"port":80}' });
  for (const args of [
    ["--out", "runs/first", "--epochs", "2"],
    ["--out", "runs/more/second", "--epochs", "1", "--seed", "4", "--config", "changed.json"],
  ]) {
    await outputOf(process.execPath, [SILHOUETTE, "train", "photos", ...SMALL, ...args], { cwd: folder });
  }
  const copy = (name: string): string => {
    cpSync(join(folder, "runs", "first"), join(folder, "runs", name), { recursive: true });
    return join(folder, "runs", name);
  };
  rmSync(join(copy("stopped"), "metrics.json"));
  writeFileSync(join(copy("damaged"), "history.json"), "[{]");
  const old = join(copy("old"), "config.json");
  writeFileSync(old, readFileSync(old, "utf8").replace(/"formatVersion": \d+/, '"formatVersion": 2'));
  writeFileSync(join(copy("empty"), "config.json"), "");
});
afterAll(() => removeFolder(folder));

describe("silhouette runs", () => {
  it("lists runs with their results, the latest first, and those that cannot be read with the reason", async () => {
    const before = stateOf(folder);
    const ended = await silhouette(["runs"], { cwd: folder });
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expectReadable(ended);
    const { stdout } = ended;
    expect(stdout).toMatch(/^runs\/damaged: damaged\. .*history\.json.* is not JSON/m);
    expect(stdout).toMatch(/^runs\/empty: damaged\. .*config\.json.* is not JSON/m);
    expect(stdout).toMatch(/^runs\/old: another version\. .*version 2/m);
    const rows = linesOf(stdout).filter((line) => line.startsWith("│ runs"));
    expect(rows).toHaveLength(3);
    const time = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d`;
    const share = String.raw`\d+\.\d %`;
    const test = String.raw`${share} \(${share} to ${share}\)`;
    expect(rows[0]).toMatch(
      new RegExp(
        `^│ runs/more/second +│ +${time} │ compact \\(labelSmoothing\\) │ +30 │ +1 │ +1 │ +${share} │ +${test} │$`,
      ),
    );
    expect(rows[1]).toMatch(
      new RegExp(`^│ runs/first +│ +${time} │ +compact │ +30 │ +2 │ +[12] │ +${share} │ +${test} │$`),
    );
    expect(rows[2]).toMatch(/^│ runs\/stopped .* unfinished │$/);
    expect(stateOf(folder)).toEqual(before);
  });

  it("sorts by accuracy, and prints an event per run with --json", async () => {
    const { code, stdout } = await silhouette(["runs", "runs", "--sort", "accuracy", "--json"], { cwd: folder });
    expect(code).toBe(0);
    const events = eventsOf(stdout);
    const runs = events.slice(0, -1) as {
      readonly state: string;
      readonly test?: { readonly accuracy: number } | null;
    }[];
    expect(events.at(-1)).toEqual({ type: "done", command: "runs", paths: ["runs"], runs: 6, areCompared: false });
    const accuracies = runs.flatMap(({ test }) => (test ? [test.accuracy] : []));
    expect(accuracies).toEqual(accuracies.toSorted((one, other) => other - one));
    expect(runs.map(({ state }) => state)).toEqual([
      "done",
      "done",
      "unfinished",
      "damaged",
      "damaged",
      "another version",
    ]);
  });

  it("shows the settings that differ between named runs, and how to test which is better", async () => {
    const names = ["runs/first", "runs/more/second"];
    const { code, stdout } = await silhouette(["runs", ...names], { cwd: folder });
    expect(code).toBe(0);
    const rows = linesOf(stdout)
      .filter((line) => line.startsWith("│"))
      .map((line) =>
        line
          .split("│")
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    expect(rows.slice(0, 4)).toEqual([
      ["", ...names],
      ["recipe.labelSmoothing", "0.1", "0.3"],
      ["epochs", "2", "1"],
      ["seed", "0", "4"],
    ]);
    expect(rows.slice(4).map(([name]) => name)).toEqual(["epochs done", "best epoch", "validation", "test"]);
    expect(linesOf(stdout).at(-1)).toMatch(
      /^To test on the same pictures whether one is better: .* compare runs\/first runs\/more\/second photos$/,
    );
    const args = [...SMALL, "--epochs", "2", "--init", "runs/first", "--out", "tuned/run"];
    await outputOf(process.execPath, [SILHOUETTE, "train", "photos", ...args], { cwd: folder });
    const tuned = await silhouette(["runs", "runs/first", "tuned/run"], { cwd: folder });
    expect(tuned.stdout).toMatch(/^│ init +│ +- │ .*runs\/first │$/m);
    expect((await silhouette(["runs", "tuned"], { cwd: folder })).stdout).toContain("│ compact (init) │");
    const same = await silhouette(["runs", "runs/first", "runs/stopped"], { cwd: folder });
    expect(same.stdout).toMatch(/^All settings are the same\.\n/);
  });

  it.skipIf(IS_WINDOWS)("does not wait for the writer of a pipe", async () => {
    const cwd = folderWith({ "runs/pipe/a.txt": "" });
    await outputOf("mkfifo", [join(cwd, "runs", "pipe", "config.json")]);
    expect(await silhouette(["runs"], { cwd })).toMatchObject({ code: 0, stdout: "No runs in runs\n" });
  });

  it("says that there are none, and refuses what is not a folder", async () => {
    const cwd = folderWith({ "a.txt": "" });
    const none = await silhouette(["runs"], { cwd: emptyFolder() });
    expect(none).toMatchObject({ code: 3, stdout: "" });
    expect(none.stderr).toContain("at runs, but it does not exist [FOLDER_NOT_FOUND]");
    expect(await silhouette(["runs", "."], { cwd })).toMatchObject({ code: 0, stdout: "No runs in .\n" });
    expect((await silhouette(["runs", "a.txt"], { cwd })).stderr).toContain("it is a file [FOLDER_NOT_FOUND]");
  });
});
