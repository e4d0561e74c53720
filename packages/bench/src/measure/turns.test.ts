// How far a run is, and how long the rest of it takes. The clock is replaced by a number.

import { describe, expect, it } from "vitest";

import { TurnCounter, turnSeconds, type BenchmarkPlan, type BenchmarkTurn } from "./turns.ts";

/** A counter, what it reports, and its clock. */
function counted() {
  const clock = { seconds: 0 };
  const plans: BenchmarkPlan[] = [];
  const turns: BenchmarkTurn[] = [];
  const listeners = {
    onPlan: (plan: BenchmarkPlan) => plans.push(plan),
    onTurn: (turn: BenchmarkTurn) => turns.push(turn),
  };
  return { clock, plans, turns, counter: new TurnCounter(listeners, () => 1000 * clock.seconds) };
}

describe("a run", () => {
  it("says who takes turns, how many, and how long they should take", () => {
    const { counter, plans } = counted();
    const missing = [{ name: "Keras", reason: "No module named keras" }];
    counter.expect([
      { turns: 3, seconds: 2 },
      { turns: 2, seconds: 10 },
    ]);
    counter.announce([{ name: "silhouette" }, { name: "PyTorch" }], missing);
    counter.announce([{ name: "silhouette" }]);
    expect(plans).toEqual([
      { isChecked: true, peers: ["silhouette", "PyTorch"], missing, turns: 5, seconds: 26 },
      { isChecked: false, peers: ["silhouette"], missing: [], turns: 5, seconds: 26 },
    ]);
  });

  it("counts its turns, and what is left, as long as they take what they should", () => {
    const { clock, counter, turns } = counted();
    counter.expect([
      { turns: 2, seconds: 5 },
      { turns: 1, seconds: 30 },
    ]);
    for (const seconds of [5, 5, 30]) {
      counter.next("silhouette");
      clock.seconds += seconds;
    }
    expect(turns).toEqual([
      { done: 0, total: 3, name: "silhouette", secondsLeft: 40 },
      { done: 1, total: 3, name: "silhouette", secondsLeft: 35 },
      { done: 2, total: 3, name: "silhouette", secondsLeft: 30 },
    ]);
  });

  it("expects twice the time if its turns take twice as long: half of that after twenty seconds' worth", () => {
    const { clock, counter, turns } = counted();
    counter.expect([{ turns: 1000, seconds: 10 }]);
    for (let turn = 0; turn < 900; turn++) {
      counter.next("silhouette");
      clock.seconds += 20;
    }
    expect(turns[2]?.secondsLeft).toBe(1.5 * 998 * 10);
    expect((turns.at(-1)?.secondsLeft ?? 0) / (101 * 10)).toBeCloseTo(2, 1);
  });

  it("counts on with other turns than it expected, if peers are missing", () => {
    const { counter, turns } = counted();
    counter.expect([
      { turns: 4, seconds: 1 },
      { turns: 40, seconds: 1 },
    ]);
    counter.next("silhouette");
    counter.expect([{ turns: 10, seconds: 1 }]);
    counter.next("silhouette");
    expect(turns.map(({ done, total }) => [done, total])).toEqual([
      [0, 44],
      [1, 11],
    ]);
  });
});

it("a turn takes its warm-up and its timed part, or as many calls as it must make", () => {
  const settings = { rounds: 5, measureMilliseconds: 1000, warmupMilliseconds: 500, leastWarmups: 2, leastSamples: 3 };
  expect(turnSeconds(settings, 1)).toBe(1.5);
  expect(turnSeconds(settings, 1000, 4)).toBe(4 + 2 + 3);
});
