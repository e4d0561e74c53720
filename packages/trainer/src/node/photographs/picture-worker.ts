// A thread of PictureWorkers: files of ordinary JPEGs ─▶ pictures for a dataset. Declines all other files, and those that do
// not fit into its memory.

/* oxlint-disable unicorn/require-post-message-target-origin -- the rule is about windows; threads have no origin */

import { parentPort, workerData } from "node:worker_threads";

import { DatasetPictureMaker, type DatasetPicture } from "../../dataset/dataset-picture.ts";
import { SKETCH_BYTES } from "../../dataset/duplicates.ts";
import { pictureBytes } from "../../dataset/format.ts";
import { initJpegs } from "./jpeg-kernels.ts";
import { OrdinaryJpegs } from "./ordinary-jpeg.ts";
import type { Answers, Batch, WorkerOptions } from "./picture-workers.ts";

const { stored, sketches, thumbnails, batchFiles } = workerData as WorkerOptions & { readonly batchFiles: number };

await initJpegs();
const maker = await DatasetPictureMaker.of(stored, { sketches, thumbnails });
const jpegs = new OrdinaryJpegs();
/** Whether nothing needs colors. */
const gray = !thumbnails && stored.pixelFormat !== "rgb8";

/** Bytes of a picture's pixels and sketch. */
const ANSWER_BYTES = pictureBytes(stored) + (sketches ? SKETCH_BYTES : 0);

parentPort?.on("message", ({ files, room }: Batch) => {
  // One buffer is cheaper to hand over than many.
  const together = new Uint8Array(room ?? new ArrayBuffer(batchFiles * ANSWER_BYTES));
  const answers = files.map((file, index): DatasetPicture | undefined => {
    const picture = jpegs.read(file, { gray });
    if (picture === undefined) return undefined;
    const made = maker.make(picture);
    if ("code" in made) return undefined;
    const begin = index * ANSWER_BYTES;
    const pixels = placed(made.pixels, together, begin);
    const sketch = made.sketch && {
      ...made.sketch,
      cells: placed(made.sketch.cells, together, begin + made.pixels.length),
    };
    return { ...made, pixels, sketch };
  });
  parentPort?.postMessage({ answers, room: together.buffer } satisfies Answers, [together.buffer]);
});

/** Copies bytes to an offset of `to`. */
function placed(bytes: Uint8Array, to: Uint8Array, offset: number): Uint8Array {
  to.set(bytes, offset);
  return to.subarray(offset, offset + bytes.length);
}
