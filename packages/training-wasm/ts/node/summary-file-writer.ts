// Writes what TensorBoard shows: numbers and histograms, step by step, to an event file.

import { appendFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

import type { Tensor } from "@tensorflow/tfjs-core";

import { eventFileStart, histogramEvent, scalarsEvent, type Histogram } from "../event-file.ts";
import { makeFolder } from "./make-folder.ts";
import { unwritable } from "./whole-file.ts";

/** The number of buckets of TensorBoard's own histograms. */
const BUCKETS = 30;

/** Writers by their folder, as in tfjs-node: those of one folder share a file. */
const writers = new Map<string, SummaryFileWriter>();

/** Writes an event file, event by event; TensorBoard may read it at any time. */
export interface SummaryFileWriter {
  /**
   * Writes a number.
   *
   * @param name its tag in TensorBoard
   * @param value a number, or a tensor with one
   * @param step whole number that grows from call to call, such as the epoch
   * @throws {TrainingWasmError} `OUTPUT_UNWRITABLE`
   */
  scalar(name: string, value: number | Tensor, step: number): void;
  /**
   * Writes how often values occur. Values that are NaN or infinite are left out.
   *
   * @param name its tag in TensorBoard
   * @param data a tensor of any shape
   * @param step whole number that grows from call to call, such as the epoch
   * @param buckets number of buckets of the same width, 1 or more
   * @throws {TrainingWasmError} `OUTPUT_UNWRITABLE`
   */
  histogram(name: string, data: Tensor, step: number, buckets?: number): void;
  /** Does nothing: each call writes at once. */
  flush(): void;
}

/**
 * Writes to a folder that `tensorboard --logdir` shows. The file and the folder are created with the first event.
 *
 * @param logdir the folder; a second call for it returns the same writer
 * @throws {RangeError} for anything but a path; its methods throw it for steps and values that are none
 */
export function summaryFileWriter(logdir: string): SummaryFileWriter {
  if (typeof logdir !== "string" || logdir === "")
    throw new RangeError(`Expected logdir to be the path of a folder, but received ${JSON.stringify(logdir)}`);
  const writer = writers.get(logdir) ?? writerIn(logdir);
  writers.set(logdir, writer);
  return writer;
}

function writerIn(logdir: string): SummaryFileWriter {
  let file: string | undefined;
  const write = (eventAt: (wallTime: number) => Uint8Array): void => {
    const wallTime = Date.now() / 1000;
    try {
      if (file === undefined) {
        makeFolder(logdir);
        // TensorBoard reads the files of a folder in the order of their names.
        const seconds = String(Math.floor(wallTime)).padStart(10, "0");
        const path = join(logdir, `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.v2`);
        appendFileSync(path, eventFileStart(wallTime));
        file = path;
      }
      appendFileSync(file, eventAt(wallTime));
    } catch (cause) {
      throw unwritable("TensorBoard's events", logdir, cause);
    }
  };
  return {
    scalar: (name, value, step) => {
      checkStep(step);
      // A tensor may be of another copy of TensorFlow.js.
      if (typeof value !== "number" && typeof (value as Tensor | undefined)?.dataSync !== "function")
        throw new RangeError(`Expected value to be a number or a tensor, but received ${JSON.stringify(value)}`);
      const number = typeof value === "number" ? value : Number(value.dataSync()[0]);
      write((wallTime) => scalarsEvent({ wallTime, step }, [[name, number]]));
    },
    histogram: (name, data, step, buckets = BUCKETS) => {
      checkStep(step);
      if (!(Number.isInteger(buckets) && buckets >= 1))
        throw new RangeError(`Expected buckets to be a whole number of 1 or more, but received ${buckets}`);
      const histogram = histogramOf(data.dataSync(), buckets);
      write((wallTime) => histogramEvent({ wallTime, step }, name, histogram));
    },
    flush: () => undefined,
  };
}

function checkStep(step: number): void {
  if (Number.isSafeInteger(step) && step >= 0) return;
  throw new RangeError(`Expected step to be a whole number of 0 or more, but received ${step}`);
}

/** Buckets of the same width from the least to the greatest value; one bucket if all values are the same. */
function histogramOf(all: ArrayLike<number>, buckets: number): Histogram {
  let [min, max, sum, sumOfSquares] = [Infinity, -Infinity, 0, 0];
  const values = Array.from(all).filter(Number.isFinite);
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
    sumOfSquares += value * value;
  }
  if (values.length === 0) return { min: 0, max: 0, sum, sumOfSquares, limits: [], counts: [] };
  if (min === max) return { min, max, sum, sumOfSquares, limits: [max], counts: [values.length] };
  const width = (max - min) / buckets;
  const counts = Array.from({ length: buckets }, () => 0);
  for (const value of values) {
    const bucket = Math.min(Math.floor((value - min) / width), buckets - 1);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  const limits = counts.map((_, index) => (index === buckets - 1 ? max : min + (index + 1) * width));
  return { min, max, sum, sumOfSquares, limits, counts };
}
