// The entry for JPEG files: kernels of their own, thumbnails, and what is refused. That decoded pixels are libjpeg-turbo's is verified
// against sharp, by the tests of `@silhouette/trainer`.

import { readFileSync } from "node:fs";

import { beforeAll, describe, expect, it, vi } from "vitest";

import type * as Index from "./index.ts";
import { init, JpegDecoder, JpegThumbnails, type Picture } from "./jpeg.ts";
import type * as Jpeg from "./jpeg.ts";

const SETS = ["simd128", "scalar"] as const;

const binaryOf = (name: string): Buffer => readFileSync(new URL(`../wasm/${name}.wasm`, import.meta.url));
const hasCode = (code: string): unknown => expect.objectContaining({ name: "PreprocessError", code });

/** Both entries, as a process has them that has not called anything yet. */
async function fresh(): Promise<{ readonly masks: typeof Index; readonly jpeg: typeof Jpeg }> {
  vi.resetModules();
  return { masks: await import("./index.ts"), jpeg: await import("./jpeg.ts") };
}

describe("the kernels of JPEG files", () => {
  it("are loaded once, and apart from the others", async () => {
    const { masks, jpeg } = await fresh();
    const loaded = vi.spyOn(WebAssembly.Module, "customSections");
    expect(() => new jpeg.JpegDecoder()).toThrow(hasCode("NOT_INITIALIZED"));
    await masks.init();
    expect(() => new jpeg.JpegDecoder()).toThrow("kernels of @silhouette/preprocess-wasm/jpeg to be initialized");
    await Promise.all([jpeg.init(), jpeg.init()]);
    await jpeg.init();
    expect(loaded).toHaveBeenCalledTimes(2);
    expect(new jpeg.JpegDecoder().decode(new Uint8Array(9))).toBeUndefined();
    expect(() => new jpeg.JpegThumbnails({ instructionSet: "scalar" })).toThrow(hasCode("NOT_INITIALIZED"));
  });

  it.each(SETS)("are also taken as a module, %s", async (set) => {
    const { jpeg } = await fresh();
    await jpeg.init({ module: binaryOf(`jpeg.${set}`) });
    expect(() => new jpeg.JpegDecoder({ instructionSet: set })).not.toThrow();
    const { jpeg: other } = await fresh();
    other.initSync(binaryOf(`jpeg.${set}`));
    expect(() => new other.JpegDecoder({ instructionSet: set })).not.toThrow();
  });

  it("are not mistaken for the others", async () => {
    const { masks, jpeg } = await fresh();
    await expect(jpeg.init({ module: binaryOf("preprocess.simd128") })).rejects.toThrow(hasCode("KERNELS_UNAVAILABLE"));
    await expect(masks.init({ module: binaryOf("jpeg.simd128") })).rejects.toThrow(
      /but the module is \S+ jpeg simd128/,
    );
    expect(() => new masks.Preprocessor()).toThrow(hasCode("NOT_INITIALIZED"));
  });

  it("have functions of their own only, and those of a resize", () => {
    const [masks, jpeg] = ["preprocess", "jpeg"].map((name) =>
      WebAssembly.Module.exports(new WebAssembly.Module(binaryOf(`${name}.simd128`))).map((each) => each.name),
    );
    expect(jpeg?.filter((name) => masks?.includes(name)).toSorted()).toEqual([
      "arena_start",
      "finish_resize",
      "memory",
      "resize_plan",
      "resize_plan_bytes",
      "resize_rows",
      "workspace_bytes",
    ]);
    expect(masks?.filter((name) => name.includes("jpeg"))).toEqual([]);
  });
});

/** A slope of colors: red to the right, green down, half blue. */
function slope(width: number, height: number, channels: 1 | 3 | 4, isGray = false): Picture {
  const data = new Uint8Array(width * height * channels);
  for (let at = 0; at < width * height; at++) {
    const [red, green] = [
      Math.round((255 * (at % width)) / width),
      Math.round((255 * Math.floor(at / width)) / height),
    ];
    const pixel = isGray || channels === 1 ? [red, red, red, 9] : [red, green, 128, 9];
    data.set(pixel.slice(0, channels), at * channels);
  }
  return { data, width, height, channels };
}

describe("JpegThumbnails", () => {
  beforeAll(async () => {
    for (const instructionSet of SETS) await init({ instructionSet });
  });

  it.each([
    [400, 300, 160, 120],
    [300, 400, 120, 160],
    [101, 57, 101, 57],
    [1000, 8, 160, 1],
    [333, 334, 160, 160],
  ])("make %i x %i pixels to %i x %i, the same with and without SIMD", (width, height, toWidth, toHeight) => {
    for (const channels of [1, 3, 4] as const) {
      const picture = slope(width, height, channels);
      const [file, other] = SETS.map((instructionSet) => new JpegThumbnails({ instructionSet }).encode(picture));
      expect(file).toEqual(other);
      expect(file?.subarray(0, 3)).toEqual(Uint8Array.of(0xff, 0xd8, 0xff));
      expect(file?.subarray(-2)).toEqual(Uint8Array.of(0xff, 0xd9));
      const thumbnail = new JpegDecoder().decode(file ?? new Uint8Array());
      // Files with a side of fewer than 8 pixels are declined.
      if (toHeight < 8) continue;
      expect(thumbnail).toMatchObject({ width: toWidth, height: toHeight, channels: channels === 1 ? 1 : 3 });
      const expected = slope(toWidth, toHeight, channels === 1 ? 1 : 3);
      const errors = expected.data.map((level, at) => Math.abs(level - (thumbnail?.data[at] ?? 0)));
      expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(3);
      expect(errors.reduce((most, error) => Math.max(most, error), 0)).toBeLessThan(16);
    }
  });

  it("have no color of gray pictures, whatever the channels", () => {
    const thumbnails = new JpegThumbnails();
    const [gray, rgb, rgba] = ([1, 3, 4] as const).map((channels) =>
      thumbnails.encode(slope(300, 200, channels, true)),
    );
    expect(rgb).toEqual(gray);
    expect(rgba).toEqual(gray);
    expect(new JpegDecoder().decode(gray ?? new Uint8Array())?.channels).toBe(1);
  });

  it("have the mean color of a picture of 17 million white pixels in one box", () => {
    const side = 4200;
    const data = new Uint8Array(3 * side * side).fill(255);
    data.fill(0, 0, 3);
    const file = new JpegThumbnails({ side: 1 }).encode({ data, width: side, height: side, channels: 3 });
    const white = new JpegThumbnails({ side: 1 }).encode({
      data: data.subarray(3, 6),
      width: 1,
      height: 1,
      channels: 3,
    });
    expect(file).toEqual(white);
  });

  it("are larger at a higher quality", () => {
    const [low, high] = [10, 95].map((quality) => new JpegThumbnails({ quality }).encode(slope(300, 200, 3)).length);
    expect(high).toBeGreaterThan(low ?? Infinity);
  });

  it.each<[string, () => unknown]>([
    ["a side of 0", () => new JpegThumbnails({ side: 0 })],
    ["a quality of 101", () => new JpegThumbnails({ quality: 101 })],
    ["an unknown option", () => new JpegThumbnails({ size: 9 } as object)],
    ["no picture", () => new JpegThumbnails().encode(null as unknown as Picture)],
    ["a file that is no array", () => new JpegDecoder().decode("car.jpg" as unknown as Uint8Array)],
    ["a limit of 0 pixels", () => new JpegDecoder({ mostPixels: 0 })],
  ])("and decoders refuse %s", (_, call) => {
    expect(call).toThrow(hasCode("INVALID_ARGUMENT"));
  });

  it("refuse a picture of fewer bytes than its size says", () => {
    const picture = { ...slope(30, 20, 3), height: 21 };
    expect(() => new JpegThumbnails().encode(picture)).toThrow(hasCode("WRONG_LENGTH"));
  });
});
