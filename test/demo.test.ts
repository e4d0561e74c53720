// `silhouette demo`, in an empty folder.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { newFolder, removeFolder } from "./pictures.ts";
import { silhouette } from "./silhouette.ts";

let folder: string;

beforeAll(() => {
  folder = newFolder();
});
afterAll(() => removeFolder(folder));

describe("silhouette demo", () => {
  it("draws pictures, trains on them, and says what to do next", async () => {
    const { code, stdout } = await silhouette(["demo", "--quick"], { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+ correct, \d+ incorrect: /m);
    expect(stdout).toMatch(/^Look at it in a page: .* studio demo-result\/run$/m);
    expect(stdout).toMatch(/ train FOLDER\n$/);
    expect(existsSync(join(folder, "demo-result", "run", "report.html"))).toBe(true);
    const tests = join(folder, "demo-result", "photos", "test");
    expect(readdirSync(tests).map((label) => `${label} ${readdirSync(join(tests, label)).length}`)).toEqual([
      "bus 32",
      "car 58",
      "motorcycle 30",
    ]);
  });

  it("draws the same pictures again, into a folder that has no others", async () => {
    const [name = ""] = readdirSync(join(folder, "demo-result", "photos", "train", "car"));
    const first = join(folder, "demo-result", "photos", "train", "car", name);
    const content = readFileSync(first);
    writeFileSync(first, "damaged");
    const again = await silhouette(["demo", "--quick"], { cwd: folder });
    expect(again.code).toBe(3);
    expect(again.stderr).toMatch(/\[RUN_EXISTS\]\nName another folder with --out\.\n$/);
    expect(readFileSync(first).equals(content)).toBe(true);

    // Left by a program that was killed, or by the system.
    writeFileSync(join(folder, "demo-result", "photos", "train", "car", ".hidden"), "hidden");
    writeFileSync(join(folder, "demo-result", "photos", "train", "car", "mine.jpg"), "mine");
    const refused = await silhouette(["demo", "--quick"], { cwd: folder });
    expect(refused.code).toBe(3);
    expect(refused.stderr).toMatch(/but found train.car.mine\.jpg \[FOLDER_NOT_EMPTY\]/);
    expect(readFileSync(join(folder, "demo-result", "photos", "train", "car", "mine.jpg"), "utf8")).toBe("mine");
  });

  it.each([
    ["file", 4, "OUTPUT_UNWRITABLE"],
    ["", 2, "INVALID_ARGUMENT"],
    // Where Node.js' own way to make folders never returns.
    ...(process.platform === "linux" ? ([["/proc/none", 4, "OUTPUT_UNWRITABLE"]] as const) : []),
  ] as const)("refuses to write to %j", async (out, expected, error) => {
    writeFileSync(join(folder, "file"), "");
    const { code, stderr } = await silhouette(["demo", "--quick", "--out", out], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: expected, stderr: expect.stringContaining(`[${error}]`) as string });
  });
});
