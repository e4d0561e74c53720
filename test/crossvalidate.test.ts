// `silhouette crossvalidate` on the command line: what it writes, and how it continues after it was stopped.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { IS_WINDOWS } from "./outputs.ts";
import { carsAndBuses, emptyFolder, folderWith, newFolder, removeFolder, writeFiles } from "./pictures.ts";
import { hasWritten } from "./programs.ts";
import { expectReadable, silhouette, startSilhouette } from "./silhouette.ts";

const SMALL = ["--size", "32", "--batch", "16", "--epochs", "4", "--folds", "3"];

let folder: string;
let photos: string;
let whole: string;
let ended: Awaited<ReturnType<typeof silhouette>>;

beforeAll(async () => {
  folder = newFolder();
  photos = join(folder, "photos");
  writeFiles(photos, await carsAndBuses(30));
  ended = await silhouette(["crossvalidate", "photos", ...SMALL], { cwd: folder });
  whole = join(folder, "runs", "photos-folds");
});
afterAll(() => removeFolder(folder));

function resultsIn(out: string): readonly string[] {
  return ["metrics.json", "predictions.csv"].map((name) => readFileSync(join(out, name), "utf8"));
}

describe("silhouette crossvalidate", () => {
  it("writes the results to runs/<name of the folder>-folds by default, and says so", () => {
    expect(ended).toMatchObject({ code: 0, signal: null });
    expectReadable(ended);
    expect(readdirSync(whole).toSorted()).toEqual([
      "cross-validation.json",
      "fold-1.json",
      "fold-2.json",
      "fold-3.json",
      "metrics.json",
      "predictions.csv",
    ]);
    expect(ended.stdout).toMatch(/^runs\/photos-folds: metrics\.json, predictions\.csv; .+\n$/m);
    expect(resultsIn(whole)[1]?.split("\n")).toHaveLength(1 + 60 + 1);
  });

  it.skipIf(IS_WINDOWS)("keeps the folds that are done on Ctrl-C, and comes to the same with --resume", async () => {
    const out = join(emptyFolder(), "folds");
    const working = startSilhouette(["crossvalidate", photos, "--out", out, ...SMALL]);
    await hasWritten(working.child.stderr, "Fold 2 of 3: ");
    working.child.kill("SIGINT");
    const stopped = await working.ended;
    expect(stopped).toMatchObject({ code: 130, signal: null, stdout: "" });
    expect(stopped.stderr).toMatch(
      /The folds that are done are kept\. To continue with the next one: node .* crossvalidate .* --resume\n$/,
    );
    expect(readdirSync(out)).toContain("fold-1.json");
    expect(readdirSync(out)).not.toContain("fold-3.json");
    const again = await silhouette(["crossvalidate", photos, "--out", out, ...SMALL]);
    expect(again.code).toBe(3);
    expect(again.stderr).toContain("Continue it with --resume");
    const { code, stderr } = await silhouette(["crossvalidate", photos, "--out", out, "--resume"]);
    expect(code).toBe(0);
    expect(stderr).not.toContain("Fold 1 of 3, epoch");
    expect(resultsIn(out)).toEqual(resultsIn(whole));
  });

  it.skipIf(IS_WINDOWS)("names a network of one's own in the command that continues, which needs it", async () => {
    const network = `import { layers, sequential } from "@tensorflow/tfjs-layers";
      export default ({ width, height, channels, classes }) => sequential({ layers: [
        layers.conv2d({ inputShape: [height, width, channels], filters: 4, kernelSize: 3, activation: "relu" }),
        layers.globalAveragePooling2d({}),
        layers.dense({ units: classes, activation: "softmax" }),
      ] });`;
    const cwd = folderWith({ "net.ts": network });
    const args = ["crossvalidate", photos, "--out", join(cwd, "folds")];
    const own = ["--network", join(cwd, "net.ts")];
    const working = startSilhouette([...args, ...SMALL, "--epochs", "1000", ...own]);
    await hasWritten(working.child.stderr, "Fold 1 of 3: ");
    working.child.kill("SIGINT");
    expect((await working.ended).stderr).toMatch(/To continue with the next one: .* --network \S*net\.ts --resume\n$/);
    const without = await silhouette([...args, "--resume"]);
    expect(without.stderr).toContain("Continue with the network that it began with: --network MODULE");
  });

  it("refuses a configuration that starts from a run, whose weights may know the pictures", async () => {
    const cwd = folderWith({ "start.json": JSON.stringify({ source: photos, init: "runs/first" }) });
    const { code, stderr } = await silhouette(["crossvalidate", "--config", "start.json"], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /random weights, but start\.json has init "runs\/first".*\[INVALID_ARGUMENT\]\n.*--config FILE\n$/,
    );
    expect(readdirSync(cwd)).toEqual(["start.json"]);
  });

  it("keeps no model, as commands that need one say of its folder", async () => {
    for (const words of [
      ["predict", "runs/photos-folds", "photos"],
      ["evaluate", "runs/photos-folds", "photos"],
      ["compare", "runs/photos-folds", "runs/photos-folds", "photos"],
      ["train", "photos", "--init", "runs/photos-folds"],
    ]) {
      const { code, stderr } = await silhouette(words, { cwd: folder });
      expect(code).toBe(3);
      expect(stderr).toMatch(/photos-folds is the folder of a cross-validation|it is the folder of a cross-validation/);
      expect(stderr).not.toContain("To train a classifier");
    }
  });

  it("does not recommend train where there is nothing to continue", async () => {
    const { code, stderr } = await silhouette(["crossvalidate", "photos", "--out", "none", "--resume"], {
      cwd: folder,
    });
    expect(code).toBe(3);
    expect(stderr).toMatch(/or omit --resume to begin\.\n$/);
  });
});
