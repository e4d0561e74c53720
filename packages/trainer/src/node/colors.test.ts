// Everything that a run does, in color: classes that only color tells apart are learned, by folders and datasets.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import sharp from "sharp";
import { describe, expect, it } from "vitest";

import { emptyFolder, folderWith } from "../testing/folders.ts";
import { Generator } from "../values/generator.ts";
import { compare } from "./compare.ts";
import { crossValidate } from "./cross-validate.ts";
import { evaluate } from "./evaluate.ts";
import { loadModel } from "./files/model-folder.ts";
import { openDataset } from "./files/open-dataset.ts";
import { runPaths } from "./files/run-folder.ts";
import { prepare } from "./photographs/prepare.ts";
import { Predictor } from "./predictor.ts";
import { train } from "./train.ts";

const SIDE = 40;

/** Squares on white at any place: red ones, and green ones that are as light. */
async function squares(each: number): Promise<Record<string, Uint8Array>> {
  const generator = Generator.ofSeed(1);
  const files: Record<string, Uint8Array> = {};
  for (let index = 0; index < 2 * each; index++) {
    const label = index % 2 === 0 ? "red" : "green";
    const color = label === "red" ? [200, 40, 60] : [20, 132, 60];
    const [left, top, side] = [
      Math.floor(16 * generator.uniform()),
      Math.floor(16 * generator.uniform()),
      12 + (index % 9),
    ];
    const pixels = Uint8Array.from({ length: 3 * SIDE * SIDE }, (_, at) => {
      const [x, y] = [Math.floor(at / 3) % SIDE, Math.floor(at / 3 / SIDE)];
      const isInside = x >= left && x < left + side && y >= top && y < top + side;
      return (isInside ? (color[at % 3] ?? 0) : 235) + Math.floor(16 * generator.uniform());
    });
    const raw = { width: SIDE, height: SIDE, channels: 3 } as const;
    files[`${label}/${String(index).padStart(3, "0")}.png`] = await sharp(pixels, { raw }).png().toBuffer();
  }
  return files;
}

const SMALL = { size: { width: 16, height: 16 }, epochs: 6, batch: 10, seed: 1 } as const;

describe("classes that only colors tell apart", () => {
  it("are learned by the input rgb, from a folder and, the same, from its dataset; not by gray", async () => {
    const photos = folderWith(await squares(40));
    const [run, other] = [emptyFolder(), emptyFolder()];
    const { metrics, config, examples } = await train({ ...SMALL, source: photos, run, recipe: { input: "rgb" } });
    expect(metrics.accuracy).toBe(1);
    expect(config.dataset).toMatchObject({
      pixelFormat: "rgb8",
      width: 32,
      height: 32,
      preprocessing: { gray: "none", threshold: "none" },
    });
    expect(examples.every(({ pixels }) => pixels.length === 32)).toBe(true);
    const blind = emptyFolder();
    const { metrics: gray } = await train({ ...SMALL, source: photos, run: blind, recipe: { input: "gray" } });
    expect(gray.accuracy).toBeLessThan(1);
    const compared = await compare({ first: run, second: blind, source: photos });
    expect([compared.onlyFirst, compared.onlySecond]).toEqual([gray.incorrect, 0]);

    // A dataset in color is for this input only.
    const out = join(emptyFolder(), "photos.arrow");
    const prepared = await prepare({ folder: photos, out, size: SMALL.size, input: "rgb" });
    expect(prepared.stored).toEqual({ width: 32, height: 32, pixelFormat: "rgb8" });
    const { size: _size, ...settings } = SMALL;
    const again = await train({ ...settings, source: out, run: other });
    expect(again.config.recipe.input).toBe("rgb");
    const weightsOf = (folder: string) =>
      loadModel(runPaths(folder).model).then(({ network }) => {
        const values = network.getWeights().map((each) => each.dataSync());
        network.dispose();
        return values;
      });
    expect(await weightsOf(other)).toEqual(await weightsOf(run));
    await expect(
      train({ ...settings, source: out, run: emptyFolder(), recipe: { input: "gray" } }),
    ).rejects.toMatchObject({
      code: "DATASET_MISMATCH",
      message: expect.stringContaining("gray pictures for the input gray, but it has color pictures") as string,
    });

    const evaluated = await evaluate({ run, source: out });
    expect([evaluated.metrics.accuracy, evaluated.metrics.pictures]).toEqual([1, metrics.pictures]);
    const predictor = await Predictor.load(run);
    const file = join(photos, examples[0]?.path ?? "");
    const classified = await predictor.classify(file);
    expect("classes" in classified && classified.classes[0]?.label).toBe(examples[0]?.label);
    predictor.dispose();
    expect(readFileSync(runPaths(run).predictions, "utf8")).toContain("red");
  });

  it("are cross-validated in color", async () => {
    const source = folderWith(await squares(12));
    const { predictions, config } = await crossValidate({
      ...SMALL,
      epochs: 1,
      source,
      folds: 2,
      recipe: { input: "rgb" },
    });
    expect([predictions.length, config.recipe.input]).toEqual([24, "rgb"]);
  });

  it("are stored whole and checked like all others", async () => {
    const folder = folderWith(await squares(4));
    const out = join(emptyFolder(), "photos.arrow");
    await prepare({ folder, out, input: "rgb" });
    const dataset = await openDataset(out);
    const sizes = [];
    for await (const { pixels } of dataset) sizes.push(pixels.length);
    await dataset.close();
    expect(new Set(sizes)).toEqual(new Set([3 * 192 * 192]));
    await expect(prepare({ folder, out, recipe: "article", input: "rgb" })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });
});
