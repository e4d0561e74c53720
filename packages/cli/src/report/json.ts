// Events for programs: one JSON object per line on stdout.

import type { CommandEvent, Report } from "./events.ts";
import { printableJson } from "@silhouette/report/printable";

/** Milliseconds between two lines of one kind of progress: a few a second, however fast the work is. */
const BETWEEN_LINES = 250;

/** Events that come for each picture or step, and say how far the work is. All others are written as they come. */
const PROGRESS: ReadonlySet<CommandEvent["type"]> = new Set(["progress", "step", "evaluated", "benchTurn"]);

/** Bytes, such as the pixels of examples, are written in base64. */
function plainData(_: string, value: unknown): unknown {
  return value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.length).toString("base64")
    : value;
}

/**
 * A report for one run of a command. Of progress it writes the first and the last of each stage, and in between a few lines a
 * second.
 *
 * @param write takes whole lines
 * @param now milliseconds of a clock that never goes back
 */
export function reportJson(
  write: (line: string) => void = (line) => process.stdout.write(line),
  now: () => number = () => performance.now(),
): Report {
  let lastLine = -Infinity;
  let stage: CommandEvent["type"] | undefined;
  let waiting: CommandEvent | undefined;
  const writeEvent = (event: CommandEvent): void => write(`${printableJson(JSON.stringify(event, plainData))}\n`);
  return (event) => {
    if (PROGRESS.has(event.type)) {
      if (stage === event.type && now() - lastLine < BETWEEN_LINES) {
        waiting = event;
        return;
      }
      [stage, waiting, lastLine] = [event.type, undefined, now()];
      writeEvent(event);
      return;
    }
    // Pictures are skipped in the midst of a stage; everything else ends it.
    if (event.type !== "skip") {
      if (waiting !== undefined) writeEvent(waiting);
      [stage, waiting] = [undefined, undefined];
    }
    writeEvent(event);
  };
}
