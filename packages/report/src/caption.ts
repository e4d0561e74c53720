// Lines of text in a drawing, which stay within their width whatever they say.

import stringWidth from "fast-string-width";

import { printable } from "./printable.ts";

/** How text looks. */
export interface Style {
  /** Pixels from one line to the next, nearly: the font's size. */
  readonly size: number;
  readonly bold?: boolean;
  /** Like `#1c1c1c`. */
  readonly color: string;
}

/** Where text stands: its first pixel, its baseline, and the pixels that it may take. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** The width of a character in sizes of the font: upper bounds of common sans-serif fonts, which differ. */
const WIDE = 1.3;
const CAPITAL = 0.95;
const NARROW = 0.42;
const OTHER = 0.64;

/** Bold letters are that much wider. */
const BOLD = 1.12;

const CAPITALS = /^[\p{Lu}mw@%&+=<>~#_—…]/u;
const NARROWS = /^[fijlrtI .,:;'!|()[\]/\\-]$/;

/** Where a text that is too long loses characters: a file's name says most by its beginning and its end. */
export type Cut = "end" | "middle";

/**
 * A line of text as SVG, shortened to its width. What the font makes wider than was thought is cut off there, so that it never
 * lies over what is beside it. The direction of the text has no effect on what is around it.
 *
 * @param text anything: what cannot be printed is shown by its number
 * @param suffix what follows, and is never shortened
 */
export function caption(text: string, place: Place, style: Style, cut: Cut = "end", suffix = ""): string {
  const { x, y, width } = place;
  const { size, bold = false, color } = style;
  const room = width / (size * (bold ? BOLD : 1)) - widthOf(suffix);
  // An isolate of its own keeps text from right to left from turning the suffix.
  const shown = `\u2068${escaped(fitted(printable(text), room, cut))}\u2069${escaped(suffix)}`;
  const weight = bold ? ' font-weight="bold"' : "";
  return (
    `<svg x="${x}" y="${y - 2 * size}" width="${width}" height="${3 * size}" overflow="hidden">` +
    `<text x="0" y="${2 * size}" font-family="sans-serif" font-size="${size}" fill="${color}"${weight}>${shown}</text></svg>`
  );
}

/** `text`, or as many of its characters, as people see them, as fit in `room` sizes of the font. */
function fitted(text: string, room: number, cut: Cut): string {
  if (widthOf(text) <= room) return text;
  const characters = Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
  let left = room - widthOf("…");
  const [head, tail]: [string[], string[]] = [[], []];
  for (let first = 0, last = characters.length - 1; first <= last;) {
    const isTail = cut === "middle" && tail.length < head.length;
    const character = (isTail ? characters[last] : characters[first]) ?? "";
    left -= widthOf(character);
    if (left < 0) break;
    if (isTail) {
      tail.unshift(character);
      last--;
    } else {
      head.push(character);
      first++;
    }
  }
  return `${head.join("")}…${tail.join("")}`;
}

/** The width of `text` in sizes of the font. */
function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    // Without a font that has it, a family of emoji is drawn as its members.
    const members = segment.match(/\p{Extended_Pictographic}/gu)?.length ?? 1;
    if (stringWidth(segment) > 1) width += WIDE * members;
    else if (NARROWS.test(segment)) width += NARROW;
    else width += CAPITALS.test(segment) ? CAPITAL : OTHER;
  }
  return width;
}

/** `text` for XML. */
function escaped(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
  return text.replace(/[&<>]/g, (each) => entities[each] ?? each);
}
