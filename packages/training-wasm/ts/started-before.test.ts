// enableTraining with a backend that the program started itself, with TensorFlow.js' own binary.

import { expect, it } from "vitest";

import { enableTraining } from "./index.ts";
import { tf } from "./testing/tensorflow.ts";

it("a backend that is already running trains on one thread, says so, and keeps its tensors", async () => {
  await tf.setBackend("wasm");
  const x = tf.tensor4d([-4, -1, -3, -2, 0, -9, -5, 0], [2, 2, 2, 1]);
  const training = await enableTraining({ threads: 2 });
  expect(training.threads).toBe(1);
  expect(training.oneThreadBecause).toContain("call enableTraining first");
  const gradient = tf.grad((at: tf.Tensor) => tf.maxPool(at as tf.Tensor4D, 2, 2, "valid"))(x);
  expect([...gradient.dataSync()]).toEqual([0, 1, 0, 0, 1, 0, 0, 0]);
});
