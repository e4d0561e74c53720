// Bugs of TensorFlow.js' WASM backend that `enableTraining` fixes: each case fails on the stock backend, and passes on
// ours.

import { beforeAll, describe, expect, it } from "vitest";

import { enableTraining } from "../index.ts";
import { keepProcessListeners } from "../process-listeners.ts";
import { tf } from "./tensorflow.ts";

/** One bug, by a computation that the stock backend gets wrong. */
export interface StockBug {
  /** The correct behaviour, as a sentence. */
  readonly name: string;
  /** Computes it. */
  readonly run: () => unknown;
  /** The correct result, or {@link AN_ERROR}. */
  readonly expected: unknown;
}

/** Expected of a computation that has to throw. */
export const AN_ERROR = "an error";

/** Tests that each of `bugs` is there on the stock backend, and fixed by `enableTraining`. */
export function describeStockBugs(family: string, bugs: readonly StockBug[]): void {
  describe(`bugs of the stock backend in ${family}, fixed:`, () => {
    const stock = new Map<string, unknown>();

    beforeAll(async () => {
      const putBackListeners = keepProcessListeners();
      const factory = tf.findBackendFactory("wasm");
      for (const bug of bugs) {
        // Each on a backend of its own: some write outside of their tensors.
        await tf.setBackend("wasm");
        // Bytes other than 0 for kernels that do not write all of their output: zeros may be correct by chance.
        tf.dispose(tf.mul(tf.ones([100_000]), 77));
        stock.set(bug.name, resultOf(bug));
        // A heap that was written to outside of its tensors cannot be freed.
        tf.backend().dispose = () => undefined;
        tf.removeBackend("wasm");
        tf.registerBackend("wasm", factory);
      }
      putBackListeners();
      await enableTraining();
    });

    it.each(bugs)("$name", (bug) => {
      expect(stock.get(bug.name)).not.toEqual(bug.expected);
      expect(resultOf(bug)).toEqual(bug.expected);
    });
  });
}

function resultOf({ run }: StockBug): unknown {
  try {
    return tf.tidy(() => run() as never);
  } catch (error) {
    return error instanceof Error ? AN_ERROR : error;
  }
}

/** The elements of `x`, row by row. */
export const values = (x: tf.Tensor): number[] => [...x.dataSync()];

/** The gradient of the sum of `f`, at `x`. */
export const gradientOf = (f: (x: tf.Tensor4D) => tf.Tensor, x: tf.Tensor4D): number[] =>
  values(tf.grad((at: tf.Tensor) => f(at as tf.Tensor4D))(x));

/** The gradient at `x` of the sum of `f` weighted by 1, 2, 3 and so on. */
export const volumeGradient = (f: (x: tf.Tensor5D) => tf.Tensor, x: tf.Tensor5D): number[] =>
  values(
    tf.grad((at: tf.Tensor) => {
      const y = f(at as tf.Tensor5D);
      return tf.sum(tf.mul(y, tf.reshape(tf.range(1, y.size + 1), y.shape)));
    })(x),
  );
