// How much memory a training step takes, before it is tried: counted for the reference network, whose operations are known, and
// measured on two small steps for networks of the user's own, whose layers may keep anything.

import { profile, util } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";

import { computeOrExplain } from "../backend/out-of-memory.ts";
import type { Backend } from "../backend/operations.ts";
import type { Classifier } from "./classifier.ts";
import { TrainerError } from "../values/errors.ts";
import { gigabytes } from "../values/units.ts";
import type { Layer } from "./layer-tree.ts";
import { rehearsalStep } from "./rehearsal.ts";
import { stagesOf, type Stage } from "./stages.ts";

const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;

/** Weight, gradient, two moments, and three temporaries of the optimizer. */
const COPIES_OF_WEIGHTS = 7;

/** The heap grows in steps of a fifth, and blocks of different sizes leave gaps. */
const HEAP_OVERHEAD = 1.4;

/** Pictures of the steps that are measured: what the second takes more is a picture's. */
const MEASURED_PICTURES = [2, 3] as const;

/** Bytes that a step needs at most. */
export interface StepMemory {
  /** Whatever the batch. */
  readonly fixedBytes: number;
  /** For each picture of the batch. */
  readonly bytesPerPicture: number;
}

/**
 * Of a network of the reference's kinds of layers, counted: what the forward pass keeps for the backward pass, the largest
 * gradients beside it, and the weights with their optimizer.
 */
export function countedStep(network: LayersModel, backend: Backend): StepMemory {
  const stages = stagesOf(network);
  const input = util.sizeFromShape((network.inputs[0]?.shape ?? []).slice(1) as number[]);
  const { mapsBeforePooling } = backend.operations;
  const kept = stages.reduce((sum, stage) => sum + keptFloats(stage, mapsBeforePooling), input);
  const widest = Math.max(...stages.map((stage) => floatsOf(mapsBeforePooling > 0 ? stage.layer : lastLayer(stage))));
  return stepMemory(network, backend, FLOAT_BYTES * (kept + 2 * widest));
}

/** Of any network, measured: the most that its tensors take during a step. */
export async function measuredStep(classifier: Classifier, backend: Backend): Promise<StepMemory> {
  const [fewer, more] = MEASURED_PICTURES;
  const taken = (await peakBytes(classifier, more)) - (await peakBytes(classifier, fewer));
  return stepMemory(classifier.network, backend, taken / (more - fewer));
}

async function peakBytes(classifier: Classifier, pictures: number): Promise<number> {
  let failure: unknown;
  const { peakBytes: peak } = await profile(() => {
    // An error would leave the profiler on.
    try {
      computeOrExplain(() => rehearsalStep(classifier, pictures));
    } catch (error) {
      failure = error;
    }
  });
  if (failure !== undefined) throw failure;
  return peak;
}

function stepMemory(network: LayersModel, backend: Backend, floatBytes: number): StepMemory {
  return {
    fixedBytes: weightBytes(network.countParams(), backend),
    bytesPerPicture: HEAP_OVERHEAD * Math.max(0, floatBytes),
  };
}

/** Bytes that a step of `batch` pictures needs at most. */
export function stepBytes({ fixedBytes, bytesPerPicture }: StepMemory, batch: number): number {
  return Math.ceil(bytesPerPicture * batch) + fixedBytes;
}

/** Bytes that a network of so many parameters needs, whatever the batch. */
function weightBytes(parameters: number, { baseBytes }: Backend): number {
  return Math.ceil(HEAP_OVERHEAD * FLOAT_BYTES * COPIES_OF_WEIGHTS * parameters + baseBytes);
}

/**
 * Before a network is built.
 *
 * @throws {TrainerError} `BATCH_TOO_LARGE` if its weights alone do not fit the backend's memory
 */
export function checkWeightsMemory(parameters: number, backend: Backend): void {
  const { memoryLimitBytes } = backend;
  const need = weightBytes(parameters, backend);
  if (need > memoryLimitBytes) {
    throw new TrainerError(
      "BATCH_TOO_LARGE",
      `Expected the network to fit ${gigabytes(memoryLimitBytes)} of memory, but its weights alone need ${gigabytes(need)}`,
      "Use smaller pictures.",
    );
  }
}

/**
 * @throws {TrainerError} `BATCH_TOO_LARGE` if a step does not fit the backend's memory, with the largest batch that does
 */
export function checkMemory(step: StepMemory, batch: number, { memoryLimitBytes }: Backend): void {
  const need = stepBytes(step, batch);
  if (need <= memoryLimitBytes) return;
  throw new TrainerError(
    "BATCH_TOO_LARGE",
    `Expected a training step to fit ${gigabytes(memoryLimitBytes)} of memory, but a batch of ${batch} needs ${gigabytes(need)}`,
    smallerStep(step, batch, memoryLimitBytes),
  );
}

/** What to do where a step of `batch` pictures does not fit so many bytes, as a sentence. */
export function smallerStep(step: StepMemory, batch: number, bytes: number): string {
  const largest = Math.max(0, Math.floor(batch - (stepBytes(step, batch) - bytes) / step.bytesPerPicture));
  return largest > 0 ? `Use batches of ${largest} pictures or fewer, or smaller pictures.` : "Use smaller pictures.";
}

/** Numbers a picture that a stage keeps until the end of the step. */
function keptFloats(stage: Stage, mapsBeforePooling: number): number {
  const floats = floatsOf(lastLayer(stage));
  switch (stage.kind) {
    case "convPool":
      // The pooled map, four bits for each of its numbers, and what the backend keeps of the map before pooling.
      return floats + floats / 8 + mapsBeforePooling * floatsOf(stage.layer);
    case "layer":
      // Before and after a bias, and after an activation.
      return stage.layer.weights.length > 0 ? 3 * floats : floats;
    default:
      return floats;
  }
}

function lastLayer(stage: Stage): Layer {
  return stage.kind === "convPool" ? stage.pool : stage.layer;
}

/** Numbers a picture of a layer's output. */
function floatsOf(layer: Layer): number {
  return util.sizeFromShape((layer.outputShape as (number | null)[]).slice(1).map((side) => side ?? 1));
}
