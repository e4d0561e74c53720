// The entry for thumbnails: kernels of their own, and what is refused. That the files are libjpeg-turbo's is verified against sharp, by
// the tests of `@silhouette/trainer`.

import { readFileSync } from "node:fs";

import { beforeAll, describe, expect, it, vi } from "vitest";

import type { Picture } from "./picture.ts";
import type * as Thumbnail from "./thumbnail.ts";
import { init, Thumbnailer } from "./thumbnail.ts";

const binaryOf = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(new URL(`../wasm/${name}.wasm`, import.meta.url)));
const hasCode = (code: string): unknown => expect.objectContaining({ name: "PreprocessError", code });

const PICTURE: Picture = { data: new Uint8Array(3 * 30 * 20).fill(99), width: 30, height: 20, channels: 3 };

/** The entry, as a process has it that has not called anything yet. */
async function fresh(): Promise<typeof Thumbnail> {
  vi.resetModules();
  return import("./thumbnail.ts");
}

describe("the kernels of thumbnails", () => {
  it.each(["simd128", "scalar"] as const)("are also taken as a module, %s", async (set) => {
    const entry = await fresh();
    expect(() => new entry.Thumbnailer()).toThrow(hasCode("NOT_INITIALIZED"));
    entry.initSync(binaryOf(`thumbnail.${set}`));
    expect(new entry.Thumbnailer({ instructionSet: set }).thumbnail(PICTURE).length).toBeGreaterThan(600);
  });

  it("are also in code, under the same names", async () => {
    const files = await fresh();
    vi.resetModules();
    const inlined = await import("./inline-thumbnail.ts");
    expect(Object.keys(inlined).toSorted()).toEqual(Object.keys(files).toSorted());
    await inlined.init();
    await init();
    expect(new inlined.Thumbnailer().thumbnail(PICTURE)).toEqual(new Thumbnailer().thumbnail(PICTURE));
  });

  it("are not mistaken for those of JPEG files", async () => {
    const entry = await fresh();
    await expect(entry.init({ module: binaryOf("jpeg.simd128") })).rejects.toThrow(hasCode("KERNELS_UNAVAILABLE"));
  });

  it("have a resize, and nothing else of the main entry", () => {
    const names = WebAssembly.Module.exports(new WebAssembly.Module(binaryOf("thumbnail.simd128")));
    expect(names.map(({ name }) => name).toSorted()).toEqual([
      "arena_start",
      "finish_resize",
      "jpeg_file",
      "jpeg_file_bytes",
      "memory",
      "resize_plan",
      "resize_plan_bytes",
      "resize_rows",
      "workspace_bytes",
    ]);
  });
});

describe("a Thumbnailer", () => {
  beforeAll(() => init());

  it("gives files of the caller's own, larger at a higher quality", () => {
    const noise = { ...PICTURE, data: PICTURE.data.map((_, at) => (at * at * 7) >> 3) };
    const [low, high] = [10, 95].map((quality) => new Thumbnailer({ quality }).thumbnail(noise));
    expect(high?.length).toBeGreaterThan(low?.length ?? Infinity);
    const thumbnailer = new Thumbnailer();
    const first = thumbnailer.thumbnail(noise);
    const kept = first.slice();
    thumbnailer.thumbnail(PICTURE);
    expect(first).toEqual(kept);
  });

  it.each<[string, string, () => unknown]>([
    ["a side of 0", "INVALID_ARGUMENT", () => new Thumbnailer({ side: 0 })],
    ["a side beyond 4,096", "INVALID_ARGUMENT", () => new Thumbnailer({ side: 4097 })],
    ["a quality of 101", "INVALID_ARGUMENT", () => new Thumbnailer({ quality: 101 })],
    ["an unknown option", "INVALID_ARGUMENT", () => new Thumbnailer({ size: 9 } as object)],
    ["no picture", "INVALID_ARGUMENT", () => new Thumbnailer().thumbnail(null as unknown as Picture)],
    ["too few bytes", "WRONG_LENGTH", () => new Thumbnailer().thumbnail({ ...PICTURE, height: 21 })],
  ])("refuses %s", (_, code, call) => {
    expect(call).toThrow(hasCode(code));
  });
});
