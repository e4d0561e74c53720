// Progress of long work: a bar to draw on a terminal, an occasional plain line elsewhere.

import stringWidth from "fast-string-width";

import { shortened } from "./wrapped.ts";

/** How far some work is. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  /** Leads it, as in `Epoch 2 of 40: `. */
  readonly title: string;
  /** What is counted, such as pictures. */
  readonly things: string;
  /** Follows the numbers: a rate, the time left. */
  readonly remark: string;
}

/** Characters of the longest and of the shortest bar. */
const LONGEST_BAR = 30;
const SHORTEST_BAR = 5;

/** Number of lines without a terminal: logs stay short. */
const LINES = 10;

/** After which there is a line anyway, in milliseconds: nobody should wonder whether the work goes on. */
const LONGEST_SILENCE = 30_000;

/** A line with a bar, and one for the remark if they do not fit side by side. */
export function barLines({ done, total, title, things, remark }: Progress, columns: number): readonly string[] {
  const count = ` ${done}/${total} ${things}`;
  const beside = remark === "" ? count : `${count}, ${remark}`;
  const room = columns - stringWidth(title) - stringWidth(beside);
  const isBeside = room >= SHORTEST_BAR;
  const length = isBeside ? Math.min(LONGEST_BAR, room) : columns - stringWidth(title) - stringWidth(count);
  const bar = barOf(total === 0 ? 1 : done / total, Math.max(SHORTEST_BAR, Math.min(LONGEST_BAR, length)));
  const lines = isBeside ? [`${title}${bar}${beside}`] : [`${title}${bar}${count}`, remark];
  return lines.filter((line) => line !== "").map((line) => shortened(line, columns));
}

function barOf(share: number, length: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * length);
  return "█".repeat(full) + "░".repeat(length - full);
}

/** Writes plain lines about one work after the other: about ten for each, and more of one that takes long. */
export class ProgressLines {
  readonly #write: (line: string) => void;
  readonly #now: () => number;
  #next = 1;
  #lastWritten: number;

  /** @param now a clock, in milliseconds */
  constructor(write: (line: string) => void, now: () => number = () => performance.now()) {
    this.#write = write;
    this.#now = now;
    this.#lastWritten = now();
  }

  /** Writes a line if it is time for one. */
  update({ done, total, title, things, remark }: Progress): void {
    const isSilent = this.#now() - this.#lastWritten >= LONGEST_SILENCE;
    if (done < (this.#next * total) / LINES && !isSilent) return;
    this.#lastWritten = this.#now();
    this.#next = Math.floor((done * LINES) / total) + 1;
    this.#write(`${title}${done} of ${total} ${things}, ${remark}\n`);
  }
}
