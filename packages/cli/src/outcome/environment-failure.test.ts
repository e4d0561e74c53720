// Which errors are failures of the machine, and how to fix them.

import { expect, it } from "vitest";

import { environmentFailure } from "./environment-failure.ts";

const withCode = (code: string, more: object = {}) => Object.assign(new Error("said by the system"), { code, ...more });

it.each<readonly [string, unknown, object | undefined]>([
  ["no memory for WebAssembly", withCode("OUT_OF_MEMORY"), { code: "OUT_OF_MEMORY", exitCode: 3 }],
  ["no memory for a buffer", new RangeError("Array buffer allocation failed"), { code: "OUT_OF_MEMORY", exitCode: 3 }],
  [
    "a full heap of the training thread",
    withCode("ERR_WORKER_OUT_OF_MEMORY"),
    { code: "OUT_OF_MEMORY", exitCode: 3, hint: expect.stringContaining("--max-old-space-size") as string },
  ],
  ["a full disk", withCode("ENOSPC", { syscall: "write" }), { code: "SYSTEM_ERROR", exitCode: 4 }],
  ["the cause of the error", new Error("a", { cause: withCode("EMFILE", { syscall: "open" }) }), { exitCode: 3 }],
  ["another range error", new RangeError("Invalid array length"), undefined],
  ["no error", "text", undefined],
])("%s", (_, error, expected) => {
  const failure = environmentFailure(error);
  if (expected === undefined) expect(failure).toBeUndefined();
  else expect(failure).toMatchObject(expected);
});
