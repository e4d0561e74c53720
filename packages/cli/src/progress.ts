// How far a long work is: a bar on a terminal, a plain line now and then elsewhere.

import { SingleBar } from "cli-progress";

/** Where a work stands. */
export interface Standing {
  readonly done: number;
  readonly total: number;
  readonly picturesPerSecond: number;
  readonly secondsLeft: number;
}

/** Shows where a work stands until it is stopped. */
export interface Progress {
  update(standing: Standing): void;
  stop(): void;
}

/** Lines of the whole work without a terminal: logs stay short. */
const LINES = 10;

/** Progress of `total` pictures on `stream`. */
export function progressOn(stream: NodeJS.WriteStream, total: number): Progress {
  return stream.isTTY ? bar(stream, total) : lines(stream, total);
}

function bar(stream: NodeJS.WriteStream, total: number): Progress {
  const view = new SingleBar({
    stream,
    format: "{bar} {value}/{total} pictures, {rate} a second, {left} left",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 30,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    gracefulExit: false,
  });
  view.start(total, 0, { rate: "-", left: "-" });
  return {
    update: (standing) =>
      view.update(standing.done, { rate: Math.round(standing.picturesPerSecond), left: left(standing) }),
    stop: () => view.stop(),
  };
}

function lines(stream: NodeJS.WriteStream, total: number): Progress {
  let next = 1;
  return {
    update: (standing) => {
      if (standing.done < (next * total) / LINES) return;
      next = Math.floor((standing.done * LINES) / total) + 1;
      const rate = Math.round(standing.picturesPerSecond);
      stream.write(`${standing.done} of ${total} pictures, ${rate} a second, ${left(standing)} left\n`);
    },
    stop: () => undefined,
  };
}

function left({ secondsLeft }: Standing): string {
  const seconds = Math.ceil(secondsLeft);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
