// Wraps text for people.

import stringWidth from "fast-string-width";
import { wrapAnsi } from "fast-wrap-ansi";

/** Maximum line length, even on wider terminals: longer lines are hard to read. */
export const WIDEST = 80;

/** A non-breaking placeholder for a space, which no printable text contains. */
const BINDING = "\ufffe";

/** A stream that text is written to. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/**
 * Line length on `stream`: that of the terminal, or else COLUMNS, and at most 80. Undefined if neither is known, as in a pipe:
 * programs that read lines need them whole.
 */
export function columnsOf(stream: Screen, env: NodeJS.ProcessEnv = process.env): number | undefined {
  const [set, own] = [Number(env["COLUMNS"]), stream.isTTY === true ? stream.columns : undefined];
  // A terminal of unknown width reports 0.
  const known = [own, set].find((columns) => columns !== undefined && Number.isInteger(columns) && columns > 0);
  if (known !== undefined) return Math.min(WIDEST, known);
  return stream.isTTY === true ? WIDEST : undefined;
}

/** `text` with its lines wrapped between words to fit `stream`; longer words, such as paths, are not broken. */
export function wrapped(text: string, stream: Screen): string {
  const columns = columnsOf(stream);
  if (columns === undefined) return text;
  const lines = text.split("\n").map((line) => {
    const [indent = ""] = /^ */.exec(line) ?? [];
    const room = Math.max(1, columns - indent.length);
    return withUnits(line.slice(indent.length), (words) => wrapAnsi(words, room)).replace(
      /^/gm,
      line === "" ? "" : indent,
    );
  });
  return lines.join("\n");
}

/** Wraps `text`, keeping numbers and their units together. */
function withUnits(text: string, wrap: (words: string) => string): string {
  const bound = text.replace(/(?<=\d) (?=(?:s|min|h|%|MB|GB)(?![\p{L}\p{N}]))/gu, BINDING);
  return wrap(bound).replaceAll(BINDING, " ");
}

/** The start of `text`, in whole graphemes and at most `columns` wide; ends with an ellipsis if shortened. */
export function shortened(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  let [kept, width] = ["", 1];
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    width += stringWidth(segment);
    if (width > columns) break;
    kept += segment;
  }
  return `${kept}…`;
}
