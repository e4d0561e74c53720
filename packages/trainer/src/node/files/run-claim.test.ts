// Which process may write to a run folder, and that only files of a run are ever removed.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import { DatasetWriter } from "./dataset-writer.ts";
import { createTemporary, removeDead } from "./file-lock.ts";
import { OutputLock } from "./output-lock.ts";
import { claimNewRun, claimRun, holdsOnlyRuns, isUnbegun } from "./run-claim.ts";
import { runPaths, writeRunFiles } from "./run-folder.ts";
import { configFile, historyFiles } from "../../model/run-files.ts";
import { CONFIG, HISTORY } from "../../testing/run-files.ts";
import { emptyFolder, folderWith, writeFiles } from "../../testing/folders.ts";

const refused = (code: string, message: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(message) as string }) as Error;

describe("a new run's folder", () => {
  it("is created with its parents, or used as it is if it is empty", async () => {
    const run = join(emptyFolder(), "runs", "first");
    await (await claimNewRun(run)).release();
    expect(readdirSync(run)).toEqual([]);
    await (await claimNewRun(run)).release();
  });

  it("is rejected if it contains a run, and the hint says how to resume", async () => {
    const run = emptyFolder();
    await writeRunFiles(run, [configFile(CONFIG)]);
    await writeRunFiles(run, historyFiles(CONFIG, HISTORY));
    await expect(claimNewRun(run)).rejects.toThrow(
      expect.objectContaining({ code: "RUN_EXISTS", hint: expect.stringContaining("--resume") as string }),
    );
  });

  it.each(["notes.txt", "dataset.arrow", "config.json", "model/model.json"])(
    "is rejected if it contains a file of others, %s, which stays",
    async (name) => {
      const run = folderWith({ [name]: "mine" });
      await expect(claimNewRun(run)).rejects.toThrow(refused("RUN_EXISTS", `${run} contains ${name.split("/")[0]}`));
      expect(readFileSync(join(run, name), "utf8")).toBe("mine");
      expect(readdirSync(run)).toEqual([name.split("/")[0]]);
    },
  );

  it("is rejected if it cannot be created", async () => {
    const file = join(folderWith({ file: "" }), "file");
    await expect(claimNewRun(file)).rejects.toThrow(
      refused("OUTPUT_UNWRITABLE", `${file}, but a file of that name exists`),
    );
    const below = join(file, "run");
    await expect(claimNewRun(below)).rejects.toThrow(
      refused("OUTPUT_UNWRITABLE", `${below}, but its folder is a file`),
    );
  });

  // Not even root can create a file there.
  it.runIf(process.platform === "linux")(
    "is rejected if it is not writable, and the hint asks for another folder",
    async () => {
      await expect(claimNewRun("/proc/self")).rejects.toMatchObject({
        code: "OUTPUT_UNWRITABLE",
        hint: "Name a writable folder.",
      });
    },
  );

  it("is taken over from a run that was killed before its first checkpoint; files of others stay", async () => {
    const run = emptyFolder();
    await writeRunFiles(run, [configFile(CONFIG)]);
    await writeRunFiles(run, historyFiles(CONFIG, HISTORY.slice(0, 1)));
    writeFiles(run, { "dataset.arrow": "", "learned.safetensors": "", "notes.txt": "mine" });
    writeFiles(run, { "model/model.json": "", "model/weights-01234567.bin": "", "model/mine.txt": "mine" });
    expect(await isUnbegun(run)).toBe(true);
    const claim = await claimNewRun(run);
    await claim.release();
    expect(readdirSync(run).toSorted()).toEqual(["model", "notes.txt"]);
    expect(readdirSync(join(run, "model"))).toEqual(["mine.txt"]);
  });

  it("is not taken over from a run whose checkpoint was removed later", async () => {
    const run = emptyFolder();
    await writeRunFiles(run, [configFile(CONFIG)]);
    await writeRunFiles(run, historyFiles(CONFIG, HISTORY));
    expect(await isUnbegun(run)).toBe(false);
    await expect(claimNewRun(run)).rejects.toThrow(refused("RUN_EXISTS", "contains a run"));
  });

  it("is removed when it is abandoned, unless it contains anything else", async () => {
    const [top, other] = [emptyFolder(), emptyFolder()];
    const run = join(top, "runs", "first");
    const claim = await claimNewRun(run);
    writeFileSync(runPaths(run).preparedDataset, "");
    await claim.abandon();
    expect(readdirSync(top)).toEqual([]);

    const kept = join(other, "run");
    const second = await claimNewRun(kept);
    writeFileSync(join(kept, "notes.txt"), "mine");
    await second.abandon();
    expect(readdirSync(kept)).toEqual(["notes.txt"]);
  });

  it("stays when it is abandoned if it existed before", async () => {
    const run = emptyFolder();
    await (await claimNewRun(run)).abandon();
    expect(readdirSync(run)).toEqual([]);
  });
});

describe("a run folder that a process is using", () => {
  it("is locked for all others, and the error identifies the process", async () => {
    const run = emptyFolder();
    const claim = await claimNewRun(run);
    const holder = `process ${process.pid} on `;
    await expect(claimNewRun(run)).rejects.toThrow(refused("RUN_EXISTS", holder));
    await expect(claimRun(run)).rejects.toThrow(refused("RUN_IN_USE", holder));
    await claim.release();
    await (await claimRun(run)).release();
    expect(readdirSync(run)).toEqual([]);
  });

  it.skipIf(process.platform === "win32")(
    "stays locked while that process is stopped, and is released once it is killed",
    async () => {
      const run = emptyFolder();
      const script = `
      const { openSync } = require("node:fs");
      const { tryLock } = require("fs-native-extensions");
      tryLock(openSync(process.argv[1], "a+"), 2 ** 40, 1);
      console.log("locked");
      setInterval(() => undefined, 1000);`;
      const lock = join(run, ".silhouette-run.lock");
      const child = spawn(process.execPath, ["-e", script, lock], { cwd: import.meta.dirname });
      onTestFinished(() => void child.kill("SIGKILL"));
      await once(child.stdout, "data");
      child.kill("SIGSTOP");
      await expect(claimRun(run)).rejects.toThrow(refused("RUN_IN_USE", run));
      child.kill("SIGKILL");
      await once(child, "exit");
      expect(existsSync(lock)).toBe(true);
      await (await claimRun(run)).release();
      expect(readdirSync(run)).toEqual([]);
    },
  );
});

describe("a dataset file that a process is writing", () => {
  it("is locked for all others; another one next to it is not", async () => {
    const folder = emptyFolder();
    const path = join(folder, "photos.arrow");
    const writer = await DatasetWriter.create(path, CONFIG.dataset);
    await expect(DatasetWriter.create(path, CONFIG.dataset)).rejects.toThrow(refused("OUTPUT_IN_USE", path));
    const other = await DatasetWriter.create(join(folder, "others.arrow"), CONFIG.dataset);
    await other.discard();
    await writer.discard();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("keeps the lock of the next process when it is discarded twice", async () => {
    const path = join(emptyFolder(), "photos.arrow");
    const lock = await OutputLock.ofFile(path, "the dataset");
    await lock.release();
    const next = await OutputLock.ofFile(path, "the dataset");
    await lock.release();
    await expect(OutputLock.ofFile(path, "the dataset")).rejects.toThrow(refused("OUTPUT_IN_USE", path));
    await next.release();
  });
});

it("leftovers of dead processes are removed; files of running ones and everything else stay", async () => {
  const folder = folderWith({
    ".silhouette-0.partial": "",
    ".silhouette-0.lock": "",
    ".hidden": "",
    "silhouette.partial": "",
  });
  const { path, file } = await createTemporary(folder);
  await removeDead(folder);
  expect(readdirSync(folder).toSorted()).toEqual(
    [".hidden", path.slice(folder.length + 1), "silhouette.partial"].toSorted(),
  );
  await file.close();
});

it("runs are distinguished from folders of photographs", async () => {
  const folder = emptyFolder();
  mkdirSync(join(folder, "runs", "one"), { recursive: true });
  await writeRunFiles(join(folder, "runs", "one"), [configFile(CONFIG)]);
  expect(await holdsOnlyRuns(join(folder, "runs"))).toBe(true);
  writeFiles(folder, {
    "runs/one-folds/cross-validation.json": "{}",
    "runs/one-folds/fold-1.json": "{}",
    "runs/one-lr-find/learning-rates.csv": "",
    "runs/one-lr-find/learning-rates.png": "",
  });
  expect(await holdsOnlyRuns(join(folder, "runs"))).toBe(true);
  writeFiles(folder, { "runs/two/config.json": "{}", "car/config.json": "{}", "car/1.png": "" });
  expect(await holdsOnlyRuns(join(folder, "runs"))).toBe(false);
  expect(await holdsOnlyRuns(join(folder, "car"))).toBe(false);
  expect(await holdsOnlyRuns(emptyFolder())).toBe(false);
});
