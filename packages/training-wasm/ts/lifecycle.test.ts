// The kernels and their threads: as they start, after TensorFlow.js restarts its backend, and after a worker ends.

import { execFileSync } from "node:child_process";
import workerThreads from "node:worker_threads";

import { beforeAll, describe, expect, it } from "vitest";

import { enableTraining } from "./index.ts";
import { tf } from "./testing/tensorflow.ts";

/** Workers that were started, the last ones last. */
const workers: workerThreads.Worker[] = [];

beforeAll(() => {
  const { Worker } = workerThreads;
  workerThreads.Worker = class extends Worker {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      workers.push(this);
    }
  };
});

/** A gradient that runs on kernels of ours. */
function gradient(): number[] {
  const pictures = tf.ones([8, 64, 64, 4]);
  const of = (filter: tf.Tensor): tf.Tensor => tf.conv2d(pictures as tf.Tensor4D, filter as tf.Tensor4D, 1, "valid");
  return [
    ...tf.tidy(() =>
      tf
        .grad(of)(tf.ones([5, 5, 4, 1]))
        .dataSync(),
    ),
  ].slice(0, 2);
}

const RIGHT = [8 * 60 * 60, 8 * 60 * 60];

describe("the kernels", () => {
  it.each<[string, () => void]>([
    ["the engine was reset", () => tf.engine().reset()],
    ["the backend was removed", () => tf.removeBackend("wasm")],
  ])("say what to call after %s, and work after that", async (_, end) => {
    const factory = tf.findBackendFactory("wasm");
    await enableTraining({ threads: 2 });
    expect(gradient()).toEqual(RIGHT);
    end();
    if ((tf.findBackendFactory("wasm") as unknown) === null) tf.registerBackend("wasm", factory);
    await tf.setBackend("wasm");
    expect(gradient).toThrow(expect.objectContaining({ code: "BACKEND_UNAVAILABLE" }));
    await enableTraining({ threads: 2 });
    expect(gradient()).toEqual(RIGHT);
  });

  it("say what to call after the backend was disposed of, and can be started again", async () => {
    await enableTraining({ threads: 2 });
    expect(gradient()).toEqual(RIGHT);
    const made = tf.ones([2]);
    tf.backend().dispose();
    const unavailable = expect.objectContaining({ code: "BACKEND_UNAVAILABLE" });
    expect(gradient).toThrow(unavailable);
    expect(() => tf.tensor1d([1, 2])).toThrow(unavailable);
    expect(() => made.dataSync()).toThrow(unavailable);
    await expect(made.data()).rejects.toThrow(unavailable);
    expect(() => tf.exp(made)).toThrow(unavailable);
    tf.backend().dispose();
    await enableTraining({ threads: 2 });
    expect(gradient()).toEqual(RIGHT);
  });

  it("start again after the backend was removed for good", async () => {
    await enableTraining({ threads: 2 });
    tf.removeBackend("wasm");
    await enableTraining({ threads: 2 });
    expect(gradient()).toEqual(RIGHT);
  });

  it("start all threads in a program that is given on the command line", () => {
    const program = `
      import { enableTraining } from "@silhouette/training-wasm";

      const { threads, oneThreadBecause } = await enableTraining({ threads: 2 });
      console.log(threads, oneThreadBecause);
    `;
    const args = ["--input-type=module", "--eval", program];
    expect(execFileSync(process.execPath, args, { cwd: import.meta.dirname, encoding: "utf8" })).toBe("2 null\n");
  });

  it("report a worker that has ended at the next work, and start others", async () => {
    await enableTraining({ threads: 2 });
    expect(gradient()).toEqual(RIGHT);
    await workers.at(-1)?.terminate();
    expect(gradient).toThrow(expect.objectContaining({ code: "KERNELS_UNAVAILABLE" }));
    await enableTraining({ threads: 2 });
    expect(gradient()).toEqual(RIGHT);
  });
});
