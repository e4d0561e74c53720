// The first cases of kills.mjs: the command is killed at any moment, and continues to the same result.

import { fileURLToPath } from "node:url";

import { expect, it } from "vitest";

import { IS_WINDOWS } from "./outputs.ts";
import { run } from "./programs.ts";

it.skipIf(IS_WINDOWS)(
  "6 kills at drawn moments lose nothing, and what the messages name goes on to the same result (by signals; not on Windows)",
  async () => {
    const script = fileURLToPath(new URL("kills.mjs", import.meta.url));
    const { code, stdout, stderr } = await run(process.execPath, [script, "--kills", "6", "--seed", "2"]);
    expect({ code, stderr, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^6 kills from 0 on of seed 2: 0 findings/m) as string,
    });
  },
  240_000,
);
