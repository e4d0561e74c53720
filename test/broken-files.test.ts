// The first cases of the trainer's fuzz target (packages/trainer/fuzz/README.md).

import { join } from "node:path";

import { expect, it } from "vitest";

import { REPOSITORY, run } from "./programs.ts";

it("damaged files are rejected with an error code or read correctly, and never hang: 400 cases", async () => {
  const script = join(REPOSITORY, "packages", "trainer", "fuzz", "run.mjs");
  const { code, stdout, stderr } = await run(process.execPath, [script, "--cases", "400", "--seed", "1"]);
  expect({ code, stderr, stdout }).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^400 cases of seed 1, starting at 0: 0 findings/m) as string,
  });
}, 240_000);
