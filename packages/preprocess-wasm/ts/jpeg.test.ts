// The entry for JPEG files: kernels of their own, and what is refused. That decoded pixels are libjpeg-turbo's is verified
// against sharp, by the tests of `@silhouette/trainer`.

import { readFileSync } from "node:fs";

import { beforeAll, describe, expect, it, vi } from "vitest";

import type * as Index from "./index.ts";
import { init, JpegDecoder } from "./jpeg.ts";
import type * as Jpeg from "./jpeg.ts";

const SETS = ["simd128", "scalar"] as const;

const binaryOf = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(new URL(`../wasm/${name}.wasm`, import.meta.url)));
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
    expect(() => new jpeg.JpegDecoder({ instructionSet: "scalar" })).toThrow(hasCode("NOT_INITIALIZED"));
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

  it("have functions of their own only", () => {
    const [masks, jpeg] = ["preprocess", "jpeg"].map((name) =>
      WebAssembly.Module.exports(new WebAssembly.Module(binaryOf(`${name}.simd128`))).map((each) => each.name),
    );
    expect(jpeg?.toSorted()).toEqual(["arena_start", "jpeg_info", "jpeg_pixels", "memory"]);
    expect(masks?.filter((name) => name.includes("jpeg"))).toEqual([]);
  });
});

describe("JpegDecoder", () => {
  beforeAll(async () => init());

  it.each<[string, () => unknown]>([
    ["a file that is no array", () => new JpegDecoder().decode("car.jpg" as unknown as Uint8Array)],
    ["an unknown way to decode", () => new JpegDecoder().decode(new Uint8Array(9), { grey: true } as object)],
    ["gray that is neither true nor false", () => new JpegDecoder().view(new Uint8Array(9), { gray: 1 } as object)],
    ["a limit of 0 pixels", () => new JpegDecoder({ mostPixels: 0 })],
    ["an unknown option", () => new JpegDecoder({ size: 9 } as object)],
  ])("refuses %s", (_, call) => {
    expect(call).toThrow(hasCode("INVALID_ARGUMENT"));
  });

  it("declines what is no ordinary JPEG file", () => {
    const decoder = new JpegDecoder();
    for (const bytes of [[], [0xff], [0xff, 0xd8], [0xff, 0xd8, 0xff, 0xd9], [0x89, 0x50, 0x4e, 0x47]]) {
      expect(decoder.decode(Uint8Array.from(bytes))).toBeUndefined();
    }
  });
});
