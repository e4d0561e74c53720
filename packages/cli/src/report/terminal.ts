// Where text for people goes: what is going on to stderr, results to stdout. What is drawn in place is on stderr and ends before
// anything else is written.

import type { Skip } from "@silhouette/trainer";

import { loaded } from "../outcome/libraries.ts";
import type { Draw, Live } from "./live.ts";
import { barLines, ProgressLines, type Progress } from "./progress.ts";
import { skipLines } from "./text/skips.ts";
import { wrapped } from "./wrapped.ts";

/** The terminal of one run. */
export class Terminal {
  readonly #Live: typeof Live | undefined;
  readonly #skips: Skip[] = [];
  #live: { readonly live: Live; readonly stays: boolean } | undefined;
  #lines: ProgressLines | undefined;

  /** @param drawer what draws in place; undefined where nothing can be drawn again */
  constructor(drawer?: typeof Live) {
    this.#Live = drawer;
  }

  /**
   * The terminal of this process. What draws in place is loaded only where it can: it takes as long to load as the rest of the command.
   *
   * @throws {Failed} `LIBRARY_UNAVAILABLE`
   */
  static async open(): Promise<Terminal> {
    if (!isRedrawable(process.stderr)) return new Terminal();
    return new Terminal((await loaded(import("./live.ts"))).Live);
  }

  /** Whether {@link Terminal.watch} draws in place. */
  get isRedrawable(): boolean {
    return this.#Live !== undefined;
  }

  /** Writes what is going on, wrapped. */
  say(text: string): void {
    this.settle();
    process.stderr.write(wrapped(text, process.stderr));
  }

  /** Writes what is going on, as it is: paths and pictures are not wrapped. */
  show(text: string): void {
    this.settle();
    process.stderr.write(text);
  }

  /** Writes what is going on, wrapped, above what is drawn in place. */
  interject(text: string): void {
    const line = wrapped(text, process.stderr);
    if (this.#live === undefined) process.stderr.write(line);
    else this.#live.live.above(line);
  }

  /** Writes a result, wrapped. */
  answer(text: string): void {
    this.settle();
    process.stdout.write(wrapped(text, process.stdout));
  }

  /** Writes a result, as it is. */
  print(text: string): void {
    this.settle();
    process.stdout.write(text);
  }

  /** Remembers a skipped picture: it is reported when the progress ends. */
  skip(skip: Skip): void {
    this.#skips.push(skip);
  }

  /** Shows progress, of `total` pictures or other `things`; `title` leads it, `remark` follows. */
  progress(
    { done, total }: Pick<Progress, "done" | "total">,
    remark: string,
    { title = "", things = "pictures" }: Partial<Pick<Progress, "title" | "things">> = {},
  ): void {
    const progress = { done, total, title, things, remark };
    if (this.isRedrawable) {
      this.watch(({ columns }) => barLines(progress, columns));
      return;
    }
    this.#lines ??= new ProgressLines((line) => process.stderr.write(line));
    this.#lines.update(progress);
  }

  /**
   * Draws in place, if {@link Terminal.isRedrawable}. Call it again whenever something has changed.
   *
   * @param stays whether the last state remains on the terminal
   */
  watch(draw: Draw, stays = false): void {
    if (this.#Live === undefined) return;
    this.#live ??= { live: new this.#Live(process.stderr), stays };
    this.#live.live.show(draw);
  }

  /** Ends the progress, and reports the pictures that were skipped meanwhile. */
  settle(): void {
    this.#live?.live.end(this.#live.stays);
    this.#live = undefined;
    this.#lines = undefined;
    const lines = skipLines(this.#skips.splice(0));
    if (lines !== "") process.stderr.write(wrapped(lines, process.stderr));
  }
}

/** Whether text on `stream` can be drawn again: a dumb terminal cannot move its cursor, and one of unknown size reports 0. */
function isRedrawable(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && process.env["TERM"] !== "dumb" && stream.columns > 0 && stream.rows > 0;
}
