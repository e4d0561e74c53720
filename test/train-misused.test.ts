// `silhouette train`, `evaluate` and `predict` misused: each mistake has one readable error with a code and a way out, and
// nothing half is left.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { IS_WINDOWS } from "./outputs.ts";
import {
  carsAndBuses,
  emptyFolder,
  folderWith,
  newFolder,
  photographOf,
  removeFolder,
  writeFiles,
} from "./pictures.ts";
import { outputOf, run as runProgram, type Ended } from "./programs.ts";
import { eventsOf, expectReadable, silhouette, SILHOUETTE } from "./silhouette.ts";

let folder: string;
let photos: string;
let run: string;
let dataset: string;

beforeAll(async () => {
  folder = newFolder();
  photos = join(folder, "photos");
  run = join(folder, "run");
  dataset = join(folder, "run", "dataset.arrow");
  writeFiles(photos, await carsAndBuses(30));
  const small = ["--size", "94", "--batch", "8", "--epochs", "1"];
  await outputOf(process.execPath, [SILHOUETTE, "train", photos, "--out", run, ...small]);
});
afterAll(() => removeFolder(folder));

function expectError(ended: Ended, code: number, name: string, ...texts: readonly string[]): void {
  expect(ended).toMatchObject({ code, signal: null, stdout: "" });
  expectReadable(ended);
  expect(ended.stderr).toContain(`[${name}]\n`);
  for (const text of texts) expect(ended.stderr).toContain(text);
}

/** A run folder that does not exist yet. */
function freshRun(): string {
  return join(emptyFolder(), "run");
}

async function expectNoRun(args: readonly string[], name: string, ...texts: readonly string[]): Promise<void> {
  const out = freshRun();
  expectError(await silhouette(["train", ...args, "--out", out]), 3, name, ...texts);
  expect(existsSync(out)).toBe(false);
}

describe("silhouette train rejects", () => {
  it.each([
    [["--epochs", "0"], "from 1 to", "epochs"],
    [["--batch", "0"], "from 1 to", "batch"],
    [["--size", "15"], "at least 16 x 16 pixels", "15"],
    [["--recipe", "article", "--size", "90x300"], "at least 94 x 94 pixels", "90 x 300"],
    [["--recipe", "article", "--input", "gray"], "Expected the input otsu for the recipe article", "gray"],
  ])("%j, a number out of range", async (flags, ...texts) => {
    const out = freshRun();
    expectError(await silhouette(["train", photos, "--out", out, ...flags]), 2, "INVALID_ARGUMENT", ...texts);
    expect(existsSync(out)).toBe(false);
  });

  it.each([
    [["--batch", "abc"], "Expected a whole number from 1 to 1000000."],
    [["--epochs", "many"], "Expected a whole number from 1 to 1000000."],
    [["--seed", "-1"], "Expected a whole number of 0 or more."],
    [["--backend", "cuda"], "Allowed choices are auto, wasm, node."],
    [["--recipe", "best"], "Allowed choices are compact, levels, article."],
    [["--epoch", "3"], "(Did you mean --epochs?)"],
    [["--labels", "car"], "Expected at least two class names"],
  ])("%j, which the command line does not allow", async (flags, text) => {
    const ended = await silhouette(["train", photos, "--out", freshRun(), ...flags]);
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expectReadable(ended);
    expect(ended.stderr).toContain(text);
  });

  it("a folder that does not exist, a file instead of one, and labels with a typo", async () => {
    await expectNoRun([join(folder, "none")], "FOLDER_NOT_FOUND", "it does not exist");
    await expectNoRun([join(photos, "car", "000.png")], "FOLDER_NOT_FOUND", "it is a file");
    await expectNoRun([photos, "--labels", "car,bos"], "LABELS_MISMATCH", "bos");
  });

  it("one class, one class in the training split, and no test pictures at all", async () => {
    const car = await photographOf("car", 10);
    const bus = await photographOf("bus", 10);
    await expectNoRun([folderWith({ "car/1.png": car, "car/2.png": car })], "ONE_CLASS");
    const learned = { "train/car/1.png": car, "train/bus/1.png": bus };
    const untested = { ...learned, "test/car/1.png": "no picture" };
    await expectNoRun([folderWith(untested)], "CLASS_UNTESTED", "test pictures of at least one class");
    const few = { "car/1.png": car, "bus/1.png": bus, "bus/2.png": bus };
    await expectNoRun([folderWith(few)], "CLASS_UNTESTED", "at least 3 pictures");
    const broken = { ...learned, "train/bus/1.png": "no picture", "test/bus/1.png": bus };
    await expectNoRun([folderWith(broken)], "ONE_CLASS_IN_TRAINING", "none of bus");
  });

  it("a dataset that is empty, truncated, of another version, or has a flipped byte", async () => {
    const bytes = readFileSync(dataset);
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(flipped.length >> 1) ^ 4, flipped.length >> 1);
    const some = folderWith({ "empty.arrow": "", "cut.arrow": bytes.subarray(0, -100), "flipped.arrow": flipped });
    await expectNoRun([join(some, "empty.arrow")], "NOT_A_DATASET");
    await expectNoRun([join(some, "cut.arrow")], "DATASET_DAMAGED");
    await expectNoRun([join(some, "flipped.arrow")], "DATASET_DAMAGED");
    await expectNoRun([join(some, "none.arrow")], "DATASET_NOT_FOUND");
  });

  it("a run folder that contains a run or anything else, or that cannot be created", async () => {
    const before = readdirSync(run);
    expectError(await silhouette(["train", photos, "--out", run]), 3, "RUN_EXISTS", "--resume");
    expect(readdirSync(run)).toEqual(before);
    const full = folderWith({ "notes.txt": "mine" });
    expectError(await silhouette(["train", photos, "--out", full]), 3, "RUN_EXISTS", "contains notes.txt");
    expect(readdirSync(full)).toEqual(["notes.txt"]);
    const below = join(full, "notes.txt", "run");
    expectError(await silhouette(["train", photos, "--out", below]), 4, "OUTPUT_UNWRITABLE", below);
    if (process.platform === "linux") {
      expectError(await silhouette(["train", photos, "--out", "/proc/run"]), 4, "OUTPUT_UNWRITABLE");
    }
  });

  it("resuming without a run, or with other settings", async () => {
    expectError(await silhouette(["train", photos, "--out", freshRun(), "--resume"]), 3, "RUN_NOT_FOUND");
    const other = await silhouette(["train", photos, "--out", run, "--resume", "--batch", "9"]);
    expectError(other, 2, "INVALID_ARGUMENT", "the batch that the run", "8, but received 9");
  });

  it("a batch that does not fit into memory, naming the need, the limit and the largest that fits", async () => {
    const ended = await silhouette(["train", photos, "--recipe", "article", "--size", "1000", "--out", freshRun()]);
    expectError(ended, 3, "BATCH_TOO_LARGE");
    expect(ended.stderr).toMatch(
      /fit into \d+\.\d GB of memory, but a batch of 48 needs \d+\.\d GB .*\nUse batches of \d+ pictures or fewer/,
    );
    const article = ["--recipe", "article", "--size", "4096", "--batch", "1"];
    const few = folderWith(await carsAndBuses(3));
    const huge = await silhouette(["train", few, ...article, "--out", freshRun()]);
    expectError(huge, 3, "BATCH_TOO_LARGE", "its weights alone need ");
  });

  it.skipIf(IS_WINDOWS)(
    "a full disk (a limit of the file size stands in for it), and keeps the run as it was",
    async () => {
      const out = freshRun();
      const args = ["train", dataset, "--out", out, "--epochs", "1", "--batch", "8"];
      const limited = await runProgram("sh", [
        "-c",
        'ulimit -f 64; exec "$0" "$@"',
        process.execPath,
        SILHOUETTE,
        ...args,
      ]);
      expectError(limited, 4, "OUTPUT_UNWRITABLE", "too large for the file system");
      expect(
        readdirSync(out, { recursive: true, encoding: "utf8" }).filter((name) => name.includes(".partial")),
      ).toEqual([]);
    },
  );

  it("an engine without SIMD", async () => {
    const ended = await runProgram(process.execPath, [
      "--no-enable-sse4-1",
      SILHOUETTE,
      "train",
      dataset,
      "--out",
      freshRun(),
      "--backend",
      "wasm",
    ]);
    // Only if the flag disables SIMD: other processors, and engines that do not support it, have nothing to test.
    if (ended.code === 0 || !ended.stderr.includes("SIMD")) return;
    expectError(ended, 3, "BACKEND_UNAVAILABLE", "WebAssembly SIMD");
  });

  it("in one JSON event with --json", async () => {
    const { code, stdout } = await silhouette(["train", join(folder, "none"), "--out", freshRun(), "--json"]);
    expect(code).toBe(3);
    expect(eventsOf(stdout)).toMatchObject([{ type: "error", code: "FOLDER_NOT_FOUND" }]);
  });
});

describe("silhouette evaluate and predict reject", () => {
  it("a folder that is not a run", async () => {
    expectError(await silhouette(["evaluate", photos, photos]), 3, "RUN_NOT_FOUND", "silhouette train");
    expectError(await silhouette(["predict", photos, photos]), 3, "MODEL_NOT_FOUND");
  });

  it("a model with a flipped byte, in its weights or in its description", async () => {
    const names = readdirSync(join(run, "model"));
    for (const damaged of names) {
      const files = Object.fromEntries(names.map((name) => [`model/${name}`, readFileSync(join(run, "model", name))]));
      const file = files[`model/${damaged}`] ?? Buffer.alloc(1);
      file.writeUInt8(file.readUInt8(file.length >> 1) ^ 1, file.length >> 1);
      const copy = folderWith({ ...files, "config.json": readFileSync(join(run, "config.json")) });
      expectError(await silhouette(["evaluate", copy, photos]), 3, "MODEL_DAMAGED");
      expectError(await silhouette(["predict", copy, photos]), 3, "MODEL_DAMAGED");
    }
  });

  it("pictures of other classes", async () => {
    const car = await photographOf("car", 10);
    const other = folderWith({ "car/1.png": car, "tram/1.png": car });
    expectError(await silhouette(["evaluate", run, other]), 3, "LABELS_MISMATCH", "tram");
  });

  it("a picture that does not exist, and a folder without classes", async () => {
    expectError(await silhouette(["predict", run, join(folder, "no.jpg")]), 3, "PICTURE_NOT_FOUND", "no.jpg");
    const { code, stderr } = await silhouette(["predict", run, photos, "--top", "0"]);
    expect({ code, said: stderr.includes("Expected a whole number of 1 or more.") }).toEqual({ code: 2, said: true });
  });
});
