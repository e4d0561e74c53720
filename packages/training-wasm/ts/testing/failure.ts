// What tests expect of an error of this package.

import { expect } from "vitest";

import type { TrainingWasmErrorCode } from "../errors.ts";

/** An error with a code, and with a text in its message. */
export function failure(code: TrainingWasmErrorCode, message: string): Error {
  return expect.objectContaining({
    name: "TrainingWasmError",
    code,
    message: expect.stringContaining(message) as string,
  }) as Error;
}
