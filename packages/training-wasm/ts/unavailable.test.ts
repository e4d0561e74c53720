// What enableTraining says where something is missing. Each test starts where no backend runs yet.

import type * as promises from "node:fs/promises";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { enableTraining } from "./index.ts";
import { tf } from "./testing/tensorflow.ts";

const files = vi.hoisted(() => ({ areGone: false }));
vi.mock("node:fs/promises", async (original) => {
  const actual = await original<typeof promises>();
  const readFile = (...args: Parameters<typeof actual.readFile>): unknown =>
    files.areGone ? Promise.reject(new Error("ENOENT: no such file")) : actual.readFile(...args);
  return { ...actual, readFile };
});

const wasmFactory = tf.findBackendFactory("wasm");

beforeEach(() => {
  vi.spyOn(console, "warn").mockReturnValue();
});

afterEach(() => {
  vi.restoreAllMocks();
  files.areGone = false;
  tf.removeBackend("wasm");
  tf.registerBackend("wasm", wasmFactory);
});

const failure = (code: string): Error => expect.objectContaining({ name: "TrainingWasmError", code }) as Error;

describe("enableTraining fails with", () => {
  it("KERNELS_UNAVAILABLE where its file cannot be read, with the cause, and tries again on the next call", async () => {
    files.areGone = true;
    const error: unknown = await enableTraining().catch((reason: unknown) => reason);
    expect(error).toEqual(failure("KERNELS_UNAVAILABLE"));
    expect((error as Error).message).toContain("wasm/training.simd128.wasm");
    expect((error as Error).cause).toEqual(new Error("ENOENT: no such file"));
    files.areGone = false;
    await expect(enableTraining()).resolves.toBeDefined();
  });

  it("UNSUPPORTED_ENGINE where the engine has no SIMD, and starts no backend", async () => {
    tf.env().set("WASM_HAS_SIMD_SUPPORT", false);
    await expect(enableTraining()).rejects.toThrow(failure("UNSUPPORTED_ENGINE"));
    expect(Object.keys(tf.engine().registry)).toEqual([]);
    tf.env().set("WASM_HAS_SIMD_SUPPORT", true);
    await expect(enableTraining()).resolves.toBeDefined();
  });

  it("BACKEND_UNAVAILABLE where the wasm backend does not start, and falls back to no other", async () => {
    tf.removeBackend("wasm");
    tf.registerBackend("wasm", () => Promise.reject(new Error("no file")));
    tf.registerBackend("other", () => wasmFactory(), 99);
    await expect(enableTraining()).rejects.toThrow(failure("BACKEND_UNAVAILABLE"));
    expect(Object.keys(tf.engine().registry)).toEqual([]);
    tf.removeBackend("other");
  });

  it("BACKEND_UNAVAILABLE where the backend registered itself with another copy of TensorFlow.js", async () => {
    tf.removeBackend("wasm");
    await expect(enableTraining()).rejects.toThrow(failure("BACKEND_UNAVAILABLE"));
    tf.registerBackend("wasm", wasmFactory);
  });

  it("BACKEND_UNAVAILABLE where another backend goes by the name", async () => {
    tf.removeBackend("wasm");
    const wasm = { cwrap: () => () => 0 };
    tf.registerBackend("wasm", () => Object.assign(new tf.KernelBackend(), { wasm, dispose: () => undefined }));
    await expect(enableTraining()).rejects.toThrow(failure("BACKEND_UNAVAILABLE"));
    expect(tf.getBackend()).toBe("wasm");
    tf.removeBackend("wasm");
    tf.registerBackend("wasm", wasmFactory);
  });
});
