// Text for people, broken between words.

import stringWidth from "fast-string-width";
import { wrapAnsi } from "fast-wrap-ansi";

/** Characters of a line at most, also where a terminal is wider: longer lines are hard to read. */
export const WIDEST = 80;

/** A space that is no place to break a line, and that no printable text has. */
const BINDING = "\ufffe";

/** What text is written to. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/**
 * Characters of a line on `stream`: those of the terminal, or of COLUMNS where that is set, and 80 at most. Undefined where
 * neither is known, such as in a pipe: programs that read lines want them whole.
 */
export function columnsOf(stream: Screen, env: NodeJS.ProcessEnv = process.env): number | undefined {
  const [set, own] = [Number(env["COLUMNS"]), stream.isTTY === true ? stream.columns : undefined];
  // A terminal that does not know its width says 0.
  const known = [own, set].find((columns) => columns !== undefined && Number.isInteger(columns) && columns > 0);
  if (known !== undefined) return Math.min(WIDEST, known);
  return stream.isTTY === true ? WIDEST : undefined;
}

/** `text`, whose lines are broken between words so that they fit `stream`; a longer word, such as a path, stays whole. */
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

/** Wraps `text`, and keeps numbers and their units together. */
function withUnits(text: string, wrap: (words: string) => string): string {
  const bound = text.replace(/(?<=\d) (?=(?:s|min|h|%|MB|GB)(?![\p{L}\p{N}]))/gu, BINDING);
  return wrap(bound).replaceAll(BINDING, " ");
}

/** The beginning of `text`, in whole characters as people see them, at most `columns` wide; ends with an ellipsis if it is less. */
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
