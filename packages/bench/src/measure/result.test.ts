// Files that are results, and files that are not.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, describe, expect, it } from "vitest";

import { groupOf, resultOf, timed } from "../testing/results.ts";
import { readResultFile } from "./result.ts";

const folder = mkdtempSync(join(tmpdir(), "silhouette-result-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

const SUITES = ["train", "predict", "load"];

describe("a result's file", () => {
  it("is read as it was written", async () => {
    const result = resultOf([groupOf([timed("ours", 1)])]);
    const path = join(folder, "result.json");
    writeFileSync(path, JSON.stringify(result));
    expect(await readResultFile(path, SUITES)).toEqual(result);
  });

  it.each([
    ["is missing", undefined, "NOT_A_RESULT", "ENOENT"],
    ["is not JSON", "x", "NOT_A_RESULT", "Unexpected token"],
    ["is something else", '{"format":1}', "NOT_A_RESULT", "it has no formatVersion"],
    ["has no suite", '{"formatVersion":2}', "NOT_A_RESULT", "it has no suite"],
    ["is null", "null", "NOT_A_RESULT", "it has no formatVersion"],
    [
      "is of another version",
      JSON.stringify({ ...resultOf([]), formatVersion: 1 }),
      "RESULT_VERSION",
      "its formatVersion is 1, not 2",
    ],
    [
      "is of another suite",
      JSON.stringify({ ...resultOf([]), suite: "preprocess" }),
      "RESULT_SUITE",
      'its suite is "preprocess"',
    ],
  ])("is refused if it %s, with the file, what was expected and what to do", async (name, content, code, received) => {
    const path = join(folder, `${name}.json`);
    if (content !== undefined) writeFileSync(path, content);
    const error: unknown = await readResultFile(path, SUITES).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, hint: expect.stringMatching(/^(Name|Read) .*\.$/) as string });
    expect(String(error)).toContain(`of train, predict or load at ${path}, but `);
    expect(String(error)).toContain(received);
  });
});
