// An `--out` for each test, and what may lie beside it.

import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { expect } from "vitest";

import { emptyFolder } from "./pictures.ts";

export const IS_WINDOWS = process.platform === "win32";

/** Root may read and write whatever the permissions say; Windows has others. */
export const HAS_PERMISSIONS = !IS_WINDOWS && process.getuid?.() !== 0;

/** An `--out` in an empty folder. */
export function freshOut(): string {
  return join(emptyFolder(), "data.arrow");
}

/** Nothing in the folder of `out`, hidden files included. */
export function expectNothingAt(out: string): void {
  expect(readdirSync(dirname(out))).toEqual([]);
}

/** Only the dataset in the folder of `out`, hidden files included. */
export function expectOnly(out: string): void {
  expect(readdirSync(dirname(out))).toEqual([basename(out)]);
}
