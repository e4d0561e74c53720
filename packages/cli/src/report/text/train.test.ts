import { afterEach, describe, expect, it, vi } from "vitest";

import { Terminal } from "../terminal.ts";
import { planText, trainText } from "./train.ts";

afterEach(() => vi.restoreAllMocks());

describe("the plan of a training", () => {
  const plan = (schedule: "constant" | "cosine", before: number, learningRate: number | null, warmupEpochs = 0) =>
    ({
      type: "plan",
      config: {
        dataset: { labels: ["car", "bus"] },
        counts: { train: [4, 4], val: [1, 1], test: [1, 1] },
        epochs: 4,
        batch: 4,
        recipe: { name: "compact", freeze: 0, learningRate: { schedule, rate: 0.01, warmupEpochs } },
      },
      size: { width: 8, height: 8 },
      parameters: 1,
      stepsPerEpoch: 2,
      memoryNeedBytes: 1,
      epochsDone: 2,
      history: [{ epoch: 1 }, { epoch: 2, learningRate: before }],
      learningRate,
    }) as unknown as Parameters<typeof planText>[0];

  it("reports the learning rates between which a cosine schedule jumps that is stretched by a resumed run", () => {
    expect(planText(plan("cosine", 0.00146, 0.00501))).toContain(
      "The cosine schedule now ends after epoch 4: the learning rate rises from 0.0015 to 0.005, unlike in a new run of as many epochs\n",
    );
  });

  it("names classes without test pictures, and those that a list may have emptied, but not of a fold", () => {
    const whole = plan("constant", 0.001, 0.001);
    const counts = { train: [4, 4], val: [1, 1], test: [1, 0] };
    const event = { ...whole, config: { ...whole.config, counts, leaveOut: ["bus/1.jpg"] } };
    const line = "Not tested, for lack of test pictures: bus. The files that are left out may be why\n";
    expect(planText(event)).toContain(line);
    expect(planText(event, { isFold: true })).not.toContain("Not tested");
  });

  it.each([
    ["a cosine schedule that falls", plan("cosine", 0.0069, 0.005)],
    ["a warm-up, in which it rises", plan("cosine", 0.002, 0.003, 3)],
    ["a training that is over", plan("cosine", 0.0069, null)],
    ["another schedule", plan("constant", 0.001, 0.01)],
  ])("reports no rates for %s", (_what, event) => {
    expect(planText(event)).not.toContain("cosine");
  });
});

describe("the estimate of a training", () => {
  const estimate = { type: "estimate", stepSeconds: 0.26, epochSeconds: 312, totalSeconds: 3120 } as const;

  it("suggests the size that would take ten minutes where one is known", () => {
    const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const report = trainText(new Terminal(), undefined);
    report({ ...estimate, sizeForTenMinutes: 141 });
    report({ ...estimate, sizeForTenMinutes: undefined });
    expect(stderr.mock.calls.map(([text]) => text)).toEqual([
      "About 52 min 0 s: 0.3 s per step, 5 min 12 s per epoch; --size 141 would take about ten minutes\n",
      "About 52 min 0 s: 0.3 s per step, 5 min 12 s per epoch\n",
    ]);
  });
});
