// Image transforms and crops: stock TensorFlow.js fills the outside of images wrongly, and accepts any coordinates.

import {
  CropAndResize,
  RotateWithOffset,
  Transform,
  type CropAndResizeAttrs,
  type KernelFunc,
  type RotateWithOffsetAttrs,
  type TensorInfo,
  type TransformAttrs,
} from "@tensorflow/tfjs-core";

import { TrainingWasmError } from "../errors.ts";
import type { Heap } from "../heap.ts";
import { kernel, type Kernel } from "./kernel.ts";

/** Numbers of one transform `a0, a1, a2, b0, b1, b2, c0, c1`: x' = (a0 x + a1 y + a2) / (c0 x + c1 y + 1), and y' by the b's. */
const TRANSFORM_NUMBERS = 8;

/**
 * Projective transforms. Stock TensorFlow.js reflects places left of an image or above it to its last pixels.
 * Reflections repeat after twice the size, so all places are moved by a multiple of that, to where it is correct.
 */
export function transform(heap: Heap, stock: KernelFunc): Kernel {
  return kernel<"image" | "transforms", TransformAttrs>(Transform, ({ image, transforms }, attributes) => {
    const { backend } = heap;
    const attrs = { ...attributes };
    checkFinite(heap, Transform, transforms);
    if (attributes.fillMode !== "reflect") return stock({ inputs: { image, transforms }, attrs, backend });
    const [, height = 0, width = 0] = image.shape;
    const [outHeight, outWidth] = attributes.outputShape ?? [height, width];
    const corners = [0, outHeight - 1].flatMap((y) => [0, outWidth - 1].map((x) => [x, y] as const));
    const moved = heap.output(transforms.shape);
    const numbers = backend.typedArrayFromHeap(moved);
    numbers.set(backend.typedArrayFromHeap(transforms));
    for (let at = 0; at < numbers.length; at += TRANSFORM_NUMBERS) {
      const of = numbers.subarray(at, at + TRANSFORM_NUMBERS);
      const [c0 = 0, c1 = 0] = of.subarray(6);
      const projections = corners.map(([x, y]) => c0 * x + c1 * y + 1);
      if (!projections.every((projection) => projection > 0)) {
        throw new TrainingWasmError(
          "UNSUPPORTED_OPERATION",
          `Expected transforms that keep an image in front of the viewer, but received one with c0 ${c0} and c1 ${c1}. Use the ` +
            'fillMode "constant".',
        );
      }
      for (const [from, size] of [
        [0, width],
        [3, height],
      ] as const) {
        const row = of.subarray(from, from + 3);
        const [byX = 0, byY = 0, constant = 0] = row;
        const least = Math.min(
          ...corners.map(([x, y], corner) => (byX * x + byY * y + constant) / (projections[corner] ?? 1)),
        );
        const shift = least < 0 ? 2 * size * Math.ceil(-least / (2 * size)) : 0;
        row.set([byX + shift * c0, byY + shift * c1, constant + shift]);
      }
    }
    try {
      return stock({ inputs: { image, transforms: moved }, attrs, backend });
    } finally {
      backend.disposeData(moved.dataId);
    }
  });
}

/** Boxes of images, with finite coordinates. */
export function cropAndResize(heap: Heap, stock: KernelFunc): Kernel {
  return kernel<"image" | "boxes" | "boxInd", CropAndResizeAttrs>(CropAndResize, ({ boxes, ...inputs }, attributes) => {
    checkFinite(heap, CropAndResize, boxes);
    return stock({ inputs: { boxes, ...inputs }, attrs: { ...attributes }, backend: heap.backend });
  });
}

/** Rotated images. A single fill value is for all channels: stock TensorFlow.js fills the fourth with opaque alpha. */
export function rotateWithOffset(heap: Heap, stock: KernelFunc): Kernel {
  return kernel<"image", RotateWithOffsetAttrs>(RotateWithOffset, ({ image }, attributes) => {
    const { fillValue } = attributes;
    const fills = typeof fillValue === "number" ? Array<number>(image.shape[3] ?? 0).fill(fillValue) : fillValue;
    if (!fills.every(Number.isInteger)) {
      throw new TrainingWasmError(
        "UNSUPPORTED_OPERATION",
        `Expected whole numbers for the fillValue of ${RotateWithOffset}, but received ${fills.join(", ")}. Round them.`,
      );
    }
    const attrs = { ...attributes, fillValue: fills };
    return stock({ inputs: { image }, attrs, backend: heap.backend });
  });
}

function checkFinite(heap: Heap, name: string, places: TensorInfo): void {
  const unknown = heap.backend.typedArrayFromHeap(places).find((number) => !Number.isFinite(number));
  if (unknown === undefined) return;
  throw new TrainingWasmError(
    "UNSUPPORTED_OPERATION",
    `Expected finite numbers for the places of ${name}, but received ${unknown}. Check how they are computed.`,
  );
}
