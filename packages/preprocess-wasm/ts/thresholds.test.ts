// Thresholds of histograms and of windows: both binaries against OpenCV and scikit-image (golden/thresholds.json), and
// against misuse.

import { readFileSync } from "node:fs";

import { assert, constantFrom, double, integer, property } from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";

import { init, Preprocessor, type InstructionSet, type LocalMeanOptions, type MaskOptions } from "./index.ts";

interface Golden {
  histograms: {
    name: string;
    counts: [number, number][];
    multiOtsu: Record<3 | 4, number[] | null>;
    triangle: number;
    li: number;
  }[];
  deep: { name: string; levels: string; counts: [number, number][]; threshold: number; mask: string }[];
  planes: Record<string, { width: number; height: number; levels: string }>;
  sauvola: { plane: string; window: number; k: number; mask: string }[];
  localMean: { plane: string; window: number; offset: number; mask: string }[];
}

const golden = JSON.parse(readFileSync(new URL("../golden/thresholds.json", import.meta.url), "utf8")) as Golden;
const INSTRUCTION_SETS: readonly InstructionSet[] = ["simd128", "scalar"];

function bytes(base64: string): Uint8Array {
  return Uint8Array.from(Buffer.from(base64, "base64"));
}

function countsOf(pairs: readonly [number, number][], length = 256): Uint32Array {
  const counts = new Uint32Array(length);
  for (const [level, count] of pairs) counts[level] = count;
  return counts;
}

function planeOf(name: string): { width: number; height: number; levels: Uint8Array } {
  const plane = golden.planes[name];
  if (plane === undefined) throw new Error(`Expected a plane "${name}" in thresholds.json`);
  return { ...plane, levels: bytes(plane.levels) };
}

describe.each(INSTRUCTION_SETS)("the %s kernels", (instructionSet) => {
  let preprocessor: Preprocessor;
  beforeAll(async () => {
    await init({ instructionSet });
    preprocessor = new Preprocessor({ instructionSet });
  });

  /** `mask` as numpy packs it. */
  function packed(mask: Uint8Array): Uint8Array {
    const bits = new Uint8Array(Math.ceil(mask.length / 8));
    preprocessor.packBits(mask, bits);
    return bits;
  }

  describe.each(golden.histograms)("of $name", ({ counts: pairs, multiOtsu, triangle, li }) => {
    const counts = countsOf(pairs);

    it.each([3, 4] as const)("give scikit-image's multi-Otsu thresholds for %i classes, or reject", (classes) => {
      const expected = multiOtsu[classes];
      if (expected !== null) return expect(preprocessor.multiOtsuThresholds(counts, classes)).toEqual(expected);
      expect(() => preprocessor.multiOtsuThresholds(counts, classes)).toThrow(
        expect.objectContaining({
          code: "INVALID_ARGUMENT",
          message: `Expected at least ${classes} levels in counts but received ${pairs.length}. Ask for fewer classes.`,
        }),
      );
    });

    it("give OpenCV's triangle threshold", () => {
      expect(preprocessor.triangleThreshold(counts)).toBe(triangle);
    });

    it("give scikit-image's Li threshold", () => {
      expect(Math.abs(preprocessor.liThreshold(counts) - li)).toBeLessThan(1e-6);
    });
  });

  it.each(golden.deep)("give OpenCV's histogram, Otsu threshold and mask of 16 bits: $name", (expected) => {
    const levels = new Uint16Array(bytes(expected.levels).buffer);
    const counts = new Uint32Array(65_536).fill(7);
    preprocessor.histogram(levels, counts);
    expect([...counts.entries()].filter(([, count]) => count > 0)).toEqual(expected.counts);
    expect(preprocessor.otsuThreshold(counts)).toBe(expected.threshold);
    const mask = new Uint8Array(levels.length).fill(7);
    preprocessor.thresholdMask(levels, expected.threshold, mask, { format: "0/1" });
    expect(Math.max(...mask)).toBeLessThanOrEqual(1);
    expect(packed(mask)).toEqual(bytes(expected.mask));
  });

  it.each(golden.sauvola)("give scikit-image's Sauvola mask: $plane, window $window, k $k", (expected) => {
    const { width, height, levels } = planeOf(expected.plane);
    const mask = new Uint8Array(levels.length).fill(7);
    const { window, k } = expected;
    preprocessor.sauvolaMask(levels, width, height, mask, { window, k, format: "0/1" });
    expect(Math.max(...mask)).toBeLessThanOrEqual(1);
    expect(packed(mask)).toEqual(bytes(expected.mask));
  });

  it.each(golden.localMean)("give OpenCV's local mean mask: $plane, window $window, offset $offset", (expected) => {
    const { width, height, levels } = planeOf(expected.plane);
    const mask = new Uint8Array(levels.length).fill(7);
    const { window, offset } = expected;
    preprocessor.localMeanMask(levels, width, height, mask, { window, offset, format: "0/1" });
    expect(Math.max(...mask)).toBeLessThanOrEqual(1);
    expect(packed(mask)).toEqual(bytes(expected.mask));
  });

  it("default to scikit-image's window and k for Sauvola's method", () => {
    const { width, height, levels } = planeOf("a page");
    const [told, untold] = [new Uint8Array(levels.length), new Uint8Array(levels.length)];
    preprocessor.sauvolaMask(levels, width, height, told, { window: 15, k: 0.2, format: "0/1" });
    preprocessor.sauvolaMask(levels, width, height, untold, { format: "0/1" });
    expect(untold).toEqual(told);
  });

  it("measure the largest counts without overflow", () => {
    const counts = new Uint32Array(256).fill(2 ** 32 - 1);
    expect(preprocessor.otsuThreshold(counts)).toBe(127);
    expect(preprocessor.multiOtsuThresholds(counts, 3)).toHaveLength(2);
    expect(preprocessor.triangleThreshold(countsOf([[100, 2 ** 32 - 1]]))).toBe(99);
    // The dark class has one level, at which Li's steps end: the mean of all.
    const most = 2 ** 32 - 1;
    expect(
      preprocessor.liThreshold(
        countsOf([
          [100, most],
          [200, most],
        ]),
      ),
    ).toBe(150);
  });
});

describe("scalar and SIMD kernels", () => {
  beforeAll(async () => {
    for (const instructionSet of INSTRUCTION_SETS) await init({ instructionSet });
  });

  it("agree on local masks of any plane and window", () => {
    const [simd128, scalar] = INSTRUCTION_SETS.map((instructionSet) => new Preprocessor({ instructionSet }));
    const side = integer({ min: 1, max: 90 });
    assert(
      property(
        side,
        side,
        integer({ min: 1, max: 60 }),
        integer({ min: 1, max: 1e6 }),
        constantFrom(255, 3, 1),
        double({ min: -1, max: 1, noNaN: true }),
        (width, height, radius, seed, most, k) => {
          const levels = Uint8Array.from(
            { length: width * height },
            (_, index) => ((index + seed) ** 2 % 769) % (most + 1),
          );
          const masksOf = (preprocessor: Preprocessor | undefined): Uint8Array[] => {
            const masks = [new Uint8Array(levels.length).fill(9), new Uint8Array(levels.length).fill(9)] as const;
            const options = { window: 2 * radius + 1, format: "0/1" } as const;
            preprocessor?.sauvolaMask(levels, width, height, masks[0], { ...options, k });
            preprocessor?.localMeanMask(levels, width, height, masks[1], { ...options, offset: k * 20 });
            return [...masks];
          };
          expect(masksOf(simd128)).toEqual(masksOf(scalar));
        },
      ),
      { seed: 20_261_125, numRuns: 200 },
    );
  });
});

describe("a preprocessor", () => {
  let preprocessor: Preprocessor;
  beforeAll(async () => {
    await init();
    preprocessor = new Preprocessor();
  });

  const counts = countsOf([
    [3, 1],
    [5, 1],
    [7, 1],
    [9, 1],
  ]);
  const levels = new Uint8Array(12).fill(9);
  const local: LocalMeanOptions = { window: 3, offset: 0 };
  const mask = (): Uint8Array => new Uint8Array(2);

  it.each<[string, string, () => unknown]>([
    ["an empty histogram", "INVALID_ARGUMENT", () => preprocessor.triangleThreshold(new Uint32Array(256))],
    ["an empty histogram, by Li", "INVALID_ARGUMENT", () => preprocessor.liThreshold(new Uint32Array(256))],
    ["an empty histogram of 16 bits", "INVALID_ARGUMENT", () => preprocessor.otsuThreshold(new Uint32Array(65_536))],
    ["255 counts", "WRONG_LENGTH", () => preprocessor.otsuThreshold(new Uint32Array(255).fill(1))],
    [
      "65,536 counts where 256 are asked for",
      "WRONG_LENGTH",
      () => preprocessor.liThreshold(new Uint32Array(65_536).fill(1)),
    ],
    ["five classes", "INVALID_ARGUMENT", () => preprocessor.multiOtsuThresholds(counts, 5 as 4)],
    ["NaN classes", "INVALID_ARGUMENT", () => preprocessor.multiOtsuThresholds(counts, Number.NaN as 4)],
    [
      "counts that are no array",
      "INVALID_ARGUMENT",
      () => preprocessor.multiOtsuThresholds([] as unknown as Uint32Array, 3),
    ],
    [
      "256 counts for 16-bit levels",
      "WRONG_LENGTH",
      () => preprocessor.histogram(new Uint16Array(3), new Uint32Array(256)),
    ],
    ["65,536 counts for 8-bit levels", "WRONG_LENGTH", () => preprocessor.histogram(levels, new Uint32Array(65_536))],
    [
      "levels of 32 bits",
      "INVALID_ARGUMENT",
      () => preprocessor.histogram(new Uint32Array(3) as unknown as Uint8Array, counts),
    ],
    ["a threshold of 257 for 8-bit levels", "INVALID_ARGUMENT", () => preprocessor.thresholdMask(levels, 257, mask())],
    [
      "a threshold of 65,537 for 16-bit levels",
      "INVALID_ARGUMENT",
      () => preprocessor.thresholdMask(new Uint16Array(12), 65_537, mask()),
    ],
    ["an even window", "INVALID_ARGUMENT", () => preprocessor.sauvolaMask(levels, 4, 3, mask(), { window: 4 })],
    [
      "a window of 1 for a local mean",
      "INVALID_ARGUMENT",
      () => preprocessor.localMeanMask(levels, 4, 3, mask(), { ...local, window: 1 }),
    ],
    [
      "a window of -3",
      "INVALID_ARGUMENT",
      () => preprocessor.localMeanMask(levels, 4, 3, mask(), { ...local, window: -3 }),
    ],
    ["a window of 2,903", "INVALID_ARGUMENT", () => preprocessor.sauvolaMask(levels, 4, 3, mask(), { window: 2903 })],
    [
      "a window of NaN",
      "INVALID_ARGUMENT",
      () => preprocessor.sauvolaMask(levels, 4, 3, mask(), { window: Number.NaN }),
    ],
    ["k of NaN", "INVALID_ARGUMENT", () => preprocessor.sauvolaMask(levels, 4, 3, mask(), { k: Number.NaN })],
    ["an infinite k", "INVALID_ARGUMENT", () => preprocessor.sauvolaMask(levels, 4, 3, mask(), { k: Infinity })],
    [
      "an offset of NaN",
      "INVALID_ARGUMENT",
      () => preprocessor.localMeanMask(levels, 4, 3, mask(), { ...local, offset: Number.NaN }),
    ],
    [
      "no options",
      "INVALID_ARGUMENT",
      () => preprocessor.localMeanMask(levels, 4, 3, mask(), null as unknown as LocalMeanOptions),
    ],
    ["a plane of another size", "WRONG_LENGTH", () => preprocessor.sauvolaMask(levels, 3, 3, mask())],
    ["a mask of another size", "WRONG_LENGTH", () => preprocessor.sauvolaMask(levels, 4, 3, new Uint8Array(12))],
    ["a height of 0", "INVALID_ARGUMENT", () => preprocessor.sauvolaMask(new Uint8Array(0), 4, 0, new Uint8Array(0))],
  ])("refuses %s and stays usable", (_, code, misuse) => {
    expect(misuse).toThrow(expect.objectContaining({ name: "PreprocessError", code }));
    expect(preprocessor.multiOtsuThresholds(counts, 4)).toEqual([3, 5, 7]);
  });

  it("masks a tall column with the widest window, most of which is beyond the borders", () => {
    const column = new Uint8Array(2 ** 20).fill(200);
    const whole = new Uint8Array(column.length);
    preprocessor.sauvolaMask(column, 1, column.length, whole, { window: 2901, format: "0/1" });
    expect(whole.every((pixel) => pixel === 1)).toBe(true);
  });

  it("writes a local mask and a 16-bit mask in every style", () => {
    const page = planeOf("a page");
    const [plain, bits] = [new Uint8Array(page.levels.length), new Uint8Array(Math.ceil(page.levels.length / 8))];
    const inverted = new Uint8Array(page.levels.length);
    preprocessor.sauvolaMask(page.levels, page.width, page.height, plain, { format: "0/255" });
    preprocessor.sauvolaMask(page.levels, page.width, page.height, inverted, { format: "0/1", invert: true });
    preprocessor.sauvolaMask(page.levels, page.width, page.height, bits);
    expect(inverted).toEqual(plain.map((marked) => (255 - marked) / 255));
    const unpacked = new Uint8Array(plain.length);
    preprocessor.unpackBits(bits, unpacked);
    expect(unpacked).toEqual(plain.map((marked) => marked / 255));

    const deep = new Uint8Array(3);
    preprocessor.thresholdMask(Uint16Array.of(1, 40_000, 2), 30_000, deep, { format: "0/255", invert: true });
    expect([...deep]).toEqual([255, 0, 255]);
  });

  it.each([Uint8Array, Uint16Array])("accepts thresholds one beyond the levels of a %o", (Levels) => {
    const lightest = Levels === Uint8Array ? 255 : 65_535;
    const marked = (threshold: number, options: MaskOptions = {}): number[] => {
      const written = new Uint8Array(3);
      preprocessor.thresholdMask(Levels.of(0, 1, lightest), threshold, written, { format: "0/1", ...options });
      return [...written];
    };
    expect(marked(-1)).toEqual([1, 1, 1]);
    expect(marked(-1, { invert: true })).toEqual([0, 0, 0]);
    expect(marked(0)).toEqual([0, 1, 1]);
    expect(marked(lightest + 1)).toEqual([0, 0, 0]);
    expect(marked(lightest + 1, { invert: true })).toEqual([1, 1, 1]);
  });

  it("accepts 16-bit levels as part of a larger array", () => {
    const deep = Uint16Array.of(1, 2, 40_000, 50_000, 3);
    preprocessor.thresholdMask(deep.subarray(1, 4), 30_000, levels.subarray(2, 5), { format: "0/1" });
    expect([...levels]).toEqual([9, 9, 0, 1, 1, 9, 9, 9, 9, 9, 9, 9]);
    levels.fill(9);
  });
});
