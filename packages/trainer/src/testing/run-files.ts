// For tests: contents of a run's small files.

import { ARTICLE } from "../training/recipes.ts";
import { RUN_FORMAT_VERSION, type RunConfig } from "../training/run-config.ts";
import type { EpochRecord } from "../training/state.ts";

/** A run's configuration. */
export const CONFIG: RunConfig = {
  formatVersion: RUN_FORMAT_VERSION,
  version: "0.1.0",
  created: "2026-01-02T03:04:05.678Z",
  source: "/photos/автобусы",
  dataset: {
    formatVersion: 1,
    width: 300,
    height: 200,
    pixelFormat: "binary1",
    labels: ["bus", "オートバイ"],
    rows: 30,
    preprocessing: { background: "white", gray: "opencv-15bit", resize: "pillow13-bilinear", threshold: "otsu" },
    split: { from: "content", seed: 7, fractions: [0.8, 0.1, 0.1], drawn: ["train", "val", "test"] },
  },
  fingerprint: "0badc0de",
  fingerprints: { val: "00000001", test: "00000002" },
  counts: { train: [10, 14], val: [1, 2], test: [3, 0] },
  epochs: 40,
  batch: 32,
  seed: 0,
  recipe: ARTICLE,
  network: "custom",
  init: { run: "/runs/первый", crc32: "00c0ffee" },
  backend: "wasm",
  kernelSet: "simd128",
};

/** A history of two epochs, one of which has diverged. */
export const HISTORY: readonly EpochRecord[] = [
  { epoch: 1, loss: 0.1 + 0.2, accuracy: 1 / 3, valLoss: 1.5, valAccuracy: 0.5, learningRate: 0.001, seconds: 12.25 },
  { epoch: 2, loss: Number.NaN, accuracy: 0, valLoss: null, valAccuracy: null, learningRate: 0.0005, seconds: 0 },
];
