// The process of one turn of our decoder, started by turn.ts: files in memory to pixels, in threads that share them. In: a job, as JSON. Out: a
// line of JSON.

/* oxlint-disable unicorn/require-post-message-target-origin -- the rule is about windows; threads have no origin */

import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { Worker } from "node:worker_threads";

import { init, JpegDecoder, type Picture } from "@silhouette/preprocess-wasm/jpeg";
import sharp from "sharp";

import { runTurnProgram } from "../measure/turn-program.ts";
import { processorMilliseconds } from "./processor-time.ts";
import type { DecoderMessage, PrepareTurn, ProgramJob } from "./turn.ts";

/** Bytes of the files in memory, about: of more, some are decoded, evenly chosen. */
const MOST_BYTES = 256 * 2 ** 20;

/** What the threads share. */
export interface SharedFiles {
  /** All files, one after the other. */
  readonly bytes: Uint8Array;
  /** Where each begins, and where the last one ends. */
  readonly starts: readonly number[];
  /** Files to decode, of which those that are there are repeated. */
  readonly photographs: number;
  /** Files that threads have taken: a single number. */
  readonly taken: Int32Array;
}

await runTurnProgram(async (given): Promise<Omit<DecoderMessage | PrepareTurn, "peakBytes">> => {
  // turn.ts sends exactly this.
  const { list, want, photographs, threads } = given as ProgramJob;
  const files = JSON.parse(readFileSync(list, "utf8")) as readonly string[];
  await init();
  return want === "answer" ? compared(files) : timed(files, { photographs, threads });
});

/** Decodes all files, and compares their pixels with sharp's. */
async function compared(files: readonly string[]): Promise<Omit<DecoderMessage, "peakBytes">> {
  const decoder = new JpegDecoder();
  const different: string[] = [];
  let ordinary = 0;
  for (const file of files) {
    const content = readFileSync(file);
    const picture = decoder.view(content);
    if (picture === undefined) continue;
    ordinary++;
    if (!(await isSharps(picture, content))) different.push(file);
  }
  return { versions: {}, processorMilliseconds: processorMilliseconds(), ordinary, different };
}

async function isSharps({ data, width, height, channels }: Picture, content: Buffer): Promise<boolean> {
  const decoded = sharp(content);
  // Without it sharp repeats a single channel three times.
  const pixels = await (channels === 1 ? decoded.toColourspace("b-w") : decoded)
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { info } = pixels;
  return info.width === width && info.height === height && pixels.data.equals(new Uint8Array(data));
}

async function timed(
  files: readonly string[],
  { photographs, threads }: Pick<ProgramJob, "photographs" | "threads">,
): Promise<Omit<PrepareTurn, "peakBytes">> {
  const shared = sharedFiles(files, photographs);
  const script = new URL("./decoder-worker.js", import.meta.url);
  const workers = Array.from({ length: threads }, () => new Worker(script, { workerData: shared }));
  const messages = (): Promise<unknown> => Promise.all(workers.map((worker) => once(worker, "message")));
  await messages();
  const [before, begin] = [process.cpuUsage(), performance.now()];
  const done = messages();
  for (const worker of workers) worker.postMessage("decode");
  await done;
  const milliseconds = performance.now() - begin;
  return {
    versions: {},
    processorMilliseconds: processorMilliseconds(before),
    medianMilliseconds: milliseconds,
    bestMilliseconds: milliseconds,
    samples: 1,
  };
}

/** The files that our decoder decodes, or as many as memory should hold. */
function sharedFiles(files: readonly string[], photographs: number): SharedFiles {
  const decoder = new JpegDecoder();
  const totalBytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  const step = Math.ceil(totalBytes / MOST_BYTES);
  const contents = files
    .filter((_, index) => index % step === 0)
    .map((file) => readFileSync(file))
    .filter((content) => decoder.view(content) !== undefined);
  const starts = [0];
  for (const { length } of contents) starts.push((starts.at(-1) ?? 0) + length);
  const bytes = new Uint8Array(new SharedArrayBuffer(starts.at(-1) ?? 0));
  for (const [index, content] of contents.entries()) bytes.set(content, starts[index]);
  return { bytes, starts, photographs, taken: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) };
}
