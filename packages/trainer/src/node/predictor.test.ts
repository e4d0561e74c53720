// A model that is loaded once: the same answers as predict's, from files and from their content.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { memory } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { predict } from "./predict.ts";
import { Predictor } from "./predictor.ts";
import { writeFiles } from "../testing/folders.ts";
import { folderForAllTests, stripedPhotographs, writeStriped } from "../testing/striped-classes.ts";
import { train } from "./train.ts";

const LABELS = ["car", "bus", "motorcycle"];

const folder = folderForAllTests();
const run = join(folder, "run");
const photos = join(folder, "photos");

beforeAll(async () => {
  const source = join(folder, "stripes.arrow");
  await writeStriped(source, { labels: LABELS, counts: { train: 7, val: 1, test: 2 } });
  await train({ source, run, epochs: 2, batch: 8 });
  writeFiles(photos, await stripedPhotographs(LABELS, 2));
});

async function loaded(): Promise<Predictor> {
  const predictor = await Predictor.load(run);
  onTestFinished(() => predictor.dispose());
  return predictor;
}

describe("a predictor", () => {
  it("answers as predict does, for a file and for its content, also for several at once", async () => {
    const predictor = await loaded();
    expect(predictor.description).toMatchObject({ labels: LABELS, width: 94, height: 94 });
    const told = [];
    for await (const { type: _type, path, ...answer } of predict({ run, paths: [photos] })) told.push({ path, answer });
    expect(told.length).toBe(6);
    const files = told.map(({ path }) => path);
    const answers = told.map(({ answer }) => answer);
    expect(await Promise.all(files.map((file) => predictor.classify(file)))).toEqual(answers);
    const contents = files.map((file) => new Uint8Array(readFileSync(file)));
    expect(await Promise.all(contents.map((content) => predictor.classify(content)))).toEqual(answers);
  });

  it("gives probabilities of all classes that add up to 1, the highest first", async () => {
    const answer = await (await loaded()).classify(join(photos, "car", "00.png"));
    if (!("classes" in answer)) throw new Error("expected classes");
    const probabilities = answer.classes.map(({ probability }) => probability);
    expect(answer.classes.map(({ label }) => label).toSorted()).toEqual(LABELS.toSorted());
    expect(probabilities).toEqual(probabilities.toSorted((a, b) => b - a));
    expect(probabilities.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 5);
  });

  it.each([
    ["no picture", new TextEncoder().encode("no picture"), "NOT_A_PICTURE"],
    ["nothing", new Uint8Array(), "EMPTY_FILE"],
    ["half of a PNG", "\u0089PNG\r\n", "PICTURE_DAMAGED"],
    ["a file that is not there", join(folder, "none.jpg"), "FILE_UNREADABLE"],
  ])("tells what is wrong with %s, and goes on", async (what, picture, code) => {
    const predictor = await loaded();
    const given = what === "half of a PNG" ? Buffer.from(String(picture), "latin1") : picture;
    expect(await predictor.classify(given)).toEqual({ unusable: { code, message: expect.any(String) as string } });
    expect(await predictor.classify(join(photos, "bus", "00.png"))).toHaveProperty("classes");
  });

  it("takes what servers and pages have: a URL, an ArrayBuffer, a Blob", async () => {
    const predictor = await loaded();
    const file = join(photos, "car", "00.png");
    const expected = await predictor.classify(file);
    const content = new Uint8Array(readFileSync(file));
    for (const picture of [pathToFileURL(file), pathToFileURL(file).href, content.buffer, new Blob([content])]) {
      expect(await predictor.classify(picture)).toEqual(expected);
    }
  });

  it.each([
    [undefined],
    [null],
    [7],
    [7n],
    [""],
    ["a\0b"],
    [{}],
    [new URL("https://example.org/car.jpg")],
    ["file://elsewhere/car.jpg"],
  ])("refuses what is no picture: %s", async (picture) => {
    const predictor = await loaded();
    await expect(predictor.classify(picture as unknown as string)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  it("wants a path at least", async () => {
    await expect(predict({ run, paths: [] }).next()).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "Expected at least one path for paths, but received a list of 0",
    });
  });

  it("answers no more after it was disposed, and may be disposed twice", async () => {
    const predictor = await Predictor.load(run);
    predictor.dispose();
    predictor.dispose();
    await expect(predictor.classify(join(photos, "car", "00.png"))).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("keeps no tensors, and frees them all", async () => {
    const before = memory().numTensors;
    const predictor = await Predictor.load(run);
    const resting = memory().numTensors;
    for (let count = 0; count < 3; count++) await predictor.classify(join(photos, "car", "01.png"));
    expect(memory().numTensors).toBe(resting);
    predictor.dispose();
    expect(memory().numTensors).toBe(before);
  });
});
