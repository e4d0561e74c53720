// Initialization of the kernels from every kind of source, and its errors.

import { readFileSync } from "node:fs";

import { afterEach, describe, expect, it, vi } from "vitest";

import type * as Index from "./index.ts";

const fileOf = (name: string): URL => new URL(`../wasm/preprocess.${name}.wasm`, import.meta.url);
const simd128 = readFileSync(fileOf("simd128"));
const scalar = readFileSync(fileOf("scalar"));

/** The package as a process has it that has not called anything yet. */
async function fresh(entry: "./index.ts" | "./inline.ts" = "./index.ts"): Promise<typeof Index> {
  vi.resetModules();
  return (await import(entry)) as typeof Index;
}

/** What a preprocessor computes of a picture whose answer is known: dark on the left, light on the right. */
function answerOf(preprocessor: Index.Preprocessor): string {
  const data = Uint8Array.from({ length: 16 * 8 }, (_, index) => (index % 16 < 8 ? 20 : 250));
  const bits = new Uint8Array(preprocessor.packedBytes);
  preprocessor.binarize({ data, width: 16, height: 8, channels: 1 }, bits);
  return Buffer.from(bits).toString("hex");
}

const SIZE = { width: 8, height: 4 };
const ANSWER = "0f0f0f0f";

const hasCode = (code: string): unknown => expect.objectContaining({ name: "PreprocessError", code });

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe.each(["./index.ts", "./inline.ts"] as const)("init of %s", (entry) => {
  it("makes the best kernels ready, which compute", async () => {
    const { init, Preprocessor } = await fresh(entry);
    await init();
    const preprocessor = new Preprocessor(SIZE);
    expect(preprocessor.instructionSet).toBe("simd128");
    expect(answerOf(preprocessor)).toBe(ANSWER);
  });

  it("loads once, however often it is called, also at the same time", async () => {
    const loaded = vi.spyOn(WebAssembly.Module, "customSections");
    const { init } = await fresh(entry);
    expect(loaded).not.toHaveBeenCalled();
    await Promise.all([init(), init(), init({ instructionSet: "simd128" })]);
    await init();
    expect(loaded).toHaveBeenCalledTimes(1);
  });

  it("has both kernels in one process, if both are asked for", async () => {
    const { init, Preprocessor } = await fresh(entry);
    await init({ instructionSet: "scalar" });
    expect(() => new Preprocessor({ instructionSet: "simd128" })).toThrow(hasCode("NOT_INITIALIZED"));
    await init({ instructionSet: "simd128" });
    expect(new Preprocessor({ instructionSet: "scalar" }).instructionSet).toBe("scalar");
    expect(new Preprocessor().instructionSet).toBe("simd128");
    expect(answerOf(new Preprocessor({ ...SIZE, instructionSet: "scalar" }))).toBe(ANSWER);
  });

  it("uses the scalar kernels if the engine has no SIMD, and throws if SIMD is requested", async () => {
    vi.spyOn(WebAssembly, "validate").mockReturnValue(false);
    const { init, Preprocessor } = await fresh(entry);
    await expect(init({ instructionSet: "simd128" })).rejects.toThrow(hasCode("UNSUPPORTED_ENGINE"));
    await init();
    expect(new Preprocessor().instructionSet).toBe("scalar");
  });

  it("can be tried again after it failed", async () => {
    vi.spyOn(WebAssembly.Module, "customSections").mockImplementationOnce(() => {
      throw new Error("no memory");
    });
    const { init, Preprocessor } = await fresh(entry);
    const both = await Promise.allSettled([init(), init()]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await init();
    expect(answerOf(new Preprocessor(SIZE))).toBe(ANSWER);
  });
});

describe("init", () => {
  const module = new WebAssembly.Module(scalar);
  it.each<[string, () => NonNullable<Index.InitOptions["module"]>]>([
    ["a compiled module", () => module],
    ["bytes", () => new Uint8Array(scalar)],
    ["an ArrayBuffer", () => new Uint8Array(scalar).buffer],
    ["a response", () => new Response(scalar)],
    ["a promise of a response", async () => new Response(scalar)],
    ["a URL of a file", () => fileOf("scalar")],
    ["the text of a URL", () => `data:application/wasm;base64,${scalar.toString("base64")}`],
  ])("takes %s, and finds out which kernels they are", async (_, source) => {
    const { init, Preprocessor } = await fresh();
    await init({ module: source() });
    const preprocessor = new Preprocessor(SIZE);
    expect(preprocessor.instructionSet).toBe("scalar");
    expect(answerOf(preprocessor)).toBe(ANSWER);
  });

  it("leaves kernels alone that are ready, and reads no file for others", async () => {
    const { init, Preprocessor } = await fresh();
    await init({ module: scalar });
    await init();
    expect(new Preprocessor().instructionSet).toBe("scalar");
  });

  const otherModule = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  it.each<[string, object | null | (() => object), string, string]>([
    ["options of another type", null, "INVALID_ARGUMENT", "Expected an object for options but received null"],
    ["another instruction set", { instructionSet: "avx2" }, "INVALID_ARGUMENT", "Expected simd128, scalar, undefined"],
    ["a number as module", { module: 5 }, "INVALID_ARGUMENT", "a Response or a URL for module but received 5"],
    ["null as module", { module: null }, "INVALID_ARGUMENT", "for module but received null"],
    ["kernels that are others than said", { module: simd128, instructionSet: "scalar" }, "INVALID_ARGUMENT", "Leave"],
    ["no WebAssembly", { module: new Uint8Array(4) }, "KERNELS_UNAVAILABLE", "CompileError"],
    ["another program's module", { module: otherModule }, "KERNELS_UNAVAILABLE", "but the module is something else"],
    ["a response without it", { module: new Response("", { status: 404 }) }, "KERNELS_UNAVAILABLE", "404"],
    [
      "a promise that fails",
      () => ({ module: Promise.reject(new Error("offline")) }),
      "KERNELS_UNAVAILABLE",
      "offline",
    ],
    ["a file that is not there", { module: fileOf("none") }, "KERNELS_UNAVAILABLE", "ENOENT"],
    ["a text that is no URL", { module: "kernels.wasm" }, "KERNELS_UNAVAILABLE", "/inline"],
  ])("refuses %s, and can be called again", async (_, options, code, message) => {
    const { init, Preprocessor } = await fresh();
    const refused = init((typeof options === "function" ? options() : options) as Index.InitOptions);
    await expect(refused).rejects.toThrow(hasCode(code));
    await expect(refused).rejects.toThrow(message);
    expect(() => new Preprocessor()).toThrow(hasCode("NOT_INITIALIZED"));
    await init();
    expect(new Preprocessor().instructionSet).toBe("simd128");
  });

  it("fetches its file outside of Node.js, or if it is on a server", async () => {
    // Not undefined: the test runner sets a property of it meanwhile.
    vi.stubGlobal("process", Object.create(process, { getBuiltinModule: { value: undefined } }));
    const fetched = vi.fn<typeof fetch>(async () => new Response(simd128));
    vi.stubGlobal("fetch", fetched);
    const { init, Preprocessor } = await fresh();
    await init();
    expect(fetched).toHaveBeenCalledExactlyOnceWith(fileOf("simd128").href);
    expect(answerOf(new Preprocessor(SIZE))).toBe(ANSWER);
  });
});

describe("initSync", () => {
  it.each([
    ["a compiled module", () => new WebAssembly.Module(simd128)],
    ["bytes", () => simd128],
  ])("takes %s", async (_, module) => {
    const { initSync, Preprocessor } = await fresh();
    initSync(module());
    initSync(module());
    expect(answerOf(new Preprocessor(SIZE))).toBe(ANSWER);
  });

  it("rejects sources that it would have to wait for, and binaries of other packages", async () => {
    const { initSync } = await fresh();
    for (const later of [fileOf("simd128"), new Response(simd128)] as object[]) {
      expect(() => initSync(later)).toThrow(hasCode("INVALID_ARGUMENT"));
    }
    expect(() => initSync(new Uint8Array(4))).toThrow(hasCode("KERNELS_UNAVAILABLE"));
  });
});

describe("the package", () => {
  it("rejects preprocessors before init, and says what to call", async () => {
    const { Preprocessor } = await fresh();
    expect(() => new Preprocessor()).toThrow(hasCode("NOT_INITIALIZED"));
    expect(() => new Preprocessor()).toThrow("First: await init()");
    expect(() => new Preprocessor({ instructionSet: "scalar" })).toThrow('init({ instructionSet: "scalar" })');
  });

  it("has the same names inlined", async () => {
    const [files, inlined] = [await fresh(), await fresh("./inline.ts")];
    expect(Object.keys(inlined).toSorted()).toEqual(Object.keys(files).toSorted());
  });

  it("has one version in its manifests, its code and its binaries", async () => {
    const { VERSION } = await import("./kernels.ts");
    const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    expect(VERSION).toBe(version);
    expect(readFileSync(new URL("../Cargo.toml", import.meta.url), "utf8")).toContain(`version = "${version}"`);
  });
});
