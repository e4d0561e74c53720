import { afterEach, describe, expect, it, vi } from "vitest";

import { Terminal } from "../terminal.ts";
import { trainText } from "./train.ts";

afterEach(() => vi.restoreAllMocks());

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
