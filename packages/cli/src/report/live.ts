// Text at the end of a terminal that is drawn again in place, as often as it changes and when the terminal is resized.

import { clearScreenDown, cursorTo, moveCursor } from "node:readline";

import stringWidth from "fast-string-width";
import { createLogUpdate } from "log-update";

/** Size of a terminal in characters. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Lines for a terminal of some size: none wider than it, and fewer than its rows. */
export type Draw = (size: Size) => readonly string[];

/** Minimum time between two drawings, in milliseconds. */
const BETWEEN_DRAWINGS = 100;

/** Text that is drawn again until it ends. Nothing else may be written meanwhile. */
export class Live {
  readonly #stream: NodeJS.WriteStream;
  readonly #update: ReturnType<typeof createLogUpdate>;
  readonly #onResize = (): void => this.#resized();
  #draw: Draw | undefined;
  #shown: readonly string[] = [];
  #columns: number;
  #waiting: NodeJS.Timeout | undefined;
  #lastDrawn = -Infinity;

  /** @param stream a terminal on which text can be drawn again */
  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#update = createLogUpdate(stream);
    this.#columns = stream.columns;
    stream.on("resize", this.#onResize);
  }

  /** Shows what `draw` returns: at once, or soon if something was just drawn. */
  show(draw: Draw): void {
    this.#draw = draw;
    const wait = this.#lastDrawn + BETWEEN_DRAWINGS - performance.now();
    if (wait <= 0) this.#paint();
    else this.#waiting ??= setTimeout(() => this.#paint(), wait).unref();
  }

  /** Writes `text` above. */
  above(text: string): void {
    this.#update.persist(text.replace(/\n$/, ""));
    this.#shown = [];
    this.#paint();
  }

  /** Ends with the last state on the terminal, or without a trace. */
  end(stays: boolean): void {
    if (stays) this.#paint();
    else this.#update.clear();
    clearTimeout(this.#waiting);
    this.#stream.off("resize", this.#onResize);
    // Shows the cursor again.
    this.#update.done();
    // A terminal echoes Ctrl-C where the cursor is.
    cursorTo(this.#stream, 0);
    clearScreenDown(this.#stream);
  }

  #paint(): void {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    const { columns, rows } = this.#stream;
    if (this.#draw === undefined || columns <= 0 || rows <= 0) return;
    this.#shown = this.#draw({ columns, rows });
    this.#columns = columns;
    this.#update(this.#shown.join("\n"));
    this.#lastDrawn = performance.now();
  }

  #resized(): void {
    const { columns } = this.#stream;
    if (columns > 0 && columns < this.#columns) {
      // The terminal has broken lines that no longer fit: there are more of them than were written.
      const more = this.#shown.reduce((sum, line) => sum + Math.max(0, Math.ceil(stringWidth(line) / columns) - 1), 0);
      this.#update.clear();
      moveCursor(this.#stream, 0, -more);
      clearScreenDown(this.#stream);
    }
    this.#paint();
  }
}
