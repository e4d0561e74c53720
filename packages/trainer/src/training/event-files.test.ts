// TensorBoard's event files as bytes; test/run-in-python.test.ts reads them with TensorBoard.

import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { CONFIG, HISTORY } from "../testing/run-files.ts";
import { encodeEvents } from "./event-files.ts";

/** Event files as bytes, in hexadecimal digits; see make_events.py. */
const GOLDEN = JSON.parse(readFileSync(new URL("../../golden/events.json", import.meta.url), "utf8")) as {
  readonly train: string;
  readonly validation: string;
};

describe("event files", () => {
  it("are those that TensorBoard's own writer makes, byte for byte", () => {
    const { train, validation } = encodeEvents(CONFIG, HISTORY);
    expect(Buffer.from(train).toString("hex")).toBe(GOLDEN.train);
    expect(Buffer.from(validation ?? []).toString("hex")).toBe(GOLDEN.validation);
  });

  it("grow at their end only", () => {
    const [shorter, longer] = [encodeEvents(CONFIG, HISTORY.slice(0, 1)), encodeEvents(CONFIG, HISTORY)];
    expect(longer.train.length).toBeGreaterThan(shorter.train.length);
    expect(longer.train.subarray(0, shorter.train.length)).toEqual(shorter.train);
    // The second epoch was not validated.
    expect(longer.validation).toEqual(shorter.validation);
  });

  it("are one file without validation", () => {
    expect(encodeEvents(CONFIG, HISTORY.slice(1)).validation).toBeUndefined();
  });
});
