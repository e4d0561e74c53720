// Which backend is chosen, and what both backends share: random draws, batches, and a run that moves from one to the other.

import { drawingFrom } from "../../testing/learning.ts";
import { Learner } from "../../training/learner.ts";
import { rmSync } from "node:fs";
import { join } from "node:path";
import util from "node:util";

import { getBackend, memory } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";

import { startBackend } from "./start.ts";
import type { BackendName } from "../../backend/names.ts";
import { withBatch } from "../../network/batch.ts";
import { Classifier } from "../../network/classifier.ts";
import { Generator } from "../../values/generator.ts";
import { referenceNetwork, SHORTEST_SIDE } from "../../network/reference-network.ts";
import { readConfig } from "../files/run-folder.ts";
import { BACKENDS_HERE } from "../../testing/backends.ts";
import { folderForAllTests, stripedBatch, writeStriped } from "../../testing/striped-classes.ts";
import type { TrainEvent } from "../train-options.ts";
import { train } from "../train.ts";
import { evaluated } from "../../testing/predictions.ts";

const LABELS = ["across", "along"];
const folder = folderForAllTests();

describe.each(BACKENDS_HERE)("%s", (name) => {
  it("computes when it is requested, and the reason says so", async () => {
    const backend = await startBackend(name);
    expect(backend).toMatchObject({ name, reason: expect.stringContaining("as requested") as string });
    expect(backend.memoryLimitBytes).toBeGreaterThan(1e9);
    expect(getBackend()).toBe(name === "wasm" ? "wasm" : "tensorflow");
  });

  it("is chosen by auto for a run that started on it", async () => {
    expect(await startBackend("auto", { backend: name, kernelSet: "simd128" })).toMatchObject({
      name,
      reason: expect.stringContaining("because the run started on it") as string,
    });
  });

  it("leaves no tensor behind after a step", async () => {
    const backend = await startBackend(name);
    const pictures = await stripedBatch(folder, { labels: LABELS, counts: { train: 2, val: 0, test: 0 } }, "train");
    const generator = Generator.ofSeed(3);
    const network = referenceNetwork({ width: SHORTEST_SIDE, height: SHORTEST_SIDE, classes: 2 }, generator);
    const classifier = new Classifier(network, backend);
    const learner = new Learner(classifier, backend);
    const step = () =>
      withBatch(pictures.take(Int32Array.of(0, 1, 2)), (batch) => learner.train(batch, drawingFrom(generator)));
    step();
    const before = memory().numTensors;
    step();
    expect(memory().numTensors).toBe(before);
    learner.dispose();
    network.dispose();
  });
});

it("auto chooses WebAssembly and gives the reason", async () => {
  expect(await startBackend("auto")).toMatchObject({
    name: "wasm",
    reason: expect.stringContaining("runs on every machine") as string,
  });
});

describe.skipIf(!BACKENDS_HERE.includes("node"))("two backends", () => {
  /** The values of a network with this seed, and of the batch drawn after it. */
  async function drawn(name: BackendName): Promise<readonly Float32Array[]> {
    await startBackend(name);
    const generator = Generator.ofSeed(11);
    const network = referenceNetwork({ width: SHORTEST_SIDE, height: SHORTEST_SIDE, classes: 2 }, generator);
    const weights = network.getWeights().map((weight) => weight.dataSync<"float32">().slice());
    network.dispose();
    const dataset = { labels: LABELS, counts: { train: 5, val: 0, test: 0 } };
    const pictures = await stripedBatch(folder, dataset, "train");
    const order = generator.permutation(pictures.size);
    const batch = withBatch(pictures.take(order), ({ pictures: pixels, labels }) =>
      [pixels, labels].map((tensor) => tensor.dataSync<"float32">().slice()),
    );
    return [...weights, ...batch];
  }

  it("start with the same weights and the same batches, bit for bit", async () => {
    const [wasm, node] = [await drawn("wasm"), await drawn("node")];
    expect(wasm.length).toBeGreaterThan(20);
    expect(node).toEqual(wasm);
  });

  it.each([
    ["wasm", "node"],
    ["node", "wasm"],
  ] as const)("share a run: started on %s, it is evaluated and resumed on %s", async (first, second) => {
    const source = join(folder, "pictures.arrow");
    const run = join(folder, `${first}-run`);
    await writeStriped(source, { labels: LABELS, counts: { train: 12, val: 2, test: 6 } });
    const settings = { source, run, batch: 8, seed: 5 } as const;
    await train({ ...settings, backend: first, epochs: 2 });
    expect(await readConfig(run)).toMatchObject({ backend: first });

    const [own, other] = [
      await evaluated({ run, source, backend: first }),
      await evaluated({ run, source, backend: second }),
    ];
    expect(other.predictions.map(({ predicted }) => predicted)).toEqual(
      own.predictions.map(({ predicted }) => predicted),
    );
    expect(Math.abs(other.metrics.loss - own.metrics.loss)).toBeLessThan(1e-4 * own.metrics.loss);

    let reason = "";
    const onEvent = (event: TrainEvent): void => {
      if (event.type === "plan") reason = event.backendReason;
    };
    const { config, history } = await train({ ...settings, backend: second, epochs: 3, resume: true, onEvent });
    expect(history.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(config.backend).toBe(second);
    expect(await readConfig(run)).toMatchObject({ backend: second, kernelSet: config.kernelSet });
    expect(reason).toContain(`The run in ${run} started on ${first} (`);
    rmSync(run, { recursive: true });
  });

  it("resume a run on its own backend if none is requested", async () => {
    const source = join(folder, "pictures.arrow");
    const run = join(folder, "own-run");
    await writeStriped(source, { labels: LABELS, counts: { train: 4, val: 0, test: 2 } });
    await train({ source, run, batch: 8, backend: "node", epochs: 1 });
    const { config } = await train({ source, run, epochs: 2, resume: true });
    expect(config.backend).toBe("node");
  });
});

it.skipIf(!BACKENDS_HERE.includes("node"))(
  "tfjs-node finds the functions that Node.js 23 removed from util",
  async () => {
    await startBackend("node");
    const { isNullOrUndefined, isArray } = util as unknown as Record<string, (value: unknown) => boolean>;
    expect([null, undefined, 0, ""].map((value) => isNullOrUndefined?.(value))).toEqual([true, true, false, false]);
    expect([[], {}, "text"].map((value) => isArray?.(value))).toEqual([true, false, false]);
  },
);
