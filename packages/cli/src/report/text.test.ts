import { afterEach, describe, expect, it, vi } from "vitest";

import { reportText } from "./text.ts";

afterEach(() => vi.restoreAllMocks());

describe("the estimate of a training", () => {
  const estimate = { type: "estimate", stepSeconds: 0.26, epochSeconds: 312, totalSeconds: 3120 } as const;

  it("suggests the size that would take ten minutes where one is known", () => {
    const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    reportText()({ ...estimate, sizeForTenMinutes: 141 });
    reportText()({ ...estimate, sizeForTenMinutes: undefined });
    expect(stderr.mock.calls.map(([text]) => text)).toEqual([
      "About 52 min 0 s: 0.3 s a step, 5 min 12 s an epoch; --size 141 would take about ten minutes\n",
      "About 52 min 0 s: 0.3 s a step, 5 min 12 s an epoch\n",
    ]);
  });
});
