// The list of weights in a model.json: whether it is one, and how many bytes its weights have.

import { util, type io } from "@tensorflow/tfjs-core";

/** Bytes per value, by dtype; those of strings depend on their content. */
const VALUE_BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  float16: 2,
  int32: 4,
  uint16: 2,
  uint8: 1,
  bool: 1,
  complex64: 8,
};

/** The groups of weights, each in files of their own, or undefined if `json` does not have them. */
export function groupsOf(json: unknown): io.WeightsManifestConfig | undefined {
  const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
    typeof value === "object" && value !== null;
  const isWeight = (value: unknown): boolean =>
    isObject(value) &&
    typeof value["name"] === "string" &&
    typeof value["dtype"] === "string" &&
    Array.isArray(value["shape"]) &&
    value["shape"].every((side) => Number.isInteger(side) && side >= 0);
  const isGroup = (value: unknown): boolean =>
    isObject(value) &&
    Array.isArray(value["paths"]) &&
    value["paths"].every((path) => typeof path === "string") &&
    Array.isArray(value["weights"]) &&
    value["weights"].every(isWeight);
  const groups = isObject(json) ? json["weightsManifest"] : undefined;
  return Array.isArray(groups) && groups.every(isGroup) ? (groups as io.WeightsManifestConfig) : undefined;
}

/** Bytes of all values of `weights` in their files, or undefined if that depends on the values. */
export function weightBytes(weights: readonly io.WeightsManifestEntry[]): number | undefined {
  let bytes = 0;
  for (const { dtype, shape, quantization } of weights) {
    const ofValue = VALUE_BYTES[quantization?.dtype ?? dtype];
    if (ofValue === undefined) return undefined;
    bytes += util.sizeFromShape(shape) * ofValue;
  }
  return bytes;
}
