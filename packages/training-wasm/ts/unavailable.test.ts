// enableTraining's errors if something is missing. No backend runs at the start of each test.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { enableTraining } from "./index.ts";
import { tf } from "./testing/tensorflow.ts";

const wasmFactory = tf.findBackendFactory("wasm");

beforeEach(() => {
  vi.spyOn(console, "warn").mockReturnValue();
});

afterEach(() => {
  vi.restoreAllMocks();
  tf.removeBackend("wasm");
  tf.registerBackend("wasm", wasmFactory);
});

const failure = (code: string): Error => expect.objectContaining({ name: "TrainingWasmError", code }) as Error;

describe("enableTraining fails with", () => {
  it("KERNELS_UNAVAILABLE if the engine cannot run the requested kernels, and starts no backend", async () => {
    const { validate } = WebAssembly;
    let calls = 0;
    // The first is asked of all engines.
    vi.spyOn(WebAssembly, "validate").mockImplementation((bytes) => calls++ === 0 && validate(bytes));
    await expect(enableTraining({ kernelSet: "relaxed" })).rejects.toThrow(failure("KERNELS_UNAVAILABLE"));
    expect(Object.keys(tf.engine().registry)).toEqual([]);
    vi.restoreAllMocks();
    await expect(enableTraining()).resolves.toBeDefined();
  });

  it("UNSUPPORTED_ENGINE if the engine has no SIMD, and starts no backend", async () => {
    vi.spyOn(WebAssembly, "validate").mockReturnValue(false);
    await expect(enableTraining()).rejects.toThrow(failure("UNSUPPORTED_ENGINE"));
    expect(Object.keys(tf.engine().registry)).toEqual([]);
    vi.restoreAllMocks();
    await expect(enableTraining()).resolves.toBeDefined();
  });

  it("RangeError for another number of threads, or an unknown set of kernels", async () => {
    await expect(enableTraining({ kernelSet: "relax" as "relaxed" })).rejects.toThrow(
      "simd128 or relaxed, but received relax",
    );
    for (const threads of [0, -1, 1.5, NaN]) await expect(enableTraining({ threads })).rejects.toThrow(RangeError);
  });

  it("RangeError for an option that it does not have, with the nearest name", async () => {
    for (const [misspelt, meant] of [
      ["kernelset", "kernelSet"],
      ["thread", "threads"],
    ] as const) {
      const message = `received "${misspelt}". Did you mean ${meant}?`;
      await expect(enableTraining({ [misspelt]: 1 })).rejects.toThrow(message);
    }
  });

  it("BACKEND_UNAVAILABLE if the wasm backend does not start, without falling back to another", async () => {
    tf.removeBackend("wasm");
    tf.registerBackend("wasm", () => Promise.reject(new Error("no file")));
    tf.registerBackend("other", () => wasmFactory(), 99);
    await expect(enableTraining()).rejects.toThrow(failure("BACKEND_UNAVAILABLE"));
    expect(Object.keys(tf.engine().registry)).toEqual([]);
    tf.removeBackend("other");
  });

  it("BACKEND_UNAVAILABLE if the backend is registered with another copy of TensorFlow.js", async () => {
    tf.removeBackend("wasm");
    // As this package finds it where its own import has registered nothing.
    vi.resetModules();
    const fresh = await import("./index.ts");
    await expect(fresh.enableTraining()).rejects.toMatchObject({ code: "BACKEND_UNAVAILABLE" });
    tf.registerBackend("wasm", wasmFactory);
  });

  it("BACKEND_UNAVAILABLE if another backend has the name", async () => {
    tf.removeBackend("wasm");
    const wasm = { cwrap: () => () => 0 };
    tf.registerBackend("wasm", () => Object.assign(new tf.KernelBackend(), { wasm, dispose: () => undefined }));
    await expect(enableTraining()).rejects.toThrow(failure("BACKEND_UNAVAILABLE"));
    expect(tf.getBackend()).toBe("wasm");
    tf.removeBackend("wasm");
    tf.registerBackend("wasm", wasmFactory);
  });
});
