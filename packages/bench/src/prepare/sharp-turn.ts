// The process of one turn of sharp, started by turn.ts: a short program, as people write it, and nothing else is loaded before it. In: a job,
// as JSON. Out: a line of JSON; an answer goes to a file.
//
// sharp makes no thresholds: our preprocessor does, of the pixels that sharp has resized, or of those that it has decoded.

import { readFileSync, writeFileSync } from "node:fs";

import { init, Preprocessor, type Picture } from "@silhouette/preprocess-wasm";
import sharp from "sharp";

import { emptyAnswer, SIDE } from "./answer-file.ts";
import { SHARP_WITH_PREPROCESSOR } from "./peers.ts";
import { processorMilliseconds } from "./processor-time.ts";
import type { ProgramJob, ProgramMessage } from "./turn.ts";

/** Files that sharp works on at once: more than it has threads. */
const AT_ONCE = 16;

// turn.ts sends exactly this.
const { peer, list, want, out } = JSON.parse(process.argv[2] ?? "") as ProgramJob;
const files = JSON.parse(readFileSync(list, "utf8")) as readonly string[];
await init();
const preprocessor = new Preprocessor({ width: SIDE, height: SIDE });
const answer = emptyAnswer(want === "answer" ? files.length : 0);
const mask = new Uint8Array(preprocessor.packedBytes);

/** Gray pixels of the size, or those of the file. */
async function pixelsOf(file: string): Promise<Picture> {
  const decoded = sharp(file).autoOrient().flatten({ background: "white" });
  const chosen = peer === SHARP_WITH_PREPROCESSOR ? decoded : decoded.greyscale().resize(SIDE, SIDE, { fit: "fill" });
  const { data, info } = await chosen.raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels === 1 ? 1 : 3 };
}

/** Files that no worker has taken. */
const left = files.entries();
async function work(): Promise<void> {
  for (const [index, file] of left) {
    const picture = await pixelsOf(file);
    const threshold = preprocessor.binarize(picture, mask);
    if (want === "times") continue;
    answer.thresholds[index] = threshold;
    answer.maskOf(index).set(mask);
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, work));
if (want === "answer") writeFileSync(out, answer.bytes);
const message: ProgramMessage = {
  versions: { sharp: sharp.versions.sharp, libvips: sharp.versions.vips },
  processorMilliseconds: processorMilliseconds(),
  peakBytes: 1024 * process.resourceUsage().maxRSS,
};
console.log(JSON.stringify(message));
