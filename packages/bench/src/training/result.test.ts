// Files that are results, and files that are none.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, describe, expect, it } from "vitest";

import { readResult } from "./result.ts";
import { groupOf, resultOf, timed } from "../testing/results.ts";

const folder = mkdtempSync(join(tmpdir(), "silhouette-result-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("a result's file", () => {
  it("is read as it was written", async () => {
    const result = resultOf([groupOf([timed("ours", 1)])]);
    const path = join(folder, "result.json");
    writeFileSync(path, JSON.stringify(result));
    expect(await readResult(path)).toEqual(result);
  });

  it.each([
    ["is not there", undefined],
    ["is no JSON", "x"],
    ["is something else", '{"format":1}'],
    ["is of another format", JSON.stringify({ ...resultOf([]), format: 2 })],
    ["is null", "null"],
  ])("is an error if it %s", async (name, content) => {
    const path = join(folder, `${name}.json`);
    if (content !== undefined) writeFileSync(path, content);
    await expect(readResult(path)).rejects.toMatchObject({
      code: "NOT_A_RESULT",
      message: expect.stringContaining(path) as string,
    });
  });
});
