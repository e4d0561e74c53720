// `--json`: which events become lines, with a clock that the test controls.

import { describe, expect, it } from "vitest";

import type { CommandEvent } from "./events.ts";
import { reportJson } from "./json.ts";

const progress = (done: number): CommandEvent => ({
  type: "progress",
  done,
  total: 100,
  picturesPerSecond: 1,
  secondsLeft: 1,
});
const evaluated = (done: number): CommandEvent => ({ type: "evaluated", done, total: 100 });
const skip: CommandEvent = { type: "skip", path: "a\u202Eb", code: "FILE_UNREADABLE", message: "is no picture" };
const end: CommandEvent = { type: "checkpoint", path: "run", epoch: 1, batchesDone: 0 };

/** Lines of events, of which one comes every `milliseconds`. */
function lines(events: readonly CommandEvent[], milliseconds: number): readonly string[] {
  const written: string[] = [];
  let time = 0;
  const report = reportJson(
    (line) => written.push(line),
    () => (time += milliseconds),
  );
  for (const event of events) report(event);
  return written;
}

const doneOf = (written: readonly string[]): readonly unknown[] =>
  written.map((line) => (JSON.parse(line) as Readonly<Record<string, unknown>>)["done"] ?? "other");

describe("lines of --json", () => {
  it("are a few per second for progress, with the first and the last", () => {
    const events = Array.from({ length: 100 }, (_, index) => progress(index + 1));
    const done = doneOf(lines([...events, end], 10));
    expect(done.length).toBeLessThan(8);
    expect([done[0], ...done.slice(-2)]).toEqual([1, 100, "other"]);
  });

  it("restart with each stage", () => {
    expect(
      doneOf(lines([progress(1), progress(2), progress(3), end, progress(1), evaluated(1), evaluated(2), end], 1)),
    ).toEqual([1, 3, "other", 1, 1, 2, "other"]);
  });

  it("include all progress of slow work, once", () => {
    expect(doneOf(lines([progress(1), progress(2), end], 1000))).toEqual([1, 2, "other"]);
  });

  it("include each skipped picture, which does not end a stage", () => {
    expect(doneOf(lines([progress(1), skip, progress(2), skip, progress(3), end], 1))).toEqual([
      1,
      "other",
      "other",
      3,
      "other",
    ]);
  });

  it("have bytes in base64, and only the part of a buffer that a view covers", () => {
    const pixels = Uint8Array.of(1, 0x80, 0xff, 2).subarray(1, 3);
    const [line = ""] = lines([{ type: "examples", examples: [{ label: "car", width: 8, height: 2, pixels }] }], 1);
    expect(JSON.parse(line)).toEqual({
      type: "examples",
      examples: [{ label: "car", width: 8, height: 2, pixels: "gP8=" }],
    });
  });

  it("have no character that a terminal interprets, and keep the value", () => {
    const [line = ""] = lines([skip], 1);
    expect(line).toContain(String.raw`a\u202eb`);
    expect(JSON.parse(line)).toEqual(skip);
  });
});
