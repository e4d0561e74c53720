// Cold starts: from the first import to the first mask, in a new process each time. In: names of peers, settings. Out: times.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { notMeasured } from "../measure/errors.ts";
import { timeInterleaved, type RoundSettings, type Timing } from "../measure/rounds.ts";

/** One peer per library. */
const STARTED: readonly string[] = ["ours simd128", "opencv-js INTER_LINEAR", "@napi-rs/image", "sharp", "jimp"];

const run = promisify(execFile);

/**
 * Times the cold starts of one peer per library, in turns. Each turn is one process, regardless of the settings.
 *
 * @param measured names of the peers that this machine has
 * @throws {BenchError} `NOT_MEASURED`; and the signal's reason
 */
export async function timeColdStarts(
  measured: readonly string[],
  settings: RoundSettings,
  signal: AbortSignal | undefined,
): Promise<readonly Timing[]> {
  const contenders = STARTED.filter((name) => measured.includes(name)).map((name) => ({
    name,
    takeTurn: async () => {
      signal?.throwIfAborted();
      const time = await coldStart(name);
      return { medianMilliseconds: time, bestMilliseconds: time, samples: 1 };
    },
  }));
  return timeInterleaved(contenders, settings);
}

async function coldStart(name: string): Promise<number> {
  const script = fileURLToPath(new URL("./cold-start-turn.js", import.meta.url));
  try {
    const { stdout } = await run(process.execPath, [script, name]);
    return Number(stdout);
  } catch (cause) {
    throw notMeasured(`Expected ${name} to start, but it failed: ${String(cause)}`, cause);
  }
}
