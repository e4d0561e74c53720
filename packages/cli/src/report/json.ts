// Events for programs: one JSON object per line on stdout.

import type { CommandEvent, Report } from "./events.ts";
import { printableJson } from "@silhouette/report/printable";

/** Minimum time between two progress lines of one type, in milliseconds: a few per second, however fast the work is. */
const BETWEEN_LINES = 250;

/** Progress events, which come per picture or step. All others are always written. */
const PROGRESS: ReadonlySet<CommandEvent["type"]> = new Set([
  "progress",
  "reading",
  "step",
  "rate",
  "evaluated",
  "inspected",
  "benchTurn",
]);

/** Writes bytes, such as the pixels of examples, in base64. */
function plainData(_: string, value: unknown): unknown {
  return value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.length).toString("base64")
    : value;
}

/**
 * A JSON report for one run of a command. Writes the first and the last progress event of each stage, and a few per second in
 * between.
 *
 * @param write takes whole lines
 * @param now a monotonic clock, in milliseconds
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
    // Skipped pictures do not end a stage; everything else does.
    if (event.type !== "skip") {
      if (waiting !== undefined) writeEvent(waiting);
      [stage, waiting] = [undefined, undefined];
    }
    writeEvent(event);
  };
}
