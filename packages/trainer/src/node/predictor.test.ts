// A model that is loaded once gives the same predictions as predict, from files and from their content.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { memory } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { predict, type Prediction } from "./predict.ts";
import { Predictor, type PictureSource } from "./predictor.ts";
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
  it("gives the same predictions as predict, for a file and its content, also concurrently", async () => {
    const predictor = await loaded();
    expect(predictor.description).toMatchObject({ labels: LABELS, width: 94, height: 94 });
    const predictions: Prediction[] = [];
    for await (const prediction of predict({ run, paths: [photos] })) predictions.push(prediction);
    expect(predictions.length).toBe(6);
    const classified = (pictureOf: (path: string) => PictureSource) =>
      Promise.all(
        predictions.map(async ({ path }) => ({
          type: "prediction",
          path,
          ...(await predictor.classify(pictureOf(path))),
        })),
      );
    expect(await classified((path) => path)).toEqual(predictions);
    expect(await classified((path) => new Uint8Array(readFileSync(path)))).toEqual(predictions);
  });

  it("returns probabilities of all classes that add up to 1, the highest first", async () => {
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
    ["a file that does not exist", join(folder, "none.jpg"), "FILE_UNREADABLE"],
  ])("reports what is wrong with %s, and continues", async (what, picture, code) => {
    const predictor = await loaded();
    const given = what === "half of a PNG" ? Buffer.from(String(picture), "latin1") : picture;
    expect(await predictor.classify(given)).toEqual({ unusable: { code, message: expect.any(String) as string } });
    expect(await predictor.classify(join(photos, "bus", "00.png"))).toHaveProperty("classes");
  });

  it("accepts what servers and pages have: a URL, an ArrayBuffer, a Blob", async () => {
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
    // On Windows, that is a file of another computer.
    [process.platform === "win32" ? "file:///car%2f.jpg" : "file://elsewhere/car.jpg"],
  ])("rejects an argument that is not a picture: %s", async (picture) => {
    const predictor = await loaded();
    await expect(predictor.classify(picture as unknown as string)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  it("requires a path", async () => {
    await expect(predict({ run, paths: [] }).next()).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "Expected at least one path for paths, but received a list of 0",
    });
  });

  it("cannot be used after disposal, and may be disposed twice", async () => {
    const predictor = await Predictor.load(run);
    predictor.dispose();
    predictor.dispose();
    await expect(predictor.classify(join(photos, "car", "00.png"))).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("leaks no tensors, and frees all of them", async () => {
    const before = memory().numTensors;
    const predictor = await Predictor.load(run);
    const resting = memory().numTensors;
    for (let count = 0; count < 3; count++) await predictor.classify(join(photos, "car", "01.png"));
    expect(memory().numTensors).toBe(resting);
    predictor.dispose();
    expect(memory().numTensors).toBe(before);
  });
});
