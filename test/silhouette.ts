// Runs this repository's silhouette command with this Node in a process of its own.

import { join } from "node:path";

import { expect } from "vitest";

import { REPOSITORY, run, start, type Ended, type Running, type Surroundings } from "./programs.ts";

/** The script for Node to run. */
export const SILHOUETTE = join(REPOSITORY, "packages", "cli", "bin", "silhouette.js");

/** A line of `--json`. */
export type Event = Readonly<Record<string, unknown>>;

/** Runs the command until it exits. */
export async function silhouette(args: readonly string[], surroundings?: Surroundings): Promise<Ended> {
  return run(process.execPath, [SILHOUETTE, ...args], surroundings);
}

/** Starts the command. */
export function startSilhouette(args: readonly string[]): Running {
  return start(process.execPath, [SILHOUETTE, ...args]);
}

/** The events of `--json`: each line of `stdout` is one. */
export function eventsOf(stdout: string): readonly Event[] {
  return linesOf(stdout).map((line) => JSON.parse(line) as Event);
}

/** Lines, each of which must be terminated. */
export function linesOf(text: string): readonly string[] {
  if (text === "") return [];
  expect(text.endsWith("\n")).toBe(true);
  return text.slice(0, -1).split("\n");
}

/** Expects output for people, without stack traces and escape codes. */
export function expectReadable({ stdout, stderr }: Pick<Ended, "stdout" | "stderr">): void {
  expect(stdout + stderr).not.toMatch(/^ {4}at /m);
  expect(stdout + stderr).not.toContain("\u001B");
}
