// `silhouette lr-find` on the command line: what it prints and writes.

import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import sharp from "sharp";
import { expect, it } from "vitest";

import { carsAndBuses, folderWith } from "./pictures.ts";
import { eventsOf, expectReadable, silhouette } from "./silhouette.ts";

const SMALL = ["--size", "16", "--batch", "8"];

it("silhouette lr-find writes a plot and a table, and says how to use its suggestion", async () => {
  const photos = await carsAndBuses(30);
  const cwd = folderWith(Object.fromEntries(Object.entries(photos).map(([path, file]) => [`photos/${path}`, file])));
  const ended = await silhouette(["lr-find", "photos", ...SMALL], { cwd });
  expect(ended).toMatchObject({ code: 0, signal: null });
  expectReadable(ended);
  const [, rate] = /^Suggested learning rate: (\S+), /m.exec(ended.stdout) ?? [];
  expect(Number(rate)).toBeGreaterThan(1e-6);
  expect(ended.stdout).toContain(
    `silhouette.config.ts: recipe: {"name":"compact","learningRate":{"schedule":"cosine","rate":${rate},"warmupEpochs":2}}`,
  );
  const out = join(cwd, "runs", "photos-lr-find");
  expect(readdirSync(out).toSorted()).toEqual(["learning-rates.csv", "learning-rates.png"]);
  expect(await sharp(join(out, "learning-rates.png")).metadata()).toMatchObject({ format: "png", width: 960 });
  const table = readFileSync(join(out, "learning-rates.csv"), "utf8");
  expect(table).toMatch(/^step,rate,loss,smoothed_loss\n1,0\.000001,/);

  const again = await silhouette(["lr-find", "photos", ...SMALL, "--json"], { cwd });
  expect({ code: again.code, stderr: again.stderr }).toEqual({ code: 0, stderr: "" });
  const last = eventsOf(again.stdout).at(-1);
  expect(last).toMatchObject({ type: "done", command: "lr-find", steps: table.split("\n").length - 2 });
  expect(Number(Number(last?.["suggestion"]).toPrecision(2))).toBe(Number(rate));
  expect(readFileSync(join(out, "learning-rates.csv"), "utf8")).toBe(table);
});

it("silhouette lr-find prints the replaced fields of the recipe, too, which its suggestion is for", async () => {
  const photos = await carsAndBuses(30);
  const cwd = folderWith({
    ...Object.fromEntries(Object.entries(photos).map(([path, file]) => [`photos/${path}`, file])),
    "silhouette.config.json": JSON.stringify({ recipe: { labelSmoothing: 0 } }),
  });
  const { stdout } = await silhouette(["lr-find", "photos", ...SMALL, "--input", "gray"], { cwd });
  expect(stdout).toContain(
    'recipe: {"name":"compact","input":"gray","labelSmoothing":0,"learningRate":{"schedule":"cosine","rate":',
  );
});

it("silhouette lr-find refuses a folder that cannot be created before it trains", async () => {
  const photos = await carsAndBuses(30);
  const cwd = folderWith({
    ...Object.fromEntries(Object.entries(photos).map(([path, file]) => [`photos/${path}`, file])),
    file: "mine",
  });
  for (const [out, reason] of [
    ["file", "a file of that name exists"],
    ["file/below", "its folder is a file"],
  ] as const) {
    const { code, stdout, stderr } = await silhouette(["lr-find", "photos", ...SMALL, "--out", out], { cwd });
    expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
    expect(stderr).toBe(
      `Error: Expected to write learning rates to ${out}, but ${reason} [OUTPUT_UNWRITABLE]\nName a folder that can be created.\n`,
    );
  }
});

it.each([
  ["a run", "config.json"],
  ["a cross-validation", "cross-validation.json"],
  ["files of others", "notes.txt"],
])("silhouette lr-find refuses the folder of %s before it trains, and leaves it as it is", async (_what, name) => {
  const cwd = folderWith({ [`out/${name}`]: "mine", "out/learning-rates.csv": name === "notes.txt" ? "" : "theirs" });
  if (name === "notes.txt") rmSync(join(cwd, "out", "learning-rates.csv"));
  const before = readdirSync(join(cwd, "out"));
  const { code, stdout, stderr } = await silhouette(["lr-find", "photos", "--out", "out"], { cwd });
  expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
  expect(stderr).toContain(`but out contains ${name} [RUN_EXISTS]`);
  expect(readdirSync(join(cwd, "out"))).toEqual(before);
});
