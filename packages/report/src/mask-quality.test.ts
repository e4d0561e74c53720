// What incorrect answers are due to.

import { describe, expect, it } from "vitest";

import { blameFor } from "./mask-quality.ts";

const mask = { lightShare: 0.7, figureShare: 0.3, regions: 3, fragmentShare: 0.03, boxShare: 0.5 };

describe("an incorrect answer", () => {
  it("is due to a mask that shows nothing, levels that no threshold separates, or fragments, in this order", () => {
    const fragments = { ...mask, fragmentShare: 0.061 };
    const blank = { ...fragments, figureShare: 0.019 };
    expect(blameFor({ mask: blank, separability: 0.61 })).toEqual({ what: "mask", because: "blank" });
    expect(blameFor({ mask: fragments, separability: 0.61 })).toEqual({ what: "mask", because: "levels" });
    expect(blameFor({ mask: fragments, separability: 0.62 })).toEqual({ what: "mask", because: "fragments" });
    expect(blameFor({ mask: fragments, separability: null })).toEqual({ what: "mask", because: "fragments" });
  });

  it("is otherwise due to the network, also where the separability is unknown", () => {
    const limits = { ...mask, figureShare: 0.02, fragmentShare: 0.06 };
    expect(blameFor({ mask: limits, separability: 0.62 })).toEqual({ what: "network" });
    expect(blameFor({ mask, separability: null })).toEqual({ what: "network" });
  });
});
