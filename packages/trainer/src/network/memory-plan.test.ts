// The predicted memory of a step, compared with the heap of a process that computes one.

import { execFileSync } from "node:child_process";

import { beforeAll, describe, expect, it } from "vitest";

import { startBackend } from "../node/backends/start.ts";
import type { Backend } from "../backend/operations.ts";
import type { BackendName } from "../backend/names.ts";
import { Generator } from "../values/generator.ts";
import { checkMemory, countedStep, stepBytes, withAverages } from "./memory-plan.ts";
import { referenceNetwork } from "./reference-network.ts";
import { BACKENDS_HERE } from "../testing/backends.ts";

const GIB = 2 ** 30;

function networkOf(side: number) {
  return referenceNetwork({ width: side, height: side, classes: 3 }, Generator.ofSeed(0));
}

/** How to measure the memory of a process on each backend. */
const MEMORY: Readonly<Record<BackendName, string>> = {
  // A heap never shrinks.
  wasm: "engine().backend.wasm.asm.memory.buffer.byteLength",
  node: "1024 * process.resourceUsage().maxRSS",
};

/** The part of a recipe that takes most memory. */
const HEAVY = { optimizer: { method: "adamw", weightDecay: 0.01 }, clipNorm: 0.001, averagedWeights: 0.99 };

/** Memory of a fresh process after a step, in bytes. */
function memoryOfStep(name: BackendName, side: number, batch: number, recipe?: typeof HEAVY): number {
  const script = `
    import { engine, tensor2d, tensor4d } from "@tensorflow/tfjs-core";
    import { startBackend } from "./dist/node/backends/start.js";
    import { Classifier } from "./dist/network/classifier.js";
    import { Learner } from "./dist/training/learner.js";
    import { Generator } from "./dist/values/generator.js";
    import { referenceNetwork } from "./dist/network/reference-network.js";
    const backend = await startBackend("${name}");
    const generator = Generator.ofSeed(0);
    const classifier = new Classifier(referenceNetwork({ width: ${side}, height: ${side}, classes: 3 }, generator), backend);
    const pixels = Float32Array.from({ length: ${batch * side * side} }, () => Number(generator.uniform() < 0.5));
    const pictures = tensor4d(pixels, [${batch}, ${side}, ${side}, 1]);
    const labels = tensor2d(Float32Array.from({ length: ${3 * batch} }, (_, at) => Number(at % 3 === 0)), [${batch}, 3]);
    new Learner(classifier, backend, ${JSON.stringify(recipe)}).train({ pictures, labels }, { generator, learningRate: 0.001 });
    console.log(${MEMORY[name]});`;
  const cwd = new URL("../..", import.meta.url);
  const stdio = ["ignore", "pipe", "ignore"] as const;
  const args = ["--input-type=module", "--eval", script];
  return Number(execFileSync(process.execPath, args, { cwd, encoding: "utf8", stdio: [...stdio] }));
}

describe.each(BACKENDS_HERE)("the memory of a step on %s", (name) => {
  it.each([
    [94, 8],
    [94, 64],
    [300, 8],
    // Not every machine has as much memory as TensorFlow needs.
    ...(name === "wasm" ? [[300, 50] as const] : []),
  ] as const)("is predicted at %i pixels and batches of %i, without a large excess", async (side, batch) => {
    const backend = await startBackend(name);
    const network = networkOf(side);
    const predictedBytes = stepBytes(countedStep(network, backend), batch);
    network.dispose();
    const taken = memoryOfStep(name, side, batch);
    expect(predictedBytes).toBeGreaterThanOrEqual(taken);
    expect(predictedBytes).toBeLessThan(2 * taken + 2 ** 26);
  });

  it("is predicted with averages of the weights, decay and clipping", async () => {
    const backend = await startBackend(name);
    const network = networkOf(300);
    const predictedBytes = stepBytes(withAverages(countedStep(network, backend), network), 1);
    network.dispose();
    expect(predictedBytes).toBeGreaterThanOrEqual(memoryOfStep(name, 300, 1, HEAVY));
  });
});

describe("the memory of a step", () => {
  let backend: Backend;

  beforeAll(async () => {
    backend = await startBackend("wasm");
  });

  it("is far below 4 GiB for the reference network at 300 pixels and the article's batch of 50", () => {
    const network = networkOf(300);
    // The step itself is computed above, and takes no more memory.
    expect(stepBytes(countedStep(network, backend), 50)).toBeLessThan(2 * GIB);
    network.dispose();
  });

  it("that is not available is an error with need, limit and the largest batch that fits", () => {
    const network = networkOf(300);
    const small = { ...backend, memoryLimitBytes: 2 * GIB };
    const need = /Expected a training step to fit into 2\.1 GB of memory, but a batch of 500 needs \d+\.\d GB/;
    expect(() => checkMemory(countedStep(network, backend), 500, small)).toThrow(need);
    let error: unknown;
    try {
      checkMemory(countedStep(network, backend), 500, small);
    } catch (thrown) {
      error = thrown;
    }
    const { code, hint } = error as { readonly code: string; readonly hint: string };
    expect(code).toBe("BATCH_TOO_LARGE");
    const largest = Number(/batches of (\d+) pictures/.exec(hint)?.[1]);
    checkMemory(countedStep(network, backend), largest, small);
    expect(() => checkMemory(countedStep(network, backend), largest + 1, small)).toThrow(need.source.slice(0, 30));
    expect(() => checkMemory(countedStep(network, backend), 1, { ...backend, memoryLimitBytes: 1000 })).toThrow(
      "needs",
    );
    network.dispose();
  });
});
