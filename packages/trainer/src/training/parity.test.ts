// The training step, held by PyTorch: golden/parity.safetensors, which golden/make_parity.py wrote.

import { fileURLToPath } from "node:url";

import { beforeAll, describe, expect, it } from "vitest";

import { startBackend } from "../node/backends/start.ts";
import { readTensorFile } from "../node/files/tensor-file.ts";
import type { FileTensor, TensorFile } from "../values/safetensors.ts";
import { BACKENDS_HERE } from "../testing/backends.ts";
import {
  fingerprint,
  GOLDEN_CASE,
  parityCase,
  trainOn,
  type ParityAnswer,
  type ParityCase,
} from "../testing/parity-case.ts";

/**
 * Relative L2 distance of a gradient from PyTorch's in float64. Rounding comes to 5e-6; a single maximum or ReLU that falls
 * to the other side, because two values differ by less than they are rounded, comes to 1e-3.
 */
const GRADIENT_BOUND = 1e-4;

/** How much further from PyTorch's losses ours may be than PyTorch's in float32 are from its own in float64. */
const LOSS_FACTOR = 3;

describe.each(BACKENDS_HERE)("ten steps of training on %s", (backendName) => {
  let golden: TensorFile;
  let parity: ParityCase;
  let answer: ParityAnswer;

  beforeAll(async () => {
    const backend = await startBackend(backendName);
    golden = await readTensorFile(fileURLToPath(new URL("../../golden/parity.safetensors", import.meta.url)));
    parity = parityCase(GOLDEN_CASE);
    answer = trainOn(parity, backend);
    return () => {
      parity.network.dispose();
      parity.batch.pictures.dispose();
      parity.batch.labels.dispose();
    };
  });

  it("begin with the weights and pictures that PyTorch had", () => {
    expect(golden.metadata.get("case")).toBe(JSON.stringify(GOLDEN_CASE));
    expect(fingerprint(parity.given)).toBe(golden.metadata.get("input crc32"));
  });

  it("have PyTorch's gradient of every trainable tensor", () => {
    const shapes = (tensors: readonly FileTensor[]) => tensors.map(({ name, shape }) => ({ name, shape }));
    expect(shapes(answer.gradients)).toEqual(shapes(golden.tensors));
    const distances = golden.tensors.map(({ name, values }, index) => ({
      name,
      distance: relativeDistance(answer.gradients[index]?.values ?? [], values),
    }));
    // Written so that a NaN is too far.
    expect(distances.filter(({ distance }) => !(distance <= GRADIENT_BOUND))).toEqual([]);
  });

  it("have PyTorch's losses, as closely as PyTorch's own precisions agree", () => {
    const single = lossesIn("float32");
    const between = mostApart(single, lossesIn("float64"));
    expect(answer.losses.length).toBe(single.length);
    expect(mostApart(answer.losses, single)).toBeLessThanOrEqual(LOSS_FACTOR * between);
  });

  function lossesIn(precision: string): readonly number[] {
    return JSON.parse(golden.metadata.get(`losses in ${precision}`) ?? "[]") as readonly number[];
  }
});

/** ‖values - reference‖ / ‖reference‖ */
function relativeDistance(values: ArrayLike<number>, reference: ArrayLike<number>): number {
  let apart = 0;
  let norm = 0;
  for (let index = 0; index < reference.length; index++) {
    const expected = reference[index] ?? Number.NaN;
    apart += ((values[index] ?? Number.NaN) - expected) ** 2;
    norm += expected ** 2;
  }
  return Math.sqrt(apart / norm);
}

/** The largest difference of a step: a single step that goes wrong is not averaged away. */
function mostApart(losses: readonly number[], others: readonly number[]): number {
  return Math.max(...losses.map((loss, step) => Math.abs(loss - (others[step] ?? Number.NaN))));
}
