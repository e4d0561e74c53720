// Smoothing, end and suggestion of a range test are those of fastai; the test itself is deterministic.

import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { SmoothedLoss, suggested, type RatePoint } from "./rate-range.ts";

/** `rate_range.json`: see golden/make_rate_range.py. */
interface Golden {
  readonly cases: readonly {
    readonly losses: readonly number[];
    readonly smoothed: readonly number[];
    readonly suggested: number | null;
  }[];
}

const GOLDEN = JSON.parse(readFileSync(new URL("../../golden/rate_range.json", import.meta.url), "utf8")) as Golden;

function pointsOf(smoothed: readonly number[]): readonly RatePoint[] {
  return smoothed.map((smoothedLoss, index) => ({
    step: index + 1,
    rate: 1e-6 * 1.15 ** index,
    loss: 1,
    smoothedLoss,
  }));
}

describe("a range test", () => {
  it.each(GOLDEN.cases)(
    "has fastai's smoothed losses and suggestion, case %#",
    ({ losses, smoothed, suggested: index }) => {
      const average = new SmoothedLoss();
      const ours = losses.map((loss) => average.after(loss));
      for (const [place, value] of smoothed.entries()) expect(ours[place]).toBeCloseTo(value, 12);
      // The first one that is more than four times the lowest is the last.
      const isOver = (place: number): boolean => (ours[place] ?? 0) > 4 * Math.min(...ours.slice(0, place + 1));
      const end = ours.findIndex((_, place) => isOver(place));
      expect(end === -1 ? ours.length : end + 1).toBe(smoothed.length);
      const point = suggested(pointsOf(ours.slice(0, smoothed.length)));
      expect(point === null ? null : point.step - 1).toBe(index);
    },
  );

  it("suggests nothing after too few steps", () => {
    expect(suggested([])).toBeNull();
    expect(suggested(pointsOf([3, 2, 1]))).toBeNull();
    expect(suggested(pointsOf(Array.from({ length: 16 }, (_, index) => 20 - index)))).toBeNull();
  });
});
