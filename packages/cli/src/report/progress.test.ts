// Progress in logs. The clock is replaced by a number.

import { describe, expect, it } from "vitest";

import { ProgressLines } from "./progress.ts";

describe("progress without a terminal", () => {
  const written = (total: number, secondsEach: number): readonly string[] => {
    let seconds = 0;
    const lines: string[] = [];
    const progress = new ProgressLines(
      (line) => lines.push(line),
      () => 1000 * seconds,
    );
    for (let done = 0; done < total; done++) {
      progress.update({ done, total, title: "", things: "turns", remark: "silhouette" });
      seconds += secondsEach;
    }
    return lines;
  };

  it("is a line for each tenth of the work", () => {
    expect(written(100, 0)).toEqual(
      [10, 20, 30, 40, 50, 60, 70, 80, 90].map((done) => `${done} of 100 turns, silhouette\n`),
    );
  });

  it("is a line every half minute of work that takes longer", () => {
    expect(written(100, 10).slice(0, 3)).toEqual([
      "3 of 100 turns, silhouette\n",
      "6 of 100 turns, silhouette\n",
      "9 of 100 turns, silhouette\n",
    ]);
  });
});
