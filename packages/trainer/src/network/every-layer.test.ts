// For every layer of tf.layers, our training step equals that of `model.fit`, and the saved model predicts like the trained
// one.

import { drawingFrom } from "../testing/learning.ts";
import { Learner } from "../training/learner.ts";
import {
  argMax,
  memory,
  profile,
  tensor2d,
  tensor4d,
  train,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
} from "@tensorflow/tfjs-core";
import { layers } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";

import { startBackend } from "../node/backends/start.ts";
import type { Backend } from "../backend/operations.ts";
import { isBatchNorm } from "./batch-norm.ts";
import { Classifier } from "./classifier.ts";
import { frozenWithin } from "./layer-tree.ts";
import { Generator } from "../values/generator.ts";
import { measuredStep, stepBytes } from "./memory-plan.ts";
import { customNetwork } from "./custom-network.ts";
import { rehearsalStep, rehearse } from "./rehearsal.ts";
import { checkRestorable, restoreNetwork, saveNetwork } from "./saved-network.ts";
import { BACKENDS_HERE } from "../testing/backends.ts";
import { ABSENT, LAYER_NETWORKS, REJECTED_NETWORKS, SHAPE } from "../testing/layer-networks.ts";

const PICTURES = 6;

function drawnBatch(): { readonly pictures: Tensor4D; readonly labels: Tensor2D } {
  const generator = Generator.ofSeed(2);
  const { width, height, classes } = SHAPE;
  const pixels = Float32Array.from({ length: PICTURES * height * width }, () => Number(generator.uniform() < 0.5));
  const hot = Float32Array.from({ length: PICTURES * classes }, (_, at) =>
    Number(at % classes === Math.floor(at / classes) % classes),
  );
  const pictures = tensor4d(pixels, [PICTURES, height, width, 1]);
  const labels = tensor2d(hot, [PICTURES, classes]);
  onTestFinished(() => [pictures, labels].forEach((each) => each.dispose()));
  return { pictures, labels };
}

let backend: Backend;

describe.each(BACKENDS_HERE)("on %s", (backendName) => {
  beforeAll(async () => {
    // TensorFlow.js' orthogonal initializer needs them.
    await import("@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js");
    backend = await startBackend(backendName);
  });

  it("there is a network for every layer", () => {
    const rejected = REJECTED_NETWORKS.map(({ name }) => name);
    const covered = new Set([...LAYER_NETWORKS.keys(), ...rejected].map((name) => name.split(/[ ,]/u)[0]));
    expect(Object.keys(layers).filter((name) => !covered.has(name) && !ABSENT.includes(name))).toEqual([]);
  });

  describe.each([...LAYER_NETWORKS])("a network with %s", (name, build) => {
    it("has a step whose memory is predicted without a large excess", async () => {
      const network = customNetwork(build, SHAPE, Generator.ofSeed(1));
      const classifier = new Classifier(network, backend);
      onTestFinished(() => {
        network.dispose();
      });
      if (name === "conv3dTranspose") return;
      const batch = 32;
      const predictedBytes = stepBytes(await measuredStep(classifier, { ...backend, baseBytes: 0 }), batch);
      const before = memory().numBytes;
      const { peakBytes } = await profile(() => void rehearsalStep(classifier, batch));
      // Native TensorFlow has no heap limit: there the prediction may be slightly low.
      expect(predictedBytes).toBeGreaterThan((backend.name === "node" ? 0.9 : 1) * (peakBytes - before));
      expect(predictedBytes).toBeLessThan(3 * (peakBytes - before));
    });

    it("is trained like model.fit does, and is the same after saving", async () => {
      const [ours, theirs] = [1, 1].map((seed) => customNetwork(build, SHAPE, Generator.ofSeed(seed)));
      if (ours === undefined || theirs === undefined) throw new Error("Expected two networks");
      onTestFinished(() => [ours, theirs].forEach((each) => each.dispose()));
      const batch = drawnBatch();
      const classifier = new Classifier(ours, backend);
      try {
        rehearse(classifier);
      } catch (error) {
        // TensorFlow.js has no gradient for its operation.
        if (name !== "conv3dTranspose") throw error;
        expect(error).toMatchObject({ message: expect.stringContaining("Conv3DTranspose") as string });
        return;
      }

      const generator = Generator.ofSeed(3);
      const learner = new Learner(classifier, backend);
      onTestFinished(() => learner.dispose());
      const losses = [1, 2, 3].map(() => learner.train(batch, drawingFrom(generator)).loss);

      // Frozen layers normalize with population statistics in Keras, but not in TensorFlow.js.
      for (const norm of frozenWithin(theirs).filter(isBatchNorm)) {
        const call = norm.call.bind(norm);
        norm.call = (inputs, settings) => call(inputs, { ...settings, training: false });
      }
      theirs.compile({ optimizer: train.adam(0.001, 0.9, 0.999, 1e-7), loss: "categoricalCrossentropy" });
      const draws = Generator.ofSeed(3);
      const expected: number[] = [];
      // It draws later, in asynchronous code.
      const random = vi.spyOn(Math, "random").mockImplementation(() => draws.uniform());
      for (let step = 0; step < 3; step++) {
        expected.push((await theirs.trainOnBatch(batch.pictures, batch.labels)) as number);
      }
      random.mockRestore();
      for (const [step, loss] of losses.entries()) expect(Math.abs(loss - (expected[step] ?? 0))).toBeLessThan(2e-4);
      expect(generator.state).toEqual(draws.state);

      await checkRestorable(ours);
      const evaluated = classifier.evaluate(batch);
      const restored = await restoreNetwork(await saveNetwork(ours));
      onTestFinished(() => void restored.dispose());
      const again = new Classifier(restored, backend);
      expect(again.evaluate(batch)).toEqual(evaluated);
      const outputs = restored.predict(batch.pictures) as Tensor2D;
      const best = argMax(outputs, 1) as Tensor;
      expect([...best.dataSync()]).toEqual([...evaluated.predicted]);
      outputs.dispose();
      best.dispose();
    });
  });

  it.each(REJECTED_NETWORKS)("a network with $name is rejected by name before training", async ({ build, because }) => {
    const tensors = memory().numTensors;
    const network = customNetwork(build, SHAPE, Generator.ofSeed(1));
    const classifier = new Classifier(network, backend);
    const checked = async () => {
      rehearse(classifier);
      await checkRestorable(network);
    };
    await expect(checked()).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(because) as string,
    });
    network.dispose();
    expect(memory().numTensors).toBe(tensors);
  });
});
