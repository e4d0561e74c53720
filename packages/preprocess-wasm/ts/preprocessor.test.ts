// Both binaries against Pillow and OpenCV (golden/golden.json), against each other, and against misuse.

import { readFileSync } from "node:fs";

import { assert, property, constantFrom, integer } from "fast-check";
import { beforeAll, describe, expect, it, vi } from "vitest";

import {
  init,
  PreprocessError,
  Preprocessor,
  type Filter,
  type InstructionSet,
  type MaskOptions,
  type Picture,
  type PreprocessorOptions,
  type Region,
} from "./index.ts";

interface Golden {
  gray: { width: number; height: number; channels: 3 | 4; picture: string; gray: string }[];
  resize: {
    name: string;
    source: { width: number; height: number; levels: string };
    target: { width: number; height: number; levels: Record<Filter, string> };
  }[];
  large: {
    width: number;
    height: number;
    threshold: number;
    target: { width: number; height: number; levels: Record<Filter, string> };
  }[];
  otsu: { name: string; levels: string; counts: [number, number][]; threshold: number; mask: string; bits: string }[];
  binarize: {
    name: string;
    source: { width: number; height: number; channels: 3 | 4; picture: string };
    target: { width: number; height: number; bits: string };
    threshold: number;
  }[];
}

const golden = JSON.parse(readFileSync(new URL("../golden/golden.json", import.meta.url), "utf8")) as Golden;
const FILTERS: readonly Filter[] = ["box", "bilinear", "hamming", "bicubic", "lanczos3"];
const INSTRUCTION_SETS: readonly InstructionSet[] = ["simd128", "scalar"];

function bytes(base64: string): Uint8Array {
  return Uint8Array.from(Buffer.from(base64, "base64"));
}

/** What golden/make_golden.py draws over 8,388,608 pixels. */
function rings(width: number, height: number): Picture {
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data[y * width + x] = ((x * x + 3 * y * y) >> 9) & 255;
  }
  return { data, width, height, channels: 1 };
}

/** Reproducible bytes: a multiplicative generator is random enough for pixels. */
function noise(length: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => (state = (state * 48_271) % 2_147_483_647) >> 8);
}

/** As {@link noise}, for lengths at which that would take seconds: a short piece, repeated. */
function largePicture(width: number, height: number): Picture {
  return { data: new Uint8Array(Buffer.alloc(width * height * 3, noise(9973, 1))), width, height, channels: 3 };
}

function picture(width: number, height: number, channels: 1 | 3 | 4, seed = 1): Picture {
  return { data: noise(width * height * channels, seed), width, height, channels };
}

beforeAll(async () => {
  for (const instructionSet of INSTRUCTION_SETS) await init({ instructionSet });
});

describe.each(INSTRUCTION_SETS)("the %s kernels", (instructionSet) => {
  let preprocessor: Preprocessor;
  beforeAll(() => {
    preprocessor = new Preprocessor({ instructionSet });
  });

  it.each(golden.gray)("give OpenCV's gray of $channels channels, $width pixels a row", (expected) => {
    const levels = new Uint8Array(expected.width * expected.height);
    preprocessor.gray({ ...expected, data: bytes(expected.picture) }, levels);
    expect(levels).toEqual(bytes(expected.gray));
  });

  describe.each(FILTERS)("resizing by %s", (filter) => {
    it.each(golden.resize)("give Pillow's levels: $name", ({ source, target: { levels, ...size } }) => {
      const resizer = new Preprocessor({ instructionSet, filter, ...size });
      const resized = new Uint8Array(size.width * size.height);
      resizer.resize({ ...source, data: bytes(source.levels), channels: 1 }, resized);
      expect(resized).toEqual(bytes(levels[filter]));
    });

    it.each(golden.large)("give Pillow's levels of $width x $height pixels", ({ width, height, target }) => {
      const { levels, ...size } = target;
      const resizer = new Preprocessor({ instructionSet, filter, ...size });
      const resized = new Uint8Array(size.width * size.height);
      resizer.resize(rings(width, height), resized);
      expect(resized).toEqual(bytes(levels[filter]));
    });
  });

  it.each(golden.large)("give OpenCV's threshold of $width x $height pixels", ({ width, height, threshold }) => {
    const whole = new Preprocessor({ instructionSet, width, height });
    expect(whole.threshold(rings(width, height))).toBe(threshold);
  });

  it.each(golden.otsu)("give OpenCV's histogram, Otsu threshold, mask and bits: $name", (expected) => {
    const levels = bytes(expected.levels);
    const counts = new Uint32Array(256).fill(7);
    preprocessor.histogram(levels, counts);
    expect([...counts.entries()].filter(([, count]) => count > 0)).toEqual(expected.counts);
    expect(preprocessor.otsuThreshold(counts)).toBe(expected.threshold);

    const mask = new Uint8Array(levels.length).fill(7);
    preprocessor.thresholdMask(levels, expected.threshold, mask, { format: "0/1" });
    expect(mask).toEqual(bytes(expected.mask));
    const inverted = new Uint8Array(levels.length).fill(7);
    preprocessor.thresholdMask(levels, expected.threshold, inverted, { format: "0/255", invert: true });
    expect(inverted).toEqual(mask.map((marked) => 255 * (1 - marked)));
    const bits = new Uint8Array(Math.ceil(levels.length / 8)).fill(7);
    preprocessor.packBits(mask, bits);
    expect(bits).toEqual(bytes(expected.bits));
    const unpacked = new Uint8Array(levels.length).fill(7);
    preprocessor.unpackBits(bits, unpacked);
    expect(unpacked).toEqual(mask);
  });

  it.each(golden.binarize)("go the whole way as OpenCV and Pillow do: $name", ({ source, target, threshold }) => {
    const whole = new Preprocessor({ instructionSet, width: target.width, height: target.height });
    const bits = new Uint8Array(whole.packedBytes);
    const drawn = { ...source, data: bytes(source.picture) };
    expect(whole.binarize(drawn, bits)).toBe(threshold);
    expect(bits).toEqual(bytes(target.bits));
    const [levels, resized] = [
      new Uint8Array(target.width * target.height),
      new Uint8Array(target.width * target.height),
    ];
    expect(whole.binarize(drawn, bits.fill(7), { levels })).toBe(threshold);
    expect(bits).toEqual(bytes(target.bits));
    whole.resize(drawn, resized);
    expect(levels).toEqual(resized);
    expect(whole.threshold(drawn)).toBe(threshold);
    const counts = new Uint32Array(256).fill(7);
    whole.pictureHistogram(drawn, counts);
    expect(whole.otsuThreshold(counts)).toBe(threshold);
  });

  it("give each picture of a batch of several sizes its own result", () => {
    const small = new Preprocessor({ instructionSet, width: 24, height: 20 });
    const pictures = [picture(40, 30, 3), picture(24, 20, 1, 2), picture(20, 90, 4, 3), picture(40, 30, 3, 4)];
    const bits = new Uint8Array(pictures.length * small.packedBytes);
    const thresholds = new Uint8Array(pictures.length);
    small.binarizeBatch(pictures, bits, thresholds);
    for (const [index, each] of pictures.entries()) {
      const alone = new Uint8Array(small.packedBytes);
      expect(thresholds[index]).toBe(small.binarize(each, alone));
      expect(bits.slice(index * small.packedBytes, (index + 1) * small.packedBytes)).toEqual(alone);
    }
  });

  it("give each picture of a batch too large for one call its own result", () => {
    const tiny = new Preprocessor({ instructionSet, width: 8, height: 8 });
    const large = largePicture(4000, 3000);
    const bits = new Uint8Array(3 * tiny.packedBytes);
    tiny.binarizeBatch([large, large, large], bits, new Uint8Array(3));
    const alone = new Uint8Array(tiny.packedBytes);
    tiny.binarize(large, alone);
    expect(bits).toEqual(Uint8Array.from([...alone, ...alone, ...alone]));
  });
});

describe("scalar and SIMD kernels", () => {
  /** What `compute` writes, by SIMD and without. */
  function expectSame(
    options: PreprocessorOptions,
    outputLength: number,
    compute: (preprocessor: Preprocessor, output: Uint8Array) => void,
  ): Uint8Array {
    const both = INSTRUCTION_SETS.map((instructionSet) => new Preprocessor({ ...options, instructionSet }));
    const [simd128 = new Uint8Array(), scalar] = both.map((preprocessor) => {
      const output = new Uint8Array(outputLength).fill(99);
      compute(preprocessor, output);
      return output;
    });
    expect(simd128).toEqual(scalar);
    return simd128;
  }

  const FILLS: readonly [string, (length: number) => Uint8Array][] = [
    ["noise", (length) => noise(length, 5)],
    ["all 0", (length) => new Uint8Array(length)],
    ["all 255", (length) => new Uint8Array(length).fill(255)],
  ];

  const BYTE_MASKS: readonly MaskOptions[] = [
    { format: "0/1" },
    { format: "0/1", invert: true },
    { format: "0/255" },
    { format: "0/255", invert: true },
  ];

  it.each(FILLS)("agree on gray, mask and bits at lengths 1 to 65: %s", (_, fill) => {
    for (let length = 1; length <= 65; length++) {
      for (const channels of [1, 3, 4] as const) {
        const source: Picture = { data: fill(length * channels), width: length, height: 1, channels };
        expectSame({ width: 1, height: 1 }, length, (each, output) => each.gray(source, output));
      }
      const levels = fill(length);
      for (const options of BYTE_MASKS) {
        expectSame({ width: 1, height: 1 }, length, (each, output) => each.thresholdMask(levels, 127, output, options));
      }
      expectSame({ width: 1, height: 1 }, Math.ceil(length / 8), (each, output) =>
        each.thresholdMask(levels, 127, output, { invert: true }),
      );
      expectSame({ width: 1, height: 1 }, Math.ceil(length / 8), (each, output) => each.packBits(levels, output));
    }
  });

  it("agree on any picture, any size, by any pass order, and resize each color as if it were gray", () => {
    const side = integer({ min: 1, max: 70 });
    assert(
      property(
        side,
        side,
        side,
        side,
        constantFrom(1 as const, 3 as const, 4 as const),
        constantFrom(...FILTERS),
        integer({ min: 1, max: 1e6 }),
        (sourceWidth, sourceHeight, width, height, channels, filter, seed) => {
          const source = picture(sourceWidth, sourceHeight, channels, seed);
          const size = { width, height, filter };
          expectSame(size, width * height, (each, output) => each.resize(source, output));
          const colors = expectSame(size, 3 * width * height, (each, output) => each.resizeColors(source, output));
          const [preprocessor, plane] = [new Preprocessor(size), new Uint8Array(width * height)];
          for (let color = 0; color < 3; color++) {
            const data = source.data.filter((_, at) => channels === 1 || at % channels === color);
            preprocessor.resize({ data, width: sourceWidth, height: sourceHeight, channels: 1 }, plane);
            expect(colors.subarray(color * plane.length, (color + 1) * plane.length)).toEqual(plane);
          }
          expectSame(size, Math.ceil((width * height) / 8), (each, output) => each.binarize(source, output));
        },
      ),
      { seed: 20_261_122, numRuns: 300 },
    );
  });

  it("import nothing, and differ", async () => {
    const files = INSTRUCTION_SETS.map((instructionSet) =>
      readFileSync(new URL(`../wasm/preprocess.${instructionSet}.wasm`, import.meta.url)),
    );
    for (const file of files) expect(WebAssembly.Module.imports(await WebAssembly.compile(file))).toEqual([]);
    const [simd128, scalar] = files;
    expect(simd128?.equals(scalar ?? new Uint8Array())).toBe(false);
  });
});

describe("new Preprocessor", () => {
  it("can be called any number of times, each with memory of its own", () => {
    const [first, second] = [new Preprocessor(), new Preprocessor({ width: 10, height: 10 })];
    expect(first.packedBytes).toBe(11_250);
    expect(second.packedBytes).toBe(13);
    expect(first.instructionSet).toBe("simd128");
  });

  it.each([
    [null as unknown as object, "Expected an object for options but received null"],
    [{ width: 0 }, "Expected a whole number from 1 to 16777215 for width but received 0 of type number"],
    [{ height: Number.NaN }, "for height but received NaN of type number"],
    [{ width: 2 ** 24 }, "for width but received 16777216 of type number"],
    [
      { instructionSet: "avx2" as InstructionSet },
      'Expected simd128, scalar, undefined for instructionSet but received "avx2"',
    ],
  ])("refuses %o", (options, message) => {
    expect(() => new Preprocessor(options)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(message) as string }),
    );
  });
});

describe("a preprocessor", () => {
  let preprocessor: Preprocessor;
  beforeAll(() => {
    preprocessor = new Preprocessor({ width: 16, height: 16 });
  });

  const valid = picture(20, 30, 3);
  const picture1x1 = picture(1, 1, 1);
  it.each<[string, Partial<Picture>, number, string]>([
    ["data too short", { data: new Uint8Array(1799) }, 32, "WRONG_LENGTH"],
    ["data too long", { data: new Uint8Array(1801) }, 32, "WRONG_LENGTH"],
    ["data of another type", { data: [] as unknown as Uint8Array }, 32, "INVALID_ARGUMENT"],
    ["two channels", { channels: 2 as 3 }, 32, "INVALID_ARGUMENT"],
    ["a width of 0", { width: 0 }, 32, "INVALID_ARGUMENT"],
    ["a negative height", { height: -30 }, 32, "INVALID_ARGUMENT"],
    ["a stride below a row's bytes", { stride: 59 }, 32, "INVALID_ARGUMENT"],
    ["a stride that the data is too short for", { stride: 61 }, 32, "WRONG_LENGTH"],
    ["a stride that is not a number", { stride: Number.NaN }, 32, "INVALID_ARGUMENT"],
    ["a region that is not an object", { region: 5 as unknown as Region }, 32, "INVALID_ARGUMENT"],
    ["a region beyond the last column", { region: { x: 10, y: 0, width: 11, height: 1 } }, 32, "INVALID_ARGUMENT"],
    ["a region beyond the last row", { region: { x: 0, y: 30, width: 1, height: 1 } }, 32, "INVALID_ARGUMENT"],
    ["a region of no pixels", { region: { x: 0, y: 0, width: 0, height: 1 } }, 32, "INVALID_ARGUMENT"],
    ["an output too short", {}, 31, "WRONG_LENGTH"],
    ["an output too long", {}, 33, "WRONG_LENGTH"],
  ])("refuses %s, leaves the output alone and stays usable", (_, change, outputLength, code) => {
    const output = new Uint8Array(outputLength).fill(7);
    expect(() => preprocessor.binarize({ ...valid, ...change }, output)).toThrow(
      expect.objectContaining({ name: "PreprocessError", code }),
    );
    expect(output).toEqual(new Uint8Array(outputLength).fill(7));
    expect(() => preprocessor.binarize(valid, new Uint8Array(32))).not.toThrow();
  });

  it.each([undefined, null, 5, Object.create(null)])("rejects %s as a picture or an array", (wrong) => {
    const refused = expect.objectContaining({ code: "INVALID_ARGUMENT" }) as Error;
    const output = new Uint8Array(32);
    expect(() => preprocessor.binarize(wrong, output)).toThrow(refused);
    expect(() => preprocessor.binarize({ ...valid, data: wrong }, output)).toThrow(refused);
    expect(() => preprocessor.histogram(wrong, new Uint32Array(256))).toThrow(refused);
    expect(() => preprocessor.packBits(wrong, output)).toThrow(refused);
    expect(() => preprocessor.otsuThreshold(wrong)).toThrow(refused);
  });

  it("accepts a batch of very many pictures", () => {
    const pictures = Array.from({ length: 150_000 }, () => picture1x1);
    const bits = new Uint8Array(32 * pictures.length);
    preprocessor.binarizeBatch(pictures, bits, new Uint8Array(pictures.length));
    // A picture of one level has the threshold 0.
    expect(bits.every((byte) => byte === 255)).toBe(true);
  });

  it("rejects an empty histogram", () => {
    expect(() => preprocessor.otsuThreshold(new Uint32Array(256))).toThrow(PreprocessError);
  });

  it.each([null, { format: "0/2" }, { invert: 1 }])("rejects the mask options %o", (options) => {
    expect(() => preprocessor.binarize(valid, new Uint8Array(32), options as MaskOptions)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });

  it("treats a region, and rows with padding, as a separate picture", () => {
    const side = integer({ min: 1, max: 40 });
    assert(
      property(
        side,
        side,
        constantFrom(1 as const, 3 as const, 4 as const),
        constantFrom({ width: 16, height: 16 }, { width: 40, height: 3 }, { width: 3, height: 40 }),
        integer({ min: 1, max: 1e6 }),
        (width, height, channels, size, seed) => {
          const [left, padding] = [seed % 5, seed % 7];
          const region = { x: left, y: seed % 3, width, height };
          const whole = { width: left + width + (seed % 4), height: region.y + height + (seed % 2) };
          const stride = whole.width * channels + padding;
          const data = noise((whole.height - 1) * stride + whole.width * channels, seed);
          const cut = new Uint8Array(width * height * channels);
          for (let y = 0; y < height; y++) {
            const first = (region.y + y) * stride + left * channels;
            cut.set(data.subarray(first, first + width * channels), y * width * channels);
          }
          const cutter = new Preprocessor(size);
          const alone = { data: cut, width, height, channels };
          const inside = { ...whole, data, channels, stride, region };
          for (const method of ["gray", "resize", "resizeColors"] as const) {
            const planes = method === "resizeColors" ? 3 : 1;
            const length = method === "gray" ? width * height : planes * size.width * size.height;
            const [expected, actual] = [new Uint8Array(length), new Uint8Array(length)];
            cutter[method](alone, expected);
            cutter[method](inside, actual);
            expect(actual).toEqual(expected);
          }
        },
      ),
      { seed: 20_261_125, numRuns: 200 },
    );
  });

  it("does not mind whose array an input is part of", () => {
    const shifted = new Uint8Array(valid.data.length + 3);
    shifted.set(valid.data, 3);
    const [expected, actual] = [new Uint8Array(32), new Uint8Array(32)];
    preprocessor.binarize(valid, expected);
    preprocessor.binarize({ ...valid, data: shifted.subarray(3) }, actual);
    expect(actual).toEqual(expected);
  });

  it("says so when memory is not enough, and stays usable", () => {
    const huge = new Preprocessor({ width: 65_000, height: 66_500 });
    const bits = new Uint8Array(huge.packedBytes);
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(() => huge.binarize(valid, bits)).toThrow(expect.objectContaining({ code: "OUT_OF_MEMORY" }));
    }
    huge.gray(valid, new Uint8Array(600));
  });

  it("gives back the memory of a plan whose picture could not be computed", () => {
    const { Instance } = WebAssembly;
    const memories: WebAssembly.Memory[] = [];
    const spy = vi.spyOn(WebAssembly, "Instance").mockImplementation(function (module) {
      const instance = new Instance(module);
      memories.push(instance.exports["memory"] as WebAssembly.Memory);
      return instance;
    });
    // The plan of such a row takes some 200 MiB, and 256 such rows do not fit any memory.
    const wide = new Preprocessor({ width: 2 ** 24 - 2, height: 255 });
    const row: Picture = { data: new Uint8Array(2 ** 24 - 1), width: 2 ** 24 - 1, height: 1, channels: 1 };
    expect(() => wide.binarize(row, new Uint8Array(wide.packedBytes))).toThrow(
      expect.objectContaining({ code: "OUT_OF_MEMORY" }),
    );
    spy.mockRestore();
    const [grown = 0, resting = 0] = memories.map(({ buffer }) => buffer.byteLength);
    expect(grown).toBeGreaterThan(2 ** 27);
    expect(resting).toBeLessThan(2 ** 20);
  });

  it("stays usable after a picture larger than the memory it keeps", () => {
    const [before, after] = [new Uint8Array(32), new Uint8Array(32)];
    preprocessor.binarize(valid, before);
    preprocessor.binarize(largePicture(8000, 6000), new Uint8Array(32));
    preprocessor.binarize(valid, after);
    expect(after).toEqual(before);
  });
});
