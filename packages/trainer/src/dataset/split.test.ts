import { describe, expect, it } from "vitest";

import { drawOf, drawSplits, type Unsplit } from "./draw-splits.ts";
import { checkSplitFractions, type Split } from "./split.ts";

const FRACTIONS = [0.8, 0.1, 0.1] as const;

/** `count` pictures of a class, numbered from `from`, each in its own group. */
function pictures(label: string, count: number, from = 0): Unsplit[] {
  return Array.from({ length: count }, (_, index) => ({
    path: `${label}/${from + index}.jpg`,
    label,
    group: drawOf(`${label}/${from + index}.jpg`, 99),
  }));
}

/** Number of pictures per split. */
function countsOf(splits: readonly Split[]): readonly number[] {
  return (["train", "val", "test"] as const).map((split) => splits.filter((each) => each === split).length);
}

describe("drawOf", () => {
  // Python: int.from_bytes(hashlib.sha256(f"{seed}/{path}".encode()).digest()[:8], "big") / 2**64
  it.each([
    [0, "car/001.jpg", 0.4270919737084896],
    [7, "car/001.jpg", 0.9179560715095461],
    [0, "バス/é.png", 0.8351720281013727],
    [0, "bus/a/b.webp", 0.21168502988814608],
  ])("equals Python's hashlib for seed %i and %s", (seed, path, u) => {
    expect(drawOf(path, seed)).toBeCloseTo(u, 12);
  });
});

describe("drawSplits", () => {
  it.each([
    [1, [1, 0, 0]],
    [2, [2, 0, 0]],
    [3, [2, 0, 1]],
    [5, [3, 1, 1]],
    [10, [8, 1, 1]],
    [30, [24, 3, 3]],
    [1000, [800, 100, 100]],
  ])(
    "splits %i pictures of a class by the shares, with a test picture for every class of three or more",
    (count, expected) => {
      for (let seed = 0; seed < 20; seed++) {
        const splits = drawSplits([...pictures("car", count), ...pictures("bus", 40)], seed, FRACTIONS);
        expect(countsOf(splits.slice(0, count))).toEqual(expected);
      }
    },
  );

  it("assigns the highest draws to the test split, then to the validation split", () => {
    const cars = pictures("car", 50);
    const splits = drawSplits(cars, 3, [0.5, 0.3, 0.2]);
    const drawsOf = (split: Split) =>
      cars.filter((_, index) => splits[index] === split).map((car) => drawOf(car.path, 3));
    expect(Math.min(...drawsOf("test"))).toBeGreaterThan(Math.max(...drawsOf("val")));
    expect(Math.min(...drawsOf("val"))).toBeGreaterThan(Math.max(...drawsOf("train")));
  });

  it("does not depend on the order of the pictures", () => {
    const all = [...pictures("car", 30), ...pictures("bus", 20)];
    const splits = drawSplits(all, 1, FRACTIONS);
    expect(drawSplits(all.toReversed(), 1, FRACTIONS).toReversed()).toEqual(splits);
  });

  it("moves few pictures when others are added, and none in other classes", () => {
    const [cars, buses] = [pictures("car", 200), pictures("bus", 50)];
    for (let seed = 0; seed < 20; seed++) {
      const before = drawSplits([...cars, ...buses], seed, FRACTIONS);
      const one = drawSplits([...cars, ...buses, ...pictures("car", 1, 200)], seed, FRACTIONS);
      const moved = before.filter((split, index) => split !== one[index]).length;
      expect(moved).toBeLessThanOrEqual(2);
      const many = drawSplits([...cars, ...buses, ...pictures("car", 100, 200)], seed, FRACTIONS);
      expect(before.filter((split, index) => split !== many[index]).length).toBeLessThan(30);
      expect(many.slice(200, 250)).toEqual(before.slice(200));
    }
  });

  it("keeps copies in one split, whatever their classes", () => {
    const all = [...pictures("car", 40), ...pictures("bus", 40)].map((picture, index) => ({
      ...picture,
      group: index % 16,
    }));
    for (let seed = 0; seed < 20; seed++) {
      const splits = drawSplits(all, seed, [0.6, 0.2, 0.2]);
      for (let group = 0; group < 16; group++) {
        expect(new Set(splits.filter((_, index) => index % 16 === group)).size).toBe(1);
      }
      for (const half of [splits.slice(0, 40), splits.slice(40)]) expect(new Set(half).size).toBe(3);
    }
  });

  it("moves no pictures when a training picture gets a copy with a longer name", () => {
    const cars = pictures("car", 20);
    const before = drawSplits(cars, 0, FRACTIONS);
    for (const { path, label, group } of cars.filter((_, index) => before[index] === "train")) {
      const copy = { path: path.replace(".jpg", " (1).jpg"), label, group };
      expect(drawSplits([copy, ...cars], 0, FRACTIONS)).toEqual(["train", ...before]);
    }
  });

  it("tests the smallest group if all are larger than the share, and keeps another for training", () => {
    const cars = pictures("car", 30).map((car, index) => ({ ...car, group: index < 12 ? 0 : 1 }));
    expect(countsOf(drawSplits(cars, 0, FRACTIONS))).toEqual([18, 0, 12]);
    expect(countsOf(drawSplits(cars, 0, [0.1, 0.8, 0.1]))).toEqual([18, 0, 12]);
  });

  it("draws a class that consists only of copies picture by picture", () => {
    const copies = [...pictures("car", 30), ...pictures("bus", 20)].map((each) => ({ ...each, group: 0 }));
    const splits = drawSplits(copies, 0, FRACTIONS);
    expect(countsOf(splits.slice(0, 30))).toEqual([24, 3, 3]);
    expect(countsOf(splits.slice(30))).toEqual([16, 2, 2]);
    const two = [...pictures("car", 30), ...pictures("bus", 2)].map((each) => ({ ...each, group: 0 }));
    expect(countsOf(drawSplits(two, 0, FRACTIONS).slice(0, 30))).toEqual([24, 3, 3]);
  });

  it("leaves splits without a share empty, and always keeps a training picture", () => {
    expect(countsOf(drawSplits(pictures("car", 50), 0, [1, 0, 0]))).toEqual([50, 0, 0]);
    expect(countsOf(drawSplits(pictures("car", 50), 0, [0.8, 0, 0.2]))).toEqual([40, 0, 10]);
    expect(countsOf(drawSplits(pictures("car", 5), 0, [0.01, 0.5, 0.49]))).toEqual([1, 2, 2]);
  });
});

describe("checkSplitFractions", () => {
  it.each([[[0.8, 0.1, 0.1]], [[1, 0, 0]], [[0.7, 0.2, 0.1]]])("accepts %j", (fractions) => {
    expect(() => checkSplitFractions(fractions)).not.toThrow();
  });

  it.each([[[0.8, 0.1]], [[0.8, 0.1, 0.2]], [[0, 0.5, 0.5]], [[1.2, -0.1, -0.1]], [[Number.NaN, 0.5, 0.5]]])(
    "rejects %j",
    (fractions) => {
      expect(() => checkSplitFractions(fractions)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    },
  );
});
