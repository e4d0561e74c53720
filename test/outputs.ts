// An `--out` path for each test, and checks of what is next to it.

import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { expect } from "vitest";

import { emptyFolder } from "./pictures.ts";

export const IS_WINDOWS = process.platform === "win32";

/** Root may read and write regardless of permissions; Windows has other ones. */
export const HAS_PERMISSIONS = !IS_WINDOWS && process.getuid?.() !== 0;

/** An `--out` path in an empty folder. */
export function freshOut(): string {
  return join(emptyFolder(), "data.arrow");
}

/** Expects nothing in the folder of `out`, including hidden files. */
export function expectNothingAt(out: string): void {
  expect(readdirSync(dirname(out))).toEqual([]);
}

/** Expects only the dataset in the folder of `out`, including hidden files. */
export function expectOnly(out: string): void {
  expect(readdirSync(dirname(out))).toEqual([basename(out)]);
}
