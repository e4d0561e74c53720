// `silhouette crossvalidate` on the command line: what it writes, and how it continues after it was stopped.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { IS_WINDOWS } from "./outputs.ts";
import { carsAndBuses, emptyFolder, newFolder, removeFolder, writeFiles } from "./pictures.ts";
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
});
