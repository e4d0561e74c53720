// Where text for people goes: what is going on to stderr, results to stdout. Progress moves on stderr and ends before anything else
// is written.

import type { Skip } from "@silhouette/trainer";

import { progressOn, type Progress } from "./progress.ts";
import { skipLines } from "./text/skips.ts";
import { wrapped } from "./wrapped.ts";

/** The terminal of one run. */
export class Terminal {
  readonly #skips: Skip[] = [];
  #progress: Progress | undefined;

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

  /** Shows progress, of `total` pictures or other `things`; `title` leads it. */
  progress(
    { done, total }: { readonly done: number; readonly total: number },
    remark: string,
    { title = "", things = "pictures" } = {},
  ): void {
    this.#progress ??= progressOn(process.stderr, total, title, things);
    this.#progress.update(done, remark);
  }

  /** Ends the progress, and reports the pictures that were skipped meanwhile. */
  settle(): void {
    this.#progress?.stop();
    this.#progress = undefined;
    const lines = skipLines(this.#skips.splice(0));
    if (lines !== "") process.stderr.write(wrapped(lines, process.stderr));
  }
}
