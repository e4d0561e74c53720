// How far a long work is: a bar on a terminal, a plain line now and then elsewhere.

import { SingleBar } from "cli-progress";

import { WIDEST } from "./wrapped.ts";

/** Shows where a work stands until it is stopped. */
export interface Progress {
  /** `remark` stands behind the numbers: a rate, the time left. */
  update(done: number, remark: string): void;
  stop(): void;
}

/** Lines of the whole work without a terminal: logs stay short. */
const LINES = 10;

/** Progress of `total` pictures, or other `things`, on `stream`; `title` leads it. */
export function progressOn(stream: NodeJS.WriteStream, total: number, title = "", things = "pictures"): Progress {
  // A dumb terminal cannot go back to the beginning of a line.
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

/** `5 s`, `2 min 5 s`, `1 h 4 min`. */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
