// The training step, verified against PyTorch: golden/parity.safetensors, written by golden/make_parity.py.

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
 * Relative L2 distance of a gradient from PyTorch's in float64. Rounding accounts for 5e-6; a single maximum or ReLU that goes
 * the other way, because two values differ by less than rounding, for 1e-3.
 */
const GRADIENT_BOUND = 1e-4;

/** How much more our losses may differ from PyTorch's in float64 than PyTorch's in float32 do. */
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

  it("start with the same weights and pictures as PyTorch", () => {
    expect(golden.metadata.get("case")).toBe(JSON.stringify(GOLDEN_CASE));
    expect(fingerprint(parity.given)).toBe(golden.metadata.get("input crc32"));
  });

  it("have PyTorch's gradients for every trainable tensor", () => {
    const shapes = (tensors: readonly FileTensor[]) => tensors.map(({ name, shape }) => ({ name, shape }));
    expect(shapes(answer.gradients)).toEqual(shapes(golden.tensors));
    const distances = golden.tensors.map(({ name, values }, index) => ({
      name,
      distance: relativeDistance(answer.gradients[index]?.values ?? [], values),
    }));
    // Written so that NaN fails.
    expect(distances.filter(({ distance }) => !(distance <= GRADIENT_BOUND))).toEqual([]);
  });

  it("have PyTorch's losses, as close as PyTorch's float32 and float64 are", () => {
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

/** Largest difference of any step: a single wrong step is not averaged away. */
function mostApart(losses: readonly number[], others: readonly number[]): number {
  return Math.max(...losses.map((loss, step) => Math.abs(loss - (others[step] ?? Number.NaN))));
}
