// Predicts the memory of a training step: counted for the reference network, whose operations are known, and measured on two
// small steps for the user's own networks, whose layers may keep anything.

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

/** Weights, gradients, two moments, and three temporaries of the optimizer. */
const COPIES_OF_WEIGHTS = 7;

/** The heap grows by a fifth at a time, and blocks of different sizes leave gaps. */
const HEAP_OVERHEAD = 1.4;

/** Batch sizes of the measured steps: their difference is the memory of one picture. */
const MEASURED_PICTURES = [2, 3] as const;

/** Maximum memory of a step. */
export interface StepMemory {
  /** Bytes for any batch size. */
  readonly fixedBytes: number;
  /** Additional bytes per picture of the batch. */
  readonly bytesPerPicture: number;
}

/**
 * Counts the memory of a network with the reference network's kinds of layers: what the forward pass keeps for the backward
 * pass, the largest gradients, and the weights with their optimizer.
 */
export function countedStep(network: LayersModel, backend: Backend): StepMemory {
  const stages = stagesOf(network);
  const input = util.sizeFromShape((network.inputs[0]?.shape ?? []).slice(1) as number[]);
  const { mapsBeforePooling } = backend.operations;
  const kept = stages.reduce((sum, stage) => sum + keptFloats(stage, mapsBeforePooling), input);
  const widest = Math.max(...stages.map((stage) => floatsOf(mapsBeforePooling > 0 ? stage.layer : lastLayer(stage))));
  return stepMemory(network, backend, FLOAT_BYTES * (kept + 2 * widest));
}

/** Measures the memory of any network: the peak size of its tensors during a step. */
export async function measuredStep(classifier: Classifier, backend: Backend): Promise<StepMemory> {
  const [fewer, more] = MEASURED_PICTURES;
  const taken = (await peakBytes(classifier, more)) - (await peakBytes(classifier, fewer));
  return stepMemory(classifier.network, backend, taken / (more - fewer));
}

async function peakBytes(classifier: Classifier, pictures: number): Promise<number> {
  let failure: unknown;
  const { peakBytes: peak } = await profile(() => {
    // An error would leave the profiler enabled.
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

/** The memory of a step if averages of the weights are kept, too. */
export function withAverages({ fixedBytes, bytesPerPicture }: StepMemory, network: LayersModel): StepMemory {
  return { fixedBytes: fixedBytes + Math.ceil(HEAP_OVERHEAD * FLOAT_BYTES * network.countParams()), bytesPerPicture };
}

/** Maximum memory of a step with `batch` pictures, in bytes. */
export function stepBytes({ fixedBytes, bytesPerPicture }: StepMemory, batch: number): number {
  return Math.ceil(bytesPerPicture * batch) + fixedBytes;
}

/** Memory of a network with so many parameters for any batch size, in bytes. */
function weightBytes(parameters: number, { baseBytes }: Backend): number {
  return Math.ceil(HEAP_OVERHEAD * FLOAT_BYTES * COPIES_OF_WEIGHTS * parameters + baseBytes);
}

/**
 * Checks the memory for weights before a network is built.
 *
 * @throws {TrainerError} `BATCH_TOO_LARGE` if its weights alone do not fit into the backend's memory
 */
export function checkWeightsMemory(parameters: number, backend: Backend): void {
  const { memoryLimitBytes } = backend;
  const need = weightBytes(parameters, backend);
  if (need > memoryLimitBytes) {
    throw new TrainerError(
      "BATCH_TOO_LARGE",
      `Expected the network to fit into ${gigabytes(memoryLimitBytes)} of memory, but its weights alone need ${gigabytes(need)}`,
      "Use smaller pictures.",
    );
  }
}

/**
 * @throws {TrainerError} `BATCH_TOO_LARGE` if a step does not fit into the backend's memory, with the largest batch that does
 */
export function checkMemory(step: StepMemory, batch: number, { memoryLimitBytes }: Backend): void {
  const need = stepBytes(step, batch);
  if (need <= memoryLimitBytes) return;
  throw new TrainerError(
    "BATCH_TOO_LARGE",
    `Expected a training step to fit into ${gigabytes(memoryLimitBytes)} of memory, but a batch of ${batch} needs ${gigabytes(need)}`,
    smallerStep(step, batch, memoryLimitBytes),
  );
}

/** Hint for a step of `batch` pictures that does not fit into so many bytes, as a sentence. */
export function smallerStep(step: StepMemory, batch: number, bytes: number): string {
  const largest = Math.max(0, Math.floor(batch - (stepBytes(step, batch) - bytes) / step.bytesPerPicture));
  return largest > 0 ? `Use batches of ${largest} pictures or fewer, or smaller pictures.` : "Use smaller pictures.";
}

/** Number of values per picture that a stage keeps until the end of the step. */
function keptFloats(stage: Stage, mapsBeforePooling: number): number {
  const floats = floatsOf(lastLayer(stage));
  switch (stage.kind) {
    case "convPool":
      // The pooled map, four bits for each of its values, and what the backend keeps of the map before pooling.
      return floats + floats / 8 + mapsBeforePooling * floatsOf(stage.layer);
    case "layer":
      // Before and after the bias, and after the activation.
      return stage.layer.weights.length > 0 ? 3 * floats : floats;
    default:
      return floats;
  }
}

function lastLayer(stage: Stage): Layer {
  return stage.kind === "convPool" ? stage.pool : stage.layer;
}

/** Number of values per picture in a layer's output. */
function floatsOf(layer: Layer): number {
  return util.sizeFromShape((layer.outputShape as (number | null)[]).slice(1).map((side) => side ?? 1));
}
