// Events for programs: one JSON object a line on stdout.

import type { CommandEvent, Report } from "./events.ts";
import { printableJson } from "./printable.ts";

/** Milliseconds between two lines of one kind of progress: a few a second, however fast the work is. */
const BETWEEN_LINES = 250;

/** Events that come for each picture or step, and say how far the work is. All others are written as they come. */
const PROGRESS: ReadonlySet<CommandEvent["event"]> = new Set(["progress", "step", "evaluated", "benchTurn"]);

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
  let stage: CommandEvent["event"] | undefined;
  let waiting: CommandEvent | undefined;
  const writeEvent = (event: CommandEvent): void => write(`${printableJson(JSON.stringify(event))}\n`);
  return (event) => {
    if (PROGRESS.has(event.event)) {
      if (stage === event.event && now() - lastLine < BETWEEN_LINES) {
        waiting = event;
        return;
      }
      [stage, waiting, lastLine] = [event.event, undefined, now()];
      writeEvent(event);
      return;
    }
    // Pictures are skipped in the midst of a stage; everything else ends it.
    if (event.event !== "skip") {
      if (waiting !== undefined) writeEvent(waiting);
      [stage, waiting] = [undefined, undefined];
    }
    writeEvent(event);
  };
}
