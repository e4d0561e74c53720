// How much memory a training step takes, before it is tried.

import { util } from "@tensorflow/tfjs-core";
import type { Sequential } from "@tensorflow/tfjs-layers";

import type { Backend } from "./backend.ts";
import { TrainerError } from "./errors.ts";
import { gigabytes } from "./machine-memory.ts";
import { stagesOf, type Layer, type Stage } from "./stages.ts";

const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;

/** Weight, gradient, two moments, and three temporaries of the optimizer. */
const COPIES_OF_WEIGHTS = 7;

/** The heap grows in steps of a fifth, and blocks of different sizes leave gaps. */
const HEAP_OVERHEAD = 1.4;

/**
 * Bytes that a training step of `batch` pictures needs at most: what the forward pass keeps for the backward pass, the
 * largest gradients beside it, and the weights with their optimizer.
 */
export function stepBytes(network: Sequential, batch: number, backend: Backend): number {
  const stages = stagesOf(network);
  const input = util.sizeFromShape((network.inputs[0]?.shape ?? []).slice(1) as number[]);
  const { mapsBeforePooling } = backend.operations;
  const kept = stages.reduce((sum, stage) => sum + keptFloats(stage, mapsBeforePooling), input);
  const widest = Math.max(...stages.map((stage) => floatsOf(mapsBeforePooling > 0 ? stage.layer : lastLayer(stage))));
  const perPicture = FLOAT_BYTES * (kept + 2 * widest);
  return Math.ceil(HEAP_OVERHEAD * perPicture * batch) + weightBytes(network.countParams(), backend);
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
  const { memoryLimit } = backend;
  const need = weightBytes(parameters, backend);
  if (need > memoryLimit) {
    throw new TrainerError(
      "BATCH_TOO_LARGE",
      `Expected the network to fit ${gigabytes(memoryLimit)} of memory, but its weights alone need ${gigabytes(need)}`,
      "Use smaller pictures.",
    );
  }
}

/**
 * @throws {TrainerError} `BATCH_TOO_LARGE` if a step does not fit the backend's memory, with the largest batch that does
 */
export function checkMemory(network: Sequential, batch: number, backend: Backend): void {
  const { memoryLimit } = backend;
  const need = stepBytes(network, batch, backend);
  if (need <= memoryLimit) return;
  throw new TrainerError(
    "BATCH_TOO_LARGE",
    `Expected a training step to fit ${gigabytes(memoryLimit)} of memory, but a batch of ${batch} needs ${gigabytes(need)}`,
    smallerStep(network, batch, memoryLimit, backend),
  );
}

/** What to do where a step of `batch` pictures does not fit so many bytes, as a sentence. */
export function smallerStep(network: Sequential, batch: number, bytes: number, backend: Backend): string {
  const needOf = (pictures: number): number => stepBytes(network, pictures, backend);
  const perPicture = needOf(2) - needOf(1);
  const largest = Math.max(0, Math.floor(batch - (needOf(batch) - bytes) / perPicture));
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
