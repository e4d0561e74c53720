// The last lines of `train` and `evaluate`, on terminals of several widths.

import { afterEach, describe, expect, it, vi } from "vitest";

import { metricsText } from "./metrics.ts";

const METRICS = {
  labels: ["car", "bus"],
  pictures: 120,
  correct: 107,
  incorrect: 13,
  accuracy: 107 / 120,
  interval95: [0.8229, 0.9363],
  loss: 0.3,
  confusion: [
    [57, 3],
    [10, 50],
  ],
  perClass: [
    { pictures: 60, precision: 57 / 67, recall: 57 / 60 },
    { pictures: 60, precision: 50 / 53, recall: null },
  ],
} as unknown as Parameters<typeof metricsText>[0];

const LAST = "107 correct, 13 incorrect: accuracy 89.2 % (95 % interval 82.3 % to 93.6 %)\n";

afterEach(() => vi.restoreAllMocks());

function onColumns(columns: number): string {
  vi.spyOn(process.stdout, "columns", "get").mockReturnValue(columns);
  return metricsText(METRICS);
}

describe("the metrics", () => {
  Object.defineProperty(process.stdout, "columns", { configurable: true, get: () => undefined });

  it("are a confusion matrix with the recall of each class, and the accuracy with its interval", () => {
    const lines = onColumns(80).split("\n");
    expect(lines[0]).toBe("Rows: actual class. Columns: predicted class.");
    expect(lines.filter((line) => /car|bus/.test(line))).toEqual([
      "│     │ car │ bus │ recall │",
      "│ car │  57 │   3 │ 95.0 % │",
      "│ bus │  10 │  50 │      - │",
    ]);
    expect(`${lines.at(-2)}\n`).toBe(LAST);
  });

  it("have a line per class where the matrix is too wide", () => {
    expect(onColumns(20)).toBe(
      `car: 57 of 60 correct, 3 classified as bus\nbus: 50 of 60 correct, 10 classified as car\n${LAST}`,
    );
  });

  it("do not guess an accuracy without pictures", () => {
    expect(metricsText({ ...METRICS, correct: 0, incorrect: 0, accuracy: null })).toMatch(
      /\n0 correct, 0 incorrect\n$/,
    );
  });
});
