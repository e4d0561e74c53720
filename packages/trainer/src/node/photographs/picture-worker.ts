// A thread of PictureWorkers: files of ordinary JPEGs ─▶ pictures for a dataset. Declines all other files.

/* oxlint-disable unicorn/require-post-message-target-origin -- the rule is about windows; threads have no origin */

import { parentPort, workerData } from "node:worker_threads";

import { Preprocessor } from "@silhouette/preprocess-wasm";

import { datasetPicture } from "../../dataset/dataset-picture.ts";
import { initPreprocessor } from "../../dataset/preprocessor-kernels.ts";
import { initJpegs } from "./jpeg-kernels.ts";
import { OrdinaryJpegs } from "./ordinary-jpeg.ts";
import type { Answer, WorkerOptions } from "./picture-workers.ts";

const { stored, sketches, thumbnails } = workerData as WorkerOptions;

await Promise.all([initPreprocessor(), initJpegs()]);
const preprocessor = new Preprocessor({ width: stored.width, height: stored.height });
const jpegs = new OrdinaryJpegs();
/** Whether nothing needs colors. */
const gray = !thumbnails && stored.pixelFormat !== "rgb8";

parentPort?.on("message", (files: readonly string[]) => {
  const answers: Answer[] = [];
  const buffers: ArrayBuffer[] = [];
  for (const file of files) {
    const picture = jpegs.read(file, { gray });
    if (picture === undefined) {
      answers.push(undefined);
      continue;
    }
    const made = datasetPicture(preprocessor, picture, stored, { sketch: sketches });
    const isShown = thumbnails && !("code" in made);
    const shown = isShown ? { ...picture, data: picture.data.slice() } : undefined;
    answers.push({ made, picture: shown });
    if (!("code" in made)) buffers.push(made.pixels.buffer as ArrayBuffer);
    if (shown !== undefined) buffers.push(shown.data.buffer);
  }
  parentPort?.postMessage(answers, buffers);
});
