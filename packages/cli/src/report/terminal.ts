// Where text for people goes: what is going on to stderr, results to stdout. What is drawn in place is on stderr and ends before
// anything else is written.

import type { Skip } from "@silhouette/trainer";

import { isRedrawable, Live, type Draw } from "./live.ts";
import { barLines, ProgressLines, type Progress } from "./progress.ts";
import { skipLines } from "./text/skips.ts";
import { wrapped } from "./wrapped.ts";

/** The terminal of one run. */
export class Terminal {
  /** Whether {@link Terminal.watch} draws in place. */
  readonly isRedrawable = isRedrawable(process.stderr);
  readonly #skips: Skip[] = [];
  #live: { readonly live: Live; readonly stays: boolean } | undefined;
  #lines: ProgressLines | undefined;

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
   * Draws in place. Call it again whenever something has changed.
   *
   * @param stays whether the last state remains on the terminal
   */
  watch(draw: Draw, stays = false): void {
    this.#live ??= { live: new Live(process.stderr), stays };
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
