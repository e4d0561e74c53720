// Hostile arguments: arrays whose memory is detached, shared or used twice, objects that change or throw when they are
// read. The result is correct, or a PreprocessError with unchanged outputs.

import { runInNewContext } from "node:vm";

import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";

import { init, initSync, Preprocessor, type MaskOptions, type Picture, type WarpOptions } from "./index.ts";

type Affine = NonNullable<WarpOptions["affine"]>;

const SIZE = { width: 16, height: 16 };
const MASK_BYTES = 32;

/** A slope, and the same for every call. */
function pixels(length = 20 * 30 * 3): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => (index * 7) >> 4);
}

const drawn = (): Picture & { readonly data: Uint8Array<ArrayBuffer> } => {
  return { data: pixels(), width: 20, height: 30, channels: 3 };
};

let preprocessor: Preprocessor;
let expected: { readonly threshold: number; readonly mask: Uint8Array };
beforeAll(async () => {
  await init();
  preprocessor = new Preprocessor(SIZE);
  const mask = new Uint8Array(MASK_BYTES);
  expected = { threshold: preprocessor.binarize(drawn(), mask), mask };
});

afterEach(() => {
  vi.restoreAllMocks();
});

const refusal = (code: string): Error => expect.objectContaining({ name: "PreprocessError", code }) as Error;

/** The picture has to be binarized as any other. */
function expectRight(picture: Picture, mask: Uint8Array = new Uint8Array(MASK_BYTES)): void {
  expect(preprocessor.binarize(picture, mask)).toBe(expected.threshold);
  expect(new Uint8Array(mask)).toEqual(expected.mask);
}

/** The picture has to be refused, the mask left alone, and the preprocessor usable. */
function expectRefusal(picture: Picture, code: string, options?: MaskOptions): void {
  const mask = new Uint8Array(MASK_BYTES).fill(7);
  expect(() => preprocessor.binarize(picture, mask, options)).toThrow(refusal(code));
  expect(mask).toEqual(new Uint8Array(MASK_BYTES).fill(7));
  expectRight(drawn());
}

/** The array, after its memory has gone elsewhere. */
function transferred<Elements extends Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(
  elements: Elements,
): Elements {
  structuredClone(elements, { transfer: [elements.buffer] });
  return elements;
}

function throwing(): never {
  throw new RangeError("Expected nobody to ask");
}

describe("a detached array", () => {
  const [levels, counts, mask] = [pixels(24), new Uint32Array(256).fill(3), new Uint8Array(3)];
  const local = { window: 3, offset: 0 };

  it.each<[string, () => unknown]>([
    ["a picture's data", () => preprocessor.threshold({ ...drawn(), data: transferred(pixels()) })],
    ["a picture's mask", () => preprocessor.binarize(drawn(), transferred(new Uint8Array(MASK_BYTES)))],
    ["a picture's levels", () => preprocessor.resize(drawn(), transferred(new Uint8Array(256)))],
    ["a picture's colors", () => preprocessor.resizeColors(drawn(), transferred(new Uint8Array(768)))],
    ["a picture's counts", () => preprocessor.pictureHistogram(drawn(), transferred(new Uint32Array(256)))],
    ["no masks", () => preprocessor.binarizeBatch([], transferred(new Uint8Array(0)), new Uint8Array(0))],
    ["thresholds", () => preprocessor.binarizeBatch([], new Uint8Array(0), transferred(new Uint8Array(0)))],
    ["levels", () => preprocessor.histogram(transferred(pixels(24)), new Uint32Array(256))],
    ["16-bit levels", () => preprocessor.histogram(transferred(new Uint16Array(24)), new Uint32Array(65_536))],
    ["counts", () => preprocessor.histogram(levels, transferred(new Uint32Array(256)))],
    ["counts to divide", () => preprocessor.otsuThreshold(transferred(new Uint32Array(256).fill(3)))],
    ["levels to mask", () => preprocessor.thresholdMask(transferred(pixels(24)), 9, mask)],
    ["a mask", () => preprocessor.thresholdMask(levels, 9, transferred(new Uint8Array(3)))],
    ["a mask of no levels", () => preprocessor.packBits(new Uint8Array(0), transferred(new Uint8Array(0)))],
    ["bits", () => preprocessor.unpackBits(transferred(new Uint8Array(3)), new Uint8Array(24))],
    ["unpacked bits", () => preprocessor.unpackBits(mask, transferred(new Uint8Array(24)))],
    ["a plane", () => preprocessor.localMeanMask(transferred(pixels(24)), 6, 4, mask, local)],
    ["a plane's mask", () => preprocessor.sauvolaMask(levels, 6, 4, transferred(new Uint8Array(3)))],
    ["levels to warp", () => preprocessor.warp(transferred(pixels(24)), 6, 4, {}, new Uint8Array(256))],
    ["warped levels", () => preprocessor.warp(levels, 6, 4, {}, transferred(new Uint8Array(256)))],
    [
      "a curve",
      () => preprocessor.warp(levels, 6, 4, { curve: transferred(new Uint8Array(256)) }, new Uint8Array(256)),
    ],
  ])("is refused as %s", (_, misuse) => {
    expect(misuse).toThrow(refusal("WRONG_LENGTH"));
    expect(misuse).toThrow(/its buffer was transferred or has shrunk/);
    expect(preprocessor.otsuThreshold(counts)).toBe(127);
    expectRight(drawn());
  });

  it("is rejected if its buffer has shrunk", () => {
    const buffer = new ArrayBuffer(1800, { maxByteLength: 1800 });
    const data = new Uint8Array(buffer, 0, 1800);
    const rest = new Uint8Array(buffer);
    data.set(pixels());
    expectRight({ ...drawn(), data });
    buffer.resize(1799);
    expectRefusal({ ...drawn(), data }, "WRONG_LENGTH");
    expectRefusal({ ...drawn(), data: rest }, "WRONG_LENGTH");
    expect(() => preprocessor.histogram(data, new Uint32Array(256))).toThrow(refusal("WRONG_LENGTH"));
    buffer.resize(1800);
    rest.set(pixels());
    expectRight({ ...drawn(), data: rest });
  });

  it("is rejected if a getter of the same call transferred it", () => {
    const first = drawn();
    const second: Picture = {
      ...drawn(),
      get width() {
        transferred(first.data);
        return 20;
      },
    };
    const masks = new Uint8Array(2 * MASK_BYTES).fill(7);
    expect(() => preprocessor.binarizeBatch([first, second], masks, new Uint8Array(2))).toThrow(
      refusal("WRONG_LENGTH"),
    );
    expect(masks.every((byte) => byte === 7)).toBe(true);
    const third = drawn();
    const options: MaskOptions = {
      get invert() {
        transferred(third.data);
        return false;
      },
    };
    expectRefusal(third, "WRONG_LENGTH", options);
  });
});

describe("arrays of any kind of memory", () => {
  it("may be shared by threads", () => {
    const data = new Uint8Array(new SharedArrayBuffer(1800));
    data.set(pixels());
    expectRight({ ...drawn(), data }, new Uint8Array(new SharedArrayBuffer(MASK_BYTES)));
    const counts = new Uint32Array(new SharedArrayBuffer(1024));
    preprocessor.histogram(data, counts);
    expect(counts.reduce((sum, count) => sum + count)).toBe(1800);
    expect(preprocessor.multiOtsuThresholds(counts, 3)).toHaveLength(2);
  });

  it("may be of another global object, as in a frame or a test runner's sandbox", () => {
    const data = runInNewContext("new Uint8Array(1800)") as Uint8Array;
    expect(data).not.toBeInstanceOf(Uint8Array);
    data.set(pixels());
    expectRight({ ...drawn(), data });
  });

  it("is reported by the name of the array with the wrong length", () => {
    const [mask, bits] = [new Uint8Array(24), new Uint8Array(4)];
    expect(() => preprocessor.packBits(mask, bits)).toThrow(/ 3 .* bits /);
    expect(() => preprocessor.unpackBits(bits, mask)).toThrow(/ 3 .* bits /);
  });

  it("may be overwritten by their own result", () => {
    const data = pixels();
    expectRight({ ...drawn(), data }, data.subarray(5, 5 + MASK_BYTES));
    const levels = pixels(64);
    const [bits, plain] = [new Uint8Array(8), levels.slice()];
    preprocessor.packBits(plain, bits);
    preprocessor.packBits(levels, levels.subarray(1, 9));
    expect(levels.subarray(1, 9)).toEqual(bits);
  });

  it("may have a batch's outputs in the memory of its later pictures", () => {
    const memory = new Uint8Array(2 * 1800);
    memory.set(pixels());
    memory.set(pixels().toReversed(), 1800);
    const pictures = [0, 1800].map((start) => ({ ...drawn(), data: memory.subarray(start, start + 1800) }));
    const [masks, thresholds] = [new Uint8Array(2 * MASK_BYTES), new Uint8Array(2)];
    preprocessor.binarizeBatch(pictures, masks, thresholds);
    const over = memory.subarray(1800, 1800 + 2 * MASK_BYTES);
    preprocessor.binarizeBatch(pictures, over, memory.subarray(3000, 3002));
    expect(over).toEqual(masks);
    expect(memory.subarray(3000, 3002)).toEqual(thresholds);
  });

  it("may not have a mask and its levels in one place, nor levels of another size", () => {
    const memory = new Uint8Array(MASK_BYTES + SIZE.width * SIZE.height).fill(7);
    const binarize = (levels: Uint8Array): number =>
      preprocessor.binarize(drawn(), memory.subarray(0, MASK_BYTES), { levels });
    expect(() => binarize(memory.subarray(MASK_BYTES - 1, -1))).toThrow(refusal("INVALID_ARGUMENT"));
    expect(() => binarize(memory.subarray(MASK_BYTES, -1))).toThrow(refusal("WRONG_LENGTH"));
    expect(memory.every((byte) => byte === 7)).toBe(true);
    expect(() => binarize(memory.subarray(MASK_BYTES))).not.toThrow();
  });

  it("may not have a batch's two outputs in one place", () => {
    const memory = new Uint8Array(MASK_BYTES + 1).fill(7);
    const batch = (place: number): void =>
      preprocessor.binarizeBatch([drawn()], memory.subarray(0, MASK_BYTES), memory.subarray(place, place + 1));
    expect(() => batch(MASK_BYTES - 1)).toThrow(refusal("INVALID_ARGUMENT"));
    expect(memory.every((byte) => byte === 7)).toBe(true);
    expect(() => batch(MASK_BYTES)).not.toThrow();
  });
});

describe("an object that changes while it is read", () => {
  /** Tells `first` once, and then `later`. */
  function changing<Value>(first: Value, later: unknown): () => Value {
    let asked = 0;
    return () => (asked++ === 0 ? first : (later as Value));
  }

  it.each<[keyof Picture, unknown, unknown]>([
    ["data", pixels(), new Uint8Array(3)],
    ["width", 20, 40],
    ["height", 30, 4e6],
    ["channels", 3, 2],
    ["stride", 60, 2 ** 31],
    ["region", { x: 0, y: 0, width: 20, height: 30 }, { x: -9, y: 0, width: 1e9, height: 1 }],
  ])("is what a picture's %s was at first", (key, first, later) => {
    expectRight(Object.defineProperty(drawn(), key, { get: changing(first, later) }));
  });

  it("is what a mask's format was at first", () => {
    const options = Object.defineProperty({}, "format", { get: changing("bits", "0/255") });
    const mask = new Uint8Array(MASK_BYTES);
    preprocessor.binarize(drawn(), mask, options);
    expect(mask).toEqual(expected.mask);
  });

  it("does not change the preprocessor", () => {
    const own = new Preprocessor(SIZE);
    Object.assign(own, { width: 1e9, height: Number.NaN, filter: "none" });
    const mask = new Uint8Array(MASK_BYTES);
    expect(own.binarize(drawn(), mask)).toBe(expected.threshold);
    expect(mask).toEqual(expected.mask);
  });
});

describe("an object that throws when it is read", () => {
  it.each<keyof Picture>(["data", "width", "height", "channels", "stride", "region"])(
    "is refused where a picture's %s does, with the cause",
    (key) => {
      const picture = Object.defineProperty(drawn(), key, { get: throwing });
      expectRefusal(picture, "INVALID_ARGUMENT");
      expect(() => preprocessor.threshold(picture)).toThrow(
        expect.objectContaining({ cause: expect.any(RangeError) as RangeError }),
      );
    },
  );

  const revoked = (target: object = {}): object => {
    const { proxy, revoke } = Proxy.revocable(target, {});
    revoke();
    return proxy;
  };
  const told = { toString: throwing, [Symbol.toPrimitive]: throwing, [Symbol.toStringTag]: "object" };
  const unspeakable = Object.defineProperty({}, Symbol.toStringTag, { get: throwing });

  it.each<[string, () => unknown]>([
    ["a revoked picture", () => preprocessor.threshold(revoked() as Picture)],
    ["revoked data", () => preprocessor.threshold({ ...drawn(), data: revoked() as Uint8Array })],
    [
      "a region's property",
      () => preprocessor.threshold({ ...drawn(), region: revoked() as Picture["region"] & object }),
    ],
    ["a width that cannot be told", () => preprocessor.threshold({ ...drawn(), width: unspeakable as number })],
    ["a width that is no string", () => preprocessor.threshold({ ...drawn(), width: told as unknown as number })],
    ["options", () => preprocessor.binarize(drawn(), new Uint8Array(MASK_BYTES), revoked())],
    [
      "a window",
      () => preprocessor.sauvolaMask(pixels(24), 6, 4, new Uint8Array(3), { window: unspeakable as number }),
    ],
    [
      "an affine map",
      () => preprocessor.warp(pixels(24), 6, 4, { affine: revoked([]) as Affine }, new Uint8Array(256)),
    ],
    [
      "a ramp's number",
      () => {
        const ramp = Object.defineProperty([0, 0], 1, { get: throwing }) as unknown as [number, number];
        preprocessor.warp(pixels(24), 6, 4, { ramp }, new Uint8Array(256));
      },
    ],
    ["a preprocessor's options", () => new Preprocessor(revoked())],
    ["pictures", () => preprocessor.binarizeBatch(revoked([]) as Picture[], new Uint8Array(0), new Uint8Array(0))],
    [
      "one of the pictures",
      () => {
        const pictures = Object.defineProperty([drawn(), drawn()], 1, { get: throwing });
        preprocessor.binarizeBatch(pictures, new Uint8Array(2 * MASK_BYTES), new Uint8Array(2));
      },
    ],
  ])("is refused as %s", (_, misuse) => {
    expect(misuse).toThrow(refusal("INVALID_ARGUMENT"));
    expectRight(drawn());
  });

  it.each<[string, string, () => unknown]>([
    ["options", "INVALID_ARGUMENT", () => init(revoked())],
    ["a module", "KERNELS_UNAVAILABLE", () => init({ module: revoked() as WebAssembly.Module })],
    ["a promise", "KERNELS_UNAVAILABLE", () => init({ module: Promise.reject(Object.create(null) as Error) })],
    [
      "what only looks like a module",
      "KERNELS_UNAVAILABLE",
      () => init({ module: Object.create(WebAssembly.Module.prototype) as WebAssembly.Module }),
    ],
    ["a module, at once", "KERNELS_UNAVAILABLE", async () => initSync(revoked())],
    [
      "what only looks like a module, at once",
      "KERNELS_UNAVAILABLE",
      async () => initSync(Object.create(WebAssembly.Module.prototype) as WebAssembly.Module),
    ],
    ["bytes that are gone", "KERNELS_UNAVAILABLE", () => init({ module: transferred(new Uint8Array(8)) })],
  ])("is refused by init as %s", async (_, code, misuse) => {
    await expect(misuse).rejects.toThrow(refusal(code));
  });
});

describe("a value that is not an array or list", () => {
  it.each<[string, unknown]>([
    ["an object with an array's prototype", Object.create(Uint8Array.prototype)],
    ["a proxy of an array", new Proxy(pixels(), {})],
    ["a view of other elements", new Uint32Array(1800)],
    ["a buffer", pixels().buffer],
  ])("is refused: %s", (_, data) => {
    expectRefusal({ ...drawn(), data: data as Uint8Array }, "INVALID_ARGUMENT");
  });

  it("has its actual length, whatever a subclass reports", () => {
    class Lying extends Uint8Array {
      override get length(): number {
        return 1800;
      }
      override subarray(): Uint8Array<ArrayBuffer> {
        return throwing();
      }
    }
    expectRefusal({ ...drawn(), data: new Lying(4) }, "WRONG_LENGTH");
    const data = new Lying(1800);
    Uint8Array.prototype.set.call(data, pixels());
    expectRight({ ...drawn(), data });
  });

  it.each([null, undefined, 5, "pictures", new Map(), { length: 2 ** 53 }, { length: 1 }, [undefined], Array(1)])(
    "is refused as a batch: %o",
    (pictures) => {
      const batch = (): void =>
        preprocessor.binarizeBatch(pictures as readonly Picture[], new Uint8Array(MASK_BYTES), new Uint8Array(1));
      expect(batch).toThrow(refusal("INVALID_ARGUMENT"));
    },
  );
});

describe("at the end of memory or stack", () => {
  it("leaves a batch's outputs alone if a later picture is the one", () => {
    const own = new Preprocessor(SIZE);
    const large: Picture = { data: new Uint8Array(2 ** 20), width: 2 ** 20, height: 1, channels: 1 };
    const [masks, thresholds] = [new Uint8Array(2 * MASK_BYTES).fill(7), new Uint8Array(2).fill(7)];
    vi.spyOn(WebAssembly.Memory.prototype, "grow").mockImplementation(throwing);
    const batch = (...pictures: Picture[]): void => own.binarizeBatch(pictures, masks, thresholds);
    expect(() => batch(drawn(), large)).toThrow(refusal("OUT_OF_MEMORY"));
    expect([...masks, ...thresholds].every((byte) => byte === 7)).toBe(true);
    expect(() => batch(drawn(), drawn())).not.toThrow();
    expect(masks).toEqual(Uint8Array.from([...expected.mask, ...expected.mask]));
  });

  it("hands a result over although there is no memory for the next call", () => {
    const own = new Preprocessor({ width: 9000, height: 8000 });
    const mask = new Uint8Array(own.packedBytes);
    vi.spyOn(WebAssembly, "Instance").mockImplementation(function () {
      return throwing();
    });
    expect(own.binarize(drawn(), mask)).toBeGreaterThan(0);
    expect(() => own.binarize(drawn(), mask)).toThrow(refusal("OUT_OF_MEMORY"));
    vi.restoreAllMocks();
    expect(() => own.binarize(drawn(), mask)).not.toThrow();
  });

  it("takes no memory for a stride that is never used", () => {
    const own = new Preprocessor(SIZE);
    const grow = vi.spyOn(WebAssembly.Memory.prototype, "grow");
    own.threshold({ data: pixels(60), width: 20, height: 1, channels: 3, stride: 2 ** 31 - 1 });
    expect(grow).not.toHaveBeenCalled();
  });

  it("stays usable", () => {
    const errors: unknown[] = [];
    function descend(): void {
      try {
        descend();
      } catch {
        // Back up step by step, until there is stack enough again.
        try {
          preprocessor.threshold(drawn());
        } catch (error) {
          errors.push(error);
          throw error;
        }
      }
    }
    for (let time = 0; time < 20; time++) descend();
    expect(errors.some((error) => error instanceof RangeError)).toBe(true);
    expect(errors.filter((error) => error instanceof WebAssembly.RuntimeError)).toEqual([]);
    expectRight(drawn());
  });
});
