// Progress of long work: a bar on a terminal, an occasional plain line elsewhere.

import { SingleBar } from "cli-progress";

import { WIDEST } from "./wrapped.ts";

/** Shows progress until it is stopped. */
export interface Progress {
  /** `remark` follows the numbers: a rate, the time left. */
  update(done: number, remark: string): void;
  stop(): void;
}

/** Maximum number of lines without a terminal: logs stay short. */
const LINES = 10;

/** Progress of `total` pictures, or other `things`, on `stream`; `title` leads it. */
export function progressOn(stream: NodeJS.WriteStream, total: number, title: string, things: string): Progress {
  // A dumb terminal cannot return to the start of a line.
  return stream.isTTY && process.env["TERM"] !== "dumb"
    ? bar(stream, total, title, things)
    : lines(stream, total, title, things);
}

function bar(stream: NodeJS.WriteStream, total: number, title: string, things: string): Progress {
  const view = new SingleBar({
    stream,
    format: `${title}{bar} {value}/{total} ${things}, {remark}`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    // The text beside the bar takes some 70 characters.
    barsize: Math.max(5, Math.min(30, (stream.columns || WIDEST) - 70)),
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    gracefulExit: false,
  });
  view.start(total, 0, { remark: "-" });
  return { update: (done, remark) => view.update(done, { remark }), stop: () => view.stop() };
}

function lines(stream: NodeJS.WriteStream, total: number, title: string, things: string): Progress {
  let next = 1;
  return {
    update: (done, remark) => {
      if (done < (next * total) / LINES) return;
      next = Math.floor((done * LINES) / total) + 1;
      stream.write(`${title}${done} of ${total} ${things}, ${remark}\n`);
    },
    stop: () => undefined,
  };
}
