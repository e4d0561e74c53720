// Datasets of many files on the command line: prepared in shards, stopped and continued, and used by other commands.

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { prepare } from "@silhouette/trainer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { readDataset } from "./datasets.ts";
import { freshOut, IS_WINDOWS } from "./outputs.ts";
import {
  carsAndBuses,
  copiesOfCarAndBus,
  emptyFolder,
  folderWith,
  newFolder,
  removeFolder,
  writeFiles,
} from "./pictures.ts";
import { hasWritten, run } from "./programs.ts";
import { eventsOf, expectReadable, linesOf, SILHOUETTE, silhouette, startSilhouette } from "./silhouette.ts";

const SMALL = ["--size", "16", "--no-thumbnails"];
const SHORT = ["--epochs", "1", "--batch", "8", "--json"];

let folder: string;
let photos: string;
/** A dataset of 40 pictures in 4 shards. */
let shards: string;
let prepared: Awaited<ReturnType<typeof silhouette>>;

beforeAll(async () => {
  folder = newFolder();
  photos = join(folder, "photos");
  writeFiles(photos, { ...(await carsAndBuses(20)), "car/broken.jpg": "no picture" });
  shards = join(folder, "shards of photos");
  prepared = await silhouette(["prepare", photos, "--out", shards, "--shards", "4", ...SMALL]);
});
afterAll(() => removeFolder(folder));

/** The content of all files in a folder, by path. */
function contentOf(of: string): Readonly<Record<string, string>> {
  const paths = readdirSync(of, { recursive: true, encoding: "utf8" }).toSorted();
  const files = paths.filter((path) => statSync(join(of, path)).isFile());
  return Object.fromEntries(files.map((path) => [path, readFileSync(join(of, path), "base64")]));
}

function configOf(of: string): Readonly<Record<string, unknown>> {
  return JSON.parse(readFileSync(join(of, "config.json"), "utf8")) as Record<string, unknown>;
}

describe("silhouette prepare --shards", () => {
  it("writes shards, a description and a table of skipped files, and says so", () => {
    expect(prepared).toMatchObject({ code: 0, signal: null });
    expectReadable(prepared);
    expect(readdirSync(shards).toSorted()).toEqual(["dataset.json", "shards", "skipped.csv"]);
    expect(readdirSync(join(shards, "shards")).toSorted()).toEqual(
      [0, 1, 2, 3].map((index) => `0000${index}-of-00004.arrow`),
    );
    expect(prepared.stdout).toMatch(/^\S.*shards of photos: 40 gray pictures of 32 x 32, \d\.\d MB in 4 shards$/m);
    expect(prepared.stdout).toContain("; 1 skipped\n");
    const table = linesOf(readFileSync(join(shards, "skipped.csv"), "utf8"));
    expect(table).toEqual(["path,code,message", expect.stringMatching(/^car\/broken\.jpg,NOT_A_PICTURE,/)]);
  });

  it("has the rows of a dataset file, but for the splits, in the order of the paths", async () => {
    const file = freshOut();
    await prepare({ folder: photos, out: file, size: { width: 16, height: 16 }, thumbnails: false });
    const withoutSplits = async (path: string) =>
      (await readDataset(path)).rows.map(({ split: _split, ...row }) => row);
    expect(await withoutSplits(shards)).toEqual(await withoutSplits(file));
  });

  it("refuses a folder that is complete", async () => {
    const complete = await silhouette(["prepare", photos, "--out", shards, "--shards", "4", ...SMALL]);
    expect(complete).toMatchObject({ code: 4, stdout: "" });
    expect(complete.stderr).toContain(" contains a complete one [OUTPUT_EXISTS]\nName an empty folder, or ");
  });
});

describe("a preparation in shards", () => {
  /** Starts one that takes a while: 24 pictures of 1200 x 1200 pixels, in 6 shards. */
  async function begin(): Promise<{ readonly args: readonly string[]; readonly out: string }> {
    const drawn = folderWith(await copiesOfCarAndBus(12));
    const out = join(emptyFolder(), "out");
    return { args: ["prepare", drawn, "--out", out, "--shards", "6", "--size", "600", "--json"], out };
  }

  it.skipIf(IS_WINDOWS)(
    "continues after Ctrl-C, and after a kill, to the bytes of one that was not stopped",
    async () => {
      const { args, out } = await begin();
      const interrupted = startSilhouette(args);
      await hasWritten(interrupted.child.stdout, '"shard"');
      interrupted.child.kill("SIGINT");
      const { code, stdout } = await interrupted.ended;
      expect(code).toBe(130);
      const hint = /^\d of 6 shards (?:is|are) complete\. To continue: .* prepare .* --shards 6 --size 600 --json$/;
      expect(eventsOf(stdout).at(-1)).toMatchObject({
        type: "error",
        code: "SIGINT",
        hint: expect.stringMatching(hint) as string,
      });

      const train = await silhouette(["train", out]);
      expect(train).toMatchObject({ code: 3 });
      expect(train.stderr).toMatch(
        /but only \d of its 6 shards (?:is|are) complete \[DATASET_INCOMPLETE\]\nTo continue, .*: .* --shards 6\n/,
      );

      const killed = startSilhouette(args);
      await hasWritten(killed.child.stdout, '"shard"');
      killed.child.kill("SIGKILL");
      await killed.ended;

      const last = await silhouette(args);
      expect(last).toMatchObject({ code: 0, stderr: "" });
      const events = eventsOf(last.stdout);
      const kept = events.find(({ type }) => type === "shards");
      expect(kept?.["done"]).toBeGreaterThanOrEqual(2);
      expect(events.filter(({ type }) => type === "shard")).toHaveLength(6 - Number(kept?.["done"]));
      expect(events.at(-1)).toMatchObject({ type: "done", rows: 24, shards: 6 });
      expect(readdirSync(join(out, ".."))).toEqual(["out"]);

      const whole = join(emptyFolder(), "whole");
      await prepare({ folder: args[1] ?? "", out: whole, shards: 6, size: { width: 600, height: 600 } });
      expect(contentOf(out)).toEqual(contentOf(whole));
    },
  );

  it.skipIf(IS_WINDOWS)("keeps whole shards when the disk is full (simulated by a file size limit)", async () => {
    const files = await carsAndBuses(6);
    const drawn = folderWith({
      ...files,
      "bus/000.png": "-",
      "bus/001.png": "-",
      "bus/002.png": "-",
      "bus/003.png": "-",
    });
    const out = join(emptyFolder(), "out");
    const args = ["prepare", drawn, "--out", out, "--shards", "2", "--size", "60", "--no-thumbnails"];
    // In blocks of 512 or 1,024 bytes; shards of two and of six gray pictures of 120 x 120 pixels.
    const limited = 'ulimit -f 75; exec "$0" "$@"';
    const ended = await run("sh", ["-c", limited, process.execPath, SILHOUETTE, ...args]);
    expect(ended).toMatchObject({ code: 4, signal: null });
    expect(ended.stderr).toContain(" [OUTPUT_UNWRITABLE]\n1 of 2 shards are complete, and kept in ");
    expect(readdirSync(join(out, "shards"))).toEqual(["00000-of-00002.arrow"]);
    const continued = await silhouette(args);
    expect(continued).toMatchObject({ code: 0 });
    expect(continued.stderr).toContain("\nContinuing: 1 of 2 shards (6 pictures) is already complete\n");
    expect((await readDataset(out)).rows).toHaveLength(8);
  });
});

describe("shards as a source", () => {
  it("train a network alike as a folder, and as the files that a shell lists for a pattern", async () => {
    const files = readdirSync(join(shards, "shards")).map((name) => join(shards, "shards", name));
    const sources = { folder: [shards], files };
    const weights = [];
    for (const [name, words] of Object.entries(sources)) {
      const out = join(folder, name);
      expect(await silhouette(["train", ...words, "--out", out, ...SHORT])).toMatchObject({ code: 0 });
      expect(existsSync(join(out, "dataset.arrow"))).toBe(false);
      weights.push(readdirSync(join(out, "model")).find((each) => each.endsWith(".bin")));
    }
    expect(new Set(weights).size).toBe(1);
    expect(configOf(join(folder, "folder"))["source"]).toBe(join(shards, "dataset.json"));
    expect(configOf(join(folder, "files"))["source"]).toBe(join(shards, "shards", "*.arrow"));
  });

  it("continue a run, and are evaluated whole or in part", async () => {
    const trained = join(folder, "folder");
    const resumed = await silhouette(["train", shards, "--out", trained, "--resume", ...SHORT, "--epochs", "2"]);
    expect(resumed).toMatchObject({ code: 0 });
    const part = join(shards, "shards", "0000[01]-of-*.arrow");
    const evaluated = await silhouette(["evaluate", trained, part, "--json"]);
    const tested = (await readDataset(part)).rows.filter(({ split }) => split === "test");
    expect(eventsOf(evaluated.stdout).at(-1)).toMatchObject({ chosen: "test", pictures: tested.length });
    const config = await silhouette(["train", shards, "--print-config"]);
    expect(JSON.parse(config.stdout)).not.toHaveProperty("size");
  });

  it("are refused where several sources are no files of one folder", async () => {
    const both = await silhouette(["inspect", shards, photos]);
    expect(both).toMatchObject({ code: 2, stdout: "" });
    expect(both.stderr).toContain("Expected one source, or dataset files of one folder [USAGE]\n");
  });
});
