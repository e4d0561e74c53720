// A bug of TensorFlow.js' WASM backend: its disposal removes the process' own listeners for uncaught errors.

import { describe, expect, it } from "vitest";

import { enableTraining } from "../index.ts";
import { keepProcessListeners } from "../process-listeners.ts";
import { tf } from "../testing/tensorflow.ts";

describe("bugs of the stock backend in its disposal, fixed:", () => {
  it("the process keeps its own listeners when the backend is disposed of", async () => {
    const own = (): void => undefined;
    const isKept = (): boolean => process.listeners("uncaughtException").includes(own);
    process.on("uncaughtException", own);
    const factory = tf.findBackendFactory("wasm");
    const putBackListeners = keepProcessListeners();
    await tf.setBackend("wasm");
    tf.removeBackend("wasm");
    expect(isKept()).toBe(false);

    putBackListeners();
    tf.registerBackend("wasm", factory);
    await enableTraining();
    tf.removeBackend("wasm");
    expect(isKept()).toBe(true);
    process.off("uncaughtException", own);
  });
});
