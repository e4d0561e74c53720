// The beginning of the long run of the trainer's fuzz target (packages/trainer/fuzz/README.md).

import { join } from "node:path";

import { expect, it } from "vitest";

import { REPOSITORY, run } from "./programs.ts";

it("files that are not as they were written are refused by name or read right, never waited for: 400 cases", async () => {
  const script = join(REPOSITORY, "packages", "trainer", "fuzz", "run.mjs");
  const { code, stdout, stderr } = await run(process.execPath, [script, "--cases", "400", "--seed", "1"]);
  expect({ code, stderr, stdout }).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^400 cases from 0 on of seed 1: 0 findings/m) as string,
  });
}, 240_000);
