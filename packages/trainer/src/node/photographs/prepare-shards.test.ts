import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { DatasetRow } from "../../dataset/format.ts";
import { parseManifest, type Manifest } from "../../dataset/manifest.ts";
import { emptyFolder, folderWith, photographs, squarePng, writeFiles } from "../../testing/folders.ts";
import { openDataset } from "../files/open-dataset.ts";
import { PREPARATION, ShardFolder } from "../files/shard-folder.ts";
import type { PrepareOptions } from "./preparation.ts";
import type { PrepareEvent } from "./prepare-events.ts";
import { prepare } from "./prepare.ts";

const IS_WINDOWS = process.platform === "win32";

const SMALL = { size: { width: 8, height: 6 }, thumbnails: false } as const;

/** Seven pictures of cars and of buses, a copy of one of the cars among the buses, and three files that cannot be used. */
let files: Readonly<Record<string, Uint8Array | string>>;

beforeAll(async () => {
  const pictures = await photographs(["bus", "car"], 7);
  const copy = pictures["car/003.png"] ?? new Uint8Array();
  files = { ...pictures, "bus/copy.png": copy, "bus/003.jpg": "no picture", "car/000.jpg": "", "outside.png": copy };
});

/** All files in a folder, by path. */
function filesIn(folder: string): Readonly<Record<string, Buffer>> {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted();
  const found = paths.filter((path) => statSync(join(folder, path)).isFile());
  return Object.fromEntries(found.map((path) => [path.replaceAll("\\", "/"), readFileSync(join(folder, path))]));
}

/** {@link filesIn}, as text that can be compared. */
function contentOf(folder: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(filesIn(folder)).map(([path, bytes]) => [path, bytes.toString("base64")]));
}

function manifestOf(out: string): Manifest {
  return parseManifest(readFileSync(join(out, "dataset.json"), "utf8"), "dataset.json");
}

async function rowsOf(path: string): Promise<readonly DatasetRow[]> {
  const dataset = await openDataset(path);
  const rows: DatasetRow[] = [];
  for await (const row of dataset) rows.push(row);
  await dataset.close();
  return rows;
}

/** Prepares, and stops after the shards that the given number of photographs complete. */
async function stopped(options: PrepareOptions, shards: number): Promise<void> {
  const controller = new AbortController();
  let written = 0;
  const onEvent = ({ type }: PrepareEvent): void => {
    if (type === "shard" && ++written === shards) controller.abort(new Error("stopped"));
  };
  await expect(prepare({ ...options, signal: controller.signal, onEvent })).rejects.toThrow("stopped");
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "none",
    (error: unknown) => `${(error as { code?: string }).code}: ${(error as Error).message}`,
  );
}

describe("prepare in shards", () => {
  it("cuts the photographs by their order, draws splits from pixels, and lists what it skipped", async () => {
    const folder = folderWith(files);
    const out = join(emptyFolder(), "new", "shards");
    const events: PrepareEvent[] = [];
    const summary = await prepare({
      ...SMALL,
      folder,
      out,
      shards: 4,
      seed: 3,
      onEvent: (event) => events.push(event),
    });
    expect(Object.keys(contentOf(out))).toEqual([
      "dataset.json",
      "shards/00000-of-00004.arrow",
      "shards/00001-of-00004.arrow",
      "shards/00002-of-00004.arrow",
      "shards/00003-of-00004.arrow",
      "skipped.csv",
    ]);
    const table = readFileSync(join(out, "skipped.csv"), "utf8");
    expect(table).toMatch(
      /^path,code,message\nbus\/003\.jpg,NOT_A_PICTURE,.+\ncar\/000\.jpg,EMPTY_FILE,.+\noutside\.png,OUTSIDE_CLASSES,.+\n$/,
    );

    const rows = await rowsOf(out);
    const paths = Object.keys(files).filter((path) => /^\w+\/.*\.png$/.test(path));
    expect(rows.map(({ path }) => path)).toEqual(paths.toSorted());
    for (const { pixels, split } of rows) {
      const hash = createHash("sha256").update("3/").update(pixels).digest();
      const draw = Number(hash.readBigUInt64BE(0)) / 2 ** 64;
      expect(split).toBe(draw < 0.8 ? "train" : draw < 0.9 ? "val" : "test");
    }
    const splitOf = (path: string) => rows.find((row) => row.path === path)?.split;
    expect(splitOf("bus/copy.png")).toBe(splitOf("car/003.png"));

    const { description, shards } = manifestOf(out);
    // Of 17 photographs, bus/003.jpg and car/000.jpg are in the first and in the third shard.
    expect(shards.map((each) => each.rows)).toEqual([3, 4, 3, 5]);
    expect(shards.map((each) => each.bytes)).toEqual(shards.map(({ file }) => statSync(join(out, file)).size));
    expect(description).toMatchObject({
      rows: 15,
      split: { from: "content", seed: 3, drawn: ["train", "val", "test"] },
    });
    expect(summary).toMatchObject({ rows: 15, shards: 4, duplicates: null, stored: { width: 16, height: 12 } });
    expect(summary.bytes).toBe(shards.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(summary.skips.map(({ path }) => path).toSorted()).toEqual(["bus/003.jpg", "car/000.jpg", "outside.png"]);
    expect(
      Object.values(summary.counts)
        .flat()
        .reduce((sum, count) => sum + count),
    ).toBe(15);

    const kinds = events.map(({ type }) => type).filter((type) => type !== "progress" && type !== "skip");
    expect(kinds).toEqual(["start", "shards", "shard", "shard", "shard", "shard", "warnings"]);
    expect(events.find(({ type }) => type === "shard")).toEqual({
      type: "shard",
      index: 0,
      total: 4,
      file: "shards/00000-of-00004.arrow",
      rows: 3,
      skipped: 1,
    });
  });

  it("gives the same rows for any number of shards, and the same bytes for any concurrency", async () => {
    const folder = folderWith(files);
    const outs = ["one", "three", "all", "again"].map((name) => join(emptyFolder(), name));
    const [one = "", three = "", all = "", again = ""] = outs;
    await prepare({ ...SMALL, folder, out: one, shards: 1 });
    await prepare({ ...SMALL, folder, out: three, shards: 3, concurrency: 1 });
    await prepare({ ...SMALL, folder, out: all, shards: 17, concurrency: 20 });
    await prepare({ ...SMALL, folder, out: again, shards: 3, concurrency: 7 });
    const rows = await rowsOf(one);
    expect(await rowsOf(three)).toEqual(rows);
    expect(await rowsOf(all)).toEqual(rows);
    expect(contentOf(again)).toEqual(contentOf(three));
    // The one without pictures has no file.
    expect(manifestOf(all).shards.map(({ file }) => file)).not.toContain("shards/00003-of-00017.arrow");
    expect(manifestOf(all).shards).toHaveLength(15);
    expect(readdirSync(join(all, "shards"))).toHaveLength(15);
  });

  it("takes splits from folders, and draws only those that are missing", async () => {
    const inSplits = Object.fromEntries(
      Object.entries(await photographs(["bus", "car"], 3)).flatMap(([path, content]) =>
        ["train", "val", "test"].map((split) => [`${split}/${path}`, content]),
      ),
    );
    const folder = folderWith(inSplits);
    const out = join(emptyFolder(), "shards");
    await prepare({ ...SMALL, folder, out, shards: 2 });
    expect(manifestOf(out).description.split).toEqual({ from: "folders" });
    expect((await rowsOf(out)).every(({ path, split }) => path.startsWith(`${split}/`))).toBe(true);
    rmSync(join(folder, "test"), { recursive: true });
    const partly = join(emptyFolder(), "partly");
    await prepare({ ...SMALL, folder, out: partly, shards: 2 });
    expect(manifestOf(partly).description.split).toMatchObject({ from: "content", drawn: ["train", "test"] });
    const rows = await rowsOf(partly);
    expect(rows.every(({ path, split }) => path.startsWith("val/") === (split === "val"))).toBe(true);
  });
});

describe("a preparation in shards that is stopped", () => {
  /** What it writes if it is not stopped, and what is there if it is, with five shards. */
  let whole: Readonly<Record<string, string>>;
  let halfway: Readonly<Record<string, Uint8Array>>;
  /** The photographs. */
  let source: string;

  beforeAll(() => {
    source = mkdtempSync(join(tmpdir(), "silhouette-test-"));
    writeFiles(source, files);
  });
  afterAll(() => rmSync(source, { recursive: true, force: true, maxRetries: 5 }));

  it("keeps whole shards, and continues to the same bytes", async () => {
    const folder = source;
    const [uninterrupted, out] = [join(emptyFolder(), "whole"), join(emptyFolder(), "out")];
    const options = { ...SMALL, folder, shards: 5 };
    const expected = await prepare({ ...options, out: uninterrupted });
    whole = contentOf(uninterrupted);
    await stopped({ ...options, out }, 2);
    halfway = filesIn(out);
    expect(readdirSync(join(out, "shards"))).toEqual(["00000-of-00005.arrow", "00001-of-00005.arrow"]);
    expect(existsSync(join(out, "dataset.json"))).toBe(false);

    const events: PrepareEvent[] = [];
    const summary = await prepare({ ...options, out, onEvent: (event) => events.push(event) });
    expect(summary).toEqual(expected);
    expect(contentOf(out)).toEqual(whole);
    expect(readdirSync(out).toSorted()).toEqual(["dataset.json", "shards", "skipped.csv"]);
    expect(events.find(({ type }) => type === "shards")).toEqual({
      type: "shards",
      total: 5,
      done: 2,
      changed: 0,
      photographs: 6,
    });
    expect(events.filter(({ type }) => type === "progress")).toHaveLength(11);
    expect(events.find(({ type }) => type === "progress")).toMatchObject({ done: 7, total: 17 });
    expect(events.filter(({ type }) => type === "skip")).toHaveLength(3);
  });

  it.each<[string, (out: string) => void]>([
    ["a shard is there, but not its record", (out) => rmSync(join(out, PREPARATION, "00001-of-00005.json"))],
    ["a record is there, but not its shard", (out) => rmSync(join(out, "shards", "00001-of-00005.arrow"))],
    ["a shard was cut", (out) => truncateSync(join(out, "shards", "00000-of-00005.arrow"), 100)],
    ["a record was damaged", (out) => writeFileSync(join(out, PREPARATION, "00000-of-00005.json"), "{")],
    ["a temporary file was left", (out) => writeFileSync(join(out, "shards", ".silhouette-1.partial"), "half")],
    [
      "there are folders instead of files",
      (out) => {
        for (const name of ["settings.json", "00000-of-00005.json"]) {
          rmSync(join(out, PREPARATION, name));
          mkdirSync(join(out, PREPARATION, name));
        }
      },
    ],
    ["the settings were damaged", (out) => writeFileSync(join(out, PREPARATION, "settings.json"), "")],
  ])("continues to the same bytes if %s", async (_, damage) => {
    const out = folderWith(halfway);
    damage(out);
    await prepare({ ...SMALL, folder: source, out, shards: 5 });
    expect(contentOf(out)).toEqual(whole);
  });

  /** A time that can be set again to the last digit. */
  const WHOLE_SECONDS = 1e9;

  /** A preparation of five shards that was stopped after two, with its own photographs. */
  async function own(): Promise<PrepareOptions> {
    const options = { ...SMALL, folder: folderWith(files), shards: 5, out: join(emptyFolder(), "out") };
    utimesSync(join(options.folder, "bus/004.png"), WHOLE_SECONDS, WHOLE_SECONDS);
    await stopped(options, 2);
    return options;
  }

  it.each<[string, number, (folder: string) => Promise<void> | void]>([
    ["has been edited", 1, async (folder) => writeFileSync(join(folder, "bus/000.png"), await squarePng(119))],
    [
      "has another content of the same size and time",
      1,
      (folder) => {
        const file = join(folder, "bus/004.png");
        writeFileSync(
          file,
          readFileSync(file).map((byte, index) => (index < 60 ? byte : byte ^ 1)),
        );
        utimesSync(file, WHOLE_SECONDS, WHOLE_SECONDS);
      },
    ],
    // Windows has no such permissions.
    ["has other permissions", IS_WINDOWS ? 0 : 1, (folder) => chmodSync(join(folder, "bus/000.png"), 0o604)],
    ["has been touched", 1, (folder) => utimesSync(join(folder, "bus/000.png"), WHOLE_SECONDS, WHOLE_SECONDS)],
    [
      "was skipped, and has been repaired",
      1,
      async (folder) => writeFiles(folder, { "bus/003.jpg": await squarePng(7) }),
    ],
    [
      "has changed places with one in another shard",
      2,
      (folder) => {
        renameSync(join(folder, "bus/000.png"), join(folder, "third"));
        renameSync(join(folder, "bus/004.png"), join(folder, "bus/000.png"));
        renameSync(join(folder, "third"), join(folder, "bus/004.png"));
      },
    ],
    ["is in a shard that is not done", 0, async (folder) => writeFiles(folder, { "car/006.png": await squarePng(7) })],
  ])("makes the shards again of which a photograph %s", async (_, changed, change) => {
    const options = await own();
    await change(options.folder);
    const events: PrepareEvent[] = [];
    await prepare({ ...options, onEvent: (event) => events.push(event) });
    expect(events.find(({ type }) => type === "shards")).toMatchObject({ done: 2 - changed, changed });
    const again = join(emptyFolder(), "again");
    await prepare({ ...options, out: again });
    expect(contentOf(options.out)).toEqual(contentOf(again));
  });

  it("completes a dataset that was described when the process ended, and removes what is left", async () => {
    const options = { ...SMALL, folder: source, shards: 5, out: folderWith(halfway) };
    await stopped(options, 3);
    writeFiles(options.out, { "dataset.json": Buffer.from(whole["dataset.json"] ?? "", "base64") });
    await prepare(options);
    expect(contentOf(options.out)).toEqual(whole);
  });

  it("removes shards of which nothing is known any more", async () => {
    const folder = folderWith(await photographs(["bus", "car"], 4));
    const options = { ...SMALL, folder };
    const [out, fewer] = [join(emptyFolder(), "out"), join(emptyFolder(), "fewer")];
    await stopped({ ...options, out, shards: 8 }, 2);
    rmSync(join(out, PREPARATION, "00000-of-00008.json"));
    // The only picture of the first shard.
    writeFiles(folder, { "bus/000.png": "broken" });
    await stopped({ ...options, out, shards: 8 }, 3);
    writeFiles(fewer, filesIn(out));
    rmSync(join(fewer, PREPARATION, "settings.json"));
    for (const [place, shards] of [
      [out, 8],
      [fewer, 2],
    ] as const) {
      await prepare({ ...options, out: place, shards });
      const fresh = join(emptyFolder(), "whole");
      await prepare({ ...options, out: fresh, shards });
      expect(contentOf(place)).toEqual(contentOf(fresh));
    }
  });

  it("leaves nothing if no shard is complete", async () => {
    const out = join(emptyFolder(), "new", "out");
    const controller = new AbortController();
    const preparing = prepare({
      ...SMALL,
      folder: folderWith(files),
      out,
      shards: 2,
      signal: controller.signal,
      onEvent: ({ type }) => type === "progress" && controller.abort(new Error("stopped")),
    });
    await expect(preparing).rejects.toThrow("stopped");
    expect(readdirSync(dirname(dirname(out)))).toEqual([]);
  });

  it("is refused with other settings or photographs, which the error names, and stays as it is", async () => {
    const folder = folderWith(files);
    const out = folderWith(halfway);
    const options = { ...SMALL, folder, shards: 5, out };
    const before = contentOf(out);
    const refused = async (changes: Partial<PrepareOptions>): Promise<string> =>
      codeOf(prepare({ ...options, ...changes }));
    expect(await refused({ shards: 4 })).toMatch(/^OUTPUT_EXISTS: .* but received shards 4 instead of 5$/);
    expect(await refused({ seed: 1, thumbnails: true })).toMatch(/ seed 1 instead of 0, thumbnails on instead of off$/);
    expect(await refused({ labels: ["car", "bus"] })).toMatch(/ labels car,bus instead of bus,car$/);
    expect(await refused({ size: { width: 8, height: 8 } })).toMatch(
      / pictures 16 x 16 gray pixels instead of 16 x 12 gray/,
    );
    expect(await refused({ split: [0.5, 0.25, 0.25] })).toMatch(
      / split 0.5,0.25,0.25 of .* instead of 0.8,0.1,0.1 of /,
    );
    expect(await refused({ leaveOut: ["car/002.png"] })).toMatch(/ photographs 16 instead of 17$/);
    const renamed = { ...files, "car/009.png": files["car/006.png"] ?? "" };
    const others = Object.fromEntries(Object.entries(renamed).filter(([path]) => path !== "car/006.png"));
    expect(await refused({ folder: folderWith(others) })).toMatch(/ but received other photographs$/);
    expect(contentOf(out)).toEqual(before);
  });
});

describe("a folder for shards", () => {
  it("is refused if it is complete, has other files, is the name of a file, or another process writes it", async () => {
    const folder = folderWith(files);
    const out = join(emptyFolder(), "out");
    await prepare({ ...SMALL, folder, out, shards: 2 });
    const before = contentOf(out);
    expect(await codeOf(prepare({ ...SMALL, folder, out, shards: 2 }))).toMatch(
      /^OUTPUT_EXISTS: .* contains a complete one$/,
    );
    expect(contentOf(out)).toEqual(before);

    expect(await codeOf(prepare({ ...SMALL, folder, out: folder, shards: 2 }))).toMatch(
      /^OUTPUT_EXISTS: .* contains bus and 2 more$/,
    );
    expect(readdirSync(folder).toSorted()).toEqual(["bus", "car", "outside.png"]);

    const file = join(emptyFolder(), "file");
    writeFileSync(file, "");
    expect(await codeOf(prepare({ ...SMALL, folder, out: file, shards: 2 }))).toMatch(/^OUTPUT_UNWRITABLE: /);
    expect(await codeOf(prepare({ ...SMALL, folder, out: `${out}.arrow`, shards: 2 }))).toMatch(/^INVALID_ARGUMENT: /);

    const free = emptyFolder();
    const claimed = await ShardFolder.claim(join(free, "out"));
    expect(await codeOf(prepare({ ...SMALL, folder, out: join(free, "out"), shards: 2 }))).toMatch(/^OUTPUT_IN_USE: /);
    await claimed.close();
    expect(readdirSync(free)).toEqual([]);
  });

  it("may be an empty one, which stays if nothing is written, and one among the photographs, which is no class", async () => {
    const folder = folderWith(files);
    const out = join(folder, "shards of them");
    mkdirSync(out);
    expect(await codeOf(prepare({ ...SMALL, folder, out, shards: 18 }))).toBe(
      `INVALID_ARGUMENT: Expected at most as many shards as ${folder} has photographs (17), but received 18`,
    );
    expect(readdirSync(out)).toEqual([]);
    const { labels } = await prepare({ ...SMALL, folder, out, shards: 1 });
    expect(labels).toEqual(["bus", "car"]);
    expect((await prepare({ ...SMALL, folder, out: join(emptyFolder(), "again"), shards: 1 })).labels).toEqual(labels);
  });

  it.each([0, 100_000, 1.5])("is not divided into %s shards", async (shards) => {
    const preparing = prepare({ ...SMALL, folder: folderWith(files), out: join(emptyFolder(), "out"), shards });
    expect(await codeOf(preparing)).toMatch(/^INVALID_ARGUMENT: /);
  });
});

describe("pictures that cannot be used", () => {
  it("are an error if a class has no others, and are opened again after their repair", async () => {
    const folder = folderWith({ ...(await photographs(["bus", "car"], 4)), "van/1.png": "broken" });
    const [whole, out] = [join(emptyFolder(), "whole"), join(emptyFolder(), "out")];
    const options = { ...SMALL, folder, shards: 3 };
    expect(await codeOf(prepare({ ...options, out }))).toMatch(/^EMPTY_CLASS: .* of van were skipped or left out$/);
    expect(readdirSync(join(out, "shards"))).toEqual(["00000-of-00003.arrow", "00001-of-00003.arrow"]);
    writeFiles(folder, { "van/1.png": await squarePng(119) });
    await prepare({ ...options, out });
    await prepare({ ...options, out: whole });
    expect(contentOf(out)).toEqual(contentOf(whole));
  });

  it("are an error with strict, also in shards that stay, and are opened again after their repair", async () => {
    const folder = folderWith({ ...(await photographs(["bus", "car"], 4)), "bus/0.png": "broken" });
    const out = join(emptyFolder(), "out");
    const options = { ...SMALL, folder, shards: 3, out };
    await stopped(options, 1);
    expect(await codeOf(prepare({ ...options, strict: true }))).toMatch(/^PICTURE_UNUSABLE: .* bus\/0\.png /);
    await stopped(options, 1);
    writeFiles(folder, { "bus/0.png": await squarePng(119) });
    expect((await prepare({ ...options, strict: true })).rows).toBe(9);
  });
});
