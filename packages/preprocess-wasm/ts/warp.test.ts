// Warped levels: both binaries against PyTorch (golden/warp.json), against each other, and against misuse.

import { readFileSync } from "node:fs";

import { assert, constantFrom, double, integer, oneof, property, record, tuple, uint8Array } from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";

import { init, Preprocessor, type InstructionSet, type WarpOptions } from "./index.ts";

type Affine = NonNullable<WarpOptions["affine"]>;
type Ramp = NonNullable<WarpOptions["ramp"]>;

interface Case {
  readonly name: string;
  readonly plane: string;
  readonly width: number;
  readonly height: number;
  readonly affine: Affine;
  readonly ramp: Ramp;
}

interface Golden {
  planes: Record<string, { width: number; height: number; levels: string }>;
  warped: (Case & { readonly levels: string })[];
  curved: (Case & { readonly curve: string; readonly steepest: number; readonly curved: string })[];
}

const golden = JSON.parse(readFileSync(new URL("../golden/warp.json", import.meta.url), "utf8")) as Golden;
const INSTRUCTION_SETS: readonly InstructionSet[] = ["simd128", "scalar"];

function bytes(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(base64, "base64"));
}

interface Plane {
  readonly width: number;
  readonly height: number;
  readonly levels: Uint8Array;
}

function planeOf(name: string): Plane {
  const plane = golden.planes[name];
  if (plane === undefined) throw new Error(`Expected a plane "${name}" in warp.json`);
  return { ...plane, levels: bytes(plane.levels) };
}

function noise(width: number, height: number): Plane {
  let state = 1;
  const levels = Uint8Array.from({ length: width * height }, () => (state = (state * 48_271) % 2_147_483_647) >> 8);
  return { width, height, levels };
}

/** Rows, or columns, in reverse. */
function mirrored({ width, height, levels }: Plane, isUpsideDown: boolean): Uint8Array {
  return levels.map((_, index) => {
    const [x, y] = [index % width, Math.floor(index / width)];
    return levels[isUpsideDown ? (height - 1 - y) * width + x : y * width + width - 1 - x] ?? 0;
  });
}

beforeAll(async () => {
  for (const instructionSet of INSTRUCTION_SETS) await init({ instructionSet });
});

describe.each(INSTRUCTION_SETS)("the %s kernels", (instructionSet) => {
  function warp(
    { width, height, levels }: Plane,
    size: { width: number; height: number },
    options: WarpOptions,
  ): Plane {
    const warped = new Uint8Array(size.width * size.height).fill(7);
    const { width: columns, height: rows } = size;
    new Preprocessor({ width: columns, height: rows, instructionSet }).warp(levels, width, height, options, warped);
    return { ...size, levels: warped };
  }

  it.each(golden.warped)("give PyTorch's levels: $name", ({ plane, affine, ramp, levels, ...size }) => {
    const { levels: warped } = warp(planeOf(plane), size, { affine, ramp });
    const expected = Array.from(new Uint16Array(bytes(levels).buffer), (word) => word / 256);
    const differences = expected.map((level, index) => (warped[index] ?? Number.NaN) - level);
    expect(Math.max(...differences.map(Math.abs))).toBeLessThanOrEqual(1);
    // Against levels that are rounded: those of an exact half are otherwise higher on average.
    const drift = expected.reduce((sum, level, index) => sum + (warped[index] ?? 0) - Math.floor(level + 0.5), 0);
    expect(Math.abs(drift / expected.length)).toBeLessThanOrEqual(0.02);
  });

  it.each(golden.curved)("give numpy's curve of PyTorch's levels: $name", (expected) => {
    const { plane, affine, ramp, steepest, ...size } = expected;
    const [curve, curved] = [bytes(expected.curve), bytes(expected.curved)];
    const { levels } = warp(planeOf(plane), size, { affine, ramp, curve });
    const differences = curved.map((level, index) => Math.abs(level - (levels[index] ?? Number.NaN)));
    expect(Math.max(...differences)).toBeLessThanOrEqual(steepest);
    expect(levels).toEqual(warp(planeOf(plane), size, { affine, ramp }).levels.map((level) => curve[level] ?? 0));
  });

  const sizes: [number, number][] = [
    [1, 1],
    [2, 3],
    [4, 4],
    [5, 2],
    [96, 96],
    [33, 17],
  ];

  it.each(sizes)("give the rounded mean of 2 x 2 pixels by default, to %i x %i", (width, height) => {
    const source = noise(2 * width, 2 * height);
    const means = Uint8Array.from({ length: width * height }, (_, index) => {
      const first = 2 * Math.floor(index / width) * source.width + 2 * (index % width);
      const pixels = [first, first + 1, first + source.width, first + source.width + 1];
      return Math.floor((pixels.reduce((sum, pixel) => sum + (source.levels[pixel] ?? 0), 0) + 2) / 4);
    });
    expect(warp(source, { width, height }, {}).levels).toEqual(means);
  });

  it.each(sizes)("give the exact mirror image by a mirrored map, of %i x %i", (width, height) => {
    for (const source of [noise(2 * width, 2 * height), noise(3 * width + 1, height + 2)]) {
      const whole = warp(source, { width, height }, {});
      expect(warp(source, whole, { affine: [-1, 0, 0, 0, 1, 0] }).levels).toEqual(mirrored(whole, false));
      expect(warp(source, whole, { affine: [1, 0, 0, 0, -1, 0] }).levels).toEqual(mirrored(whole, true));
      const turned = warp(source, whole, { affine: [0.9, 0.3, 0.05, -0.2, 1.1, -0.1], ramp: [21.3, 9] });
      const across = warp(source, whole, { affine: [-0.9, 0.3, 0.05, 0.2, 1.1, -0.1], ramp: [-21.3, 9] });
      expect(across.levels).toEqual(mirrored(turned, false));
    }
  });

  it("repeat the edges", () => {
    const source = noise(9, 7);
    const levels = source.levels.subarray(8);
    const [right] = levels;
    const view = warp(source, { width: 6, height: 5 }, { affine: [1, 0, 1e300, 0, 0, -1e9] });
    expect(view.levels).toEqual(new Uint8Array(30).fill(right ?? 0));
  });
});

describe("scalar and SIMD kernels", () => {
  it("agree on any source, size, map, ramp and curve", () => {
    const side = integer({ min: 1, max: 70 });
    const near = double({ min: -1.5, max: 1.5, noNaN: true });
    const any = double({ noNaN: true, noDefaultInfinity: true });
    const number = oneof({ weight: 9, arbitrary: near }, { weight: 1, arbitrary: any });
    const level = oneof({ weight: 9, arbitrary: integer({ min: -300, max: 300 }) }, { weight: 1, arbitrary: any });
    const options = record(
      {
        affine: tuple(number, number, number, number, number, number),
        ramp: tuple(level, level),
        curve: uint8Array({ minLength: 256, maxLength: 256 }),
      },
      { requiredKeys: [] },
    );
    assert(
      property(side, side, side, side, options, constantFrom(255, 3), (width, height, columns, rows, warping, most) => {
        const levels = noise(width, height).levels.map((level) => level & most);
        const [simd128, scalar] = INSTRUCTION_SETS.map((instructionSet) => {
          const warped = new Uint8Array(columns * rows).fill(7);
          const preprocessor = new Preprocessor({ width: columns, height: rows, instructionSet });
          preprocessor.warp(levels, width, height, warping, warped);
          return warped;
        });
        expect(simd128).toEqual(scalar);
      }),
      { seed: 20_261_129, numRuns: 300 },
    );
  });
});

describe("a preprocessor", () => {
  let preprocessor: Preprocessor;
  beforeAll(() => {
    preprocessor = new Preprocessor({ width: 4, height: 3 });
  });

  const plane = noise(8, 6);
  const expected = (): Uint8Array => {
    const warped = new Uint8Array(12);
    preprocessor.warp(plane.levels, 8, 6, {}, warped);
    return warped;
  };

  const flat = [1, 0, 0, 0, 1, 0] as const;
  it.each<[string, string, WarpOptions]>([
    ["five numbers", "WRONG_LENGTH", { affine: flat.slice(1) as unknown as Affine }],
    ["seven numbers", "WRONG_LENGTH", { affine: [...flat, 1] as unknown as Affine }],
    ["a number that is NaN", "INVALID_ARGUMENT", { affine: flat.with(3, Number.NaN) as unknown as Affine }],
    ["a number that is infinite", "INVALID_ARGUMENT", { affine: flat.with(5, -Infinity) as unknown as Affine }],
    ["a number that is missing", "INVALID_ARGUMENT", { affine: Array(6) as unknown as Affine }],
    ["a map that is no list", "INVALID_ARGUMENT", { affine: { a: 1 } as unknown as Affine }],
    ["a map that is a number", "INVALID_ARGUMENT", { affine: 1 as unknown as Affine }],
    ["a ramp of one number", "WRONG_LENGTH", { ramp: [1] as unknown as Ramp }],
    ["a ramp of text", "INVALID_ARGUMENT", { ramp: ["1", "2"] as unknown as Ramp }],
    ["no ramp", "INVALID_ARGUMENT", { ramp: null as unknown as Ramp }],
    ["a curve of 255 levels", "WRONG_LENGTH", { curve: new Uint8Array(255) }],
    ["a curve of numbers", "INVALID_ARGUMENT", { curve: Array(256).fill(0) as unknown as Uint8Array }],
    ["no options", "INVALID_ARGUMENT", null as unknown as WarpOptions],
  ])("refuses %s, leaves the output alone and stays usable", (_, code, options) => {
    const warped = new Uint8Array(12).fill(7);
    const misuse = (): void => preprocessor.warp(plane.levels, 8, 6, options, warped);
    expect(misuse).toThrow(expect.objectContaining({ name: "PreprocessError", code }));
    expect(warped).toEqual(new Uint8Array(12).fill(7));
    expect(() => preprocessor.warp(plane.levels, 8, 6, {}, warped)).not.toThrow();
  });

  it.each<[string, string, Uint8Array, number, number, number]>([
    ["a plane of another size", "WRONG_LENGTH", plane.levels, 8, 5, 12],
    ["levels of another size", "WRONG_LENGTH", plane.levels, 8, 6, 13],
    ["a width of 0", "INVALID_ARGUMENT", new Uint8Array(0), 0, 6, 12],
    ["a height of 65,536", "INVALID_ARGUMENT", new Uint8Array(65_536), 1, 65_536, 12],
    ["a width of NaN", "INVALID_ARGUMENT", plane.levels, Number.NaN, 6, 12],
  ])("refuses %s", (_, code, levels, width, height, length) => {
    const warped = new Uint8Array(length).fill(7);
    const misuse = (): void => preprocessor.warp(levels, width, height, {}, warped);
    expect(misuse).toThrow(expect.objectContaining({ name: "PreprocessError", code }));
    expect(warped).toEqual(new Uint8Array(length).fill(7));
  });

  it("names the number that is wrong", () => {
    const affine = flat.with(3, Number.NaN) as unknown as Affine;
    expect(() => preprocessor.warp(plane.levels, 8, 6, { affine }, new Uint8Array(12))).toThrow(
      "Expected a finite number for affine[3] but received NaN of type number",
    );
  });

  it("takes the defaults for options that are undefined", () => {
    const warped = new Uint8Array(12);
    const untold = { affine: undefined, ramp: undefined, curve: undefined } as unknown as WarpOptions;
    preprocessor.warp(plane.levels, 8, 6, untold, warped);
    expect(warped).toEqual(expected());
  });

  it("may overwrite the levels and the curve with the result", () => {
    const memory = new Uint8Array(new SharedArrayBuffer(48 + 256));
    const [levels, curve] = [memory.subarray(0, 48), memory.subarray(48)];
    levels.set(plane.levels);
    curve.set(Uint8Array.from({ length: 256 }, (_, level) => level));
    const over = memory.subarray(42, 54);
    preprocessor.warp(levels, 8, 6, { curve }, over);
    expect(new Uint8Array(over)).toEqual(expected());
  });

  it("warps the longest sides", () => {
    for (const [width, height] of [
      [65_535, 1],
      [1, 65_535],
      [65_535, 2],
    ] as const) {
      const levels = new Uint8Array(width * height).fill(99);
      levels[levels.length - 1] = 7;
      const warped = new Uint8Array(12);
      preprocessor.warp(levels, width, height, {}, warped);
      expect(warped).toEqual(new Uint8Array(12).fill(99));
      // The last pixel alone.
      preprocessor.warp(levels, width, height, { affine: [0, 0, 1, 0, 0, 1] }, warped);
      expect(warped).toEqual(new Uint8Array(12).fill(7));
    }
  });
});
