// A worker of ./pool.ts. The first message has the kernels, each further one a batch of pictures; each gets one answer.

import { PreprocessError } from "../errors.ts";
import { initSync } from "../kernels.ts";
import { styleOf } from "../mask-style.ts";
import { Preprocessor } from "../preprocessor.ts";
import type { Batch, BatchDone, MessageError, WorkerReady, WorkerStart } from "./messages.ts";

/** The connection to the pool, in Node.js or elsewhere. */
interface Port {
  postMessage(message: WorkerReady | BatchDone, transfer: ArrayBufferLike[]): void;
}

let preprocessor: Preprocessor | undefined;

const thread = globalThis.process?.getBuiltinModule?.("node:worker_threads")?.parentPort;
if (thread) {
  thread.on("message", (message: WorkerStart | Batch) => receive(thread as Port, message));
} else {
  const port = globalThis as unknown as Port;
  addEventListener("message", ({ data }: MessageEvent<WorkerStart | Batch>) => receive(port, data));
}

function receive(port: Port, message: WorkerStart | Batch): void {
  if ("module" in message) port.postMessage(started(message), []);
  else if (preprocessor !== undefined) answer(port, preprocessor, message);
}

function started({ module, options }: WorkerStart): WorkerReady {
  try {
    initSync(module);
    preprocessor = new Preprocessor(options);
    return {};
  } catch (error) {
    return { error: messageOf(error) };
  }
}

function answer(port: Port, binarizer: Preprocessor, { pictures, masks: style, giveBack }: Batch): void {
  const maskBytes = styleOf(style).bytes(binarizer.width * binarizer.height);
  const masks = new Uint8Array(pictures.length * maskBytes);
  const thresholds = new Uint8Array(pictures.length);
  // One by one: a failure affects one picture, and each uses the memory of the last, which is still in the cache.
  const errors = pictures.map((picture, index) => {
    try {
      const mask = masks.subarray(index * maskBytes, (index + 1) * maskBytes);
      thresholds[index] = binarizer.binarize(picture, mask, style);
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  });
  const data = giveBack ? pictures.map((picture) => picture.data) : [];
  const buffers = new Set([masks.buffer, ...data.map(({ buffer }) => buffer)]);
  port.postMessage({ masks, thresholds, errors, data }, [...buffers]);
}

/** Anything but a `PreprocessError` is a defect: it ends this worker, and the pool reports it. */
function messageOf(error: unknown): MessageError {
  if (!(error instanceof PreprocessError)) throw error;
  return { code: error.code, message: error.message };
}
