import { describe, expect, it } from "vitest";

import { checkSplitFractions, splitOf } from "./split.ts";

describe("splitOf", () => {
  // u by Python: int.from_bytes(hashlib.sha256(f"{seed}/{path}".encode()).digest()[:8], "big") / 2**64
  it.each([
    [0, "car/001.jpg", 0.4270919737084896],
    [7, "car/001.jpg", 0.9179560715095461],
    [0, "バス/é.png", 0.8351720281013727],
    [0, "bus/a/b.webp", 0.21168502988814608],
  ])("puts seed %i, %s where Python's hashlib does", (seed, path, u) => {
    expect(splitOf(path, seed, [u - 1e-12, 1 - u + 1e-12, 0])).toBe("val");
    expect(splitOf(path, seed, [u + 1e-12, 1 - u - 1e-12, 0])).toBe("train");
  });

  it("gives about the shares that were asked for, and keeps a path's place when others come and go", () => {
    const splits = Array.from({ length: 10_000 }, (_, index) => splitOf(`car/${index}.jpg`, 1, [0.7, 0.2, 0.1]));
    const share = (name: string) => splits.filter((split) => split === name).length / splits.length;
    expect(share("train")).toBeCloseTo(0.7, 1);
    expect(share("val")).toBeCloseTo(0.2, 1);
    expect(share("test")).toBeCloseTo(0.1, 1);
  });
});

describe("checkSplitFractions", () => {
  it.each([[[0.8, 0.1, 0.1]], [[1, 0, 0]], [[0.7, 0.2, 0.1]]])("takes %j", (fractions) => {
    expect(() => checkSplitFractions(fractions)).not.toThrow();
  });

  it.each([[[0.8, 0.1]], [[0.8, 0.1, 0.2]], [[0, 0.5, 0.5]], [[1.2, -0.1, -0.1]], [[Number.NaN, 0.5, 0.5]]])(
    "refuses %j",
    (fractions) => {
      expect(() => checkSplitFractions(fractions)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    },
  );
});
