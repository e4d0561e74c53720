// Lines of text in a drawing that never exceed their width, whatever the text.

import stringWidth from "fast-string-width";

import { printable } from "./printable.ts";

/** Appearance of text. */
export interface Style {
  /** Font size in pixels. */
  readonly size: number;
  readonly bold?: boolean;
  /** Like `#1c1c1c`. */
  readonly color: string;
}

/** Position of text: its left edge, its baseline, and its maximum width, in pixels. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** Character widths in em: upper bounds over common sans-serif fonts, which differ. */
const WIDE = 1.3;
const CAPITAL = 0.95;
const NARROW = 0.42;
const OTHER = 0.64;

/** Factor by which bold letters are wider. */
const BOLD = 1.12;

const CAPITALS = /^[\p{Lu}mw@%&+=<>~#_—…]/u;
const NARROWS = /^[fijlrtI .,:;'!|()[\]/\\-]$/;

/** Where to shorten text that is too long: the start and the end of a file name say most. */
export type Cut = "end" | "middle";

/**
 * A line of text as SVG, shortened to its width. If the actual font is wider than estimated, the line is clipped, so that it never
 * covers its neighbours. The direction of the text does not affect its surroundings.
 *
 * @param text any text; unprintable characters are escaped
 * @param suffix appended, and never shortened
 */
export function caption(text: string, place: Place, style: Style, cut: Cut = "end", suffix = ""): string {
  const { x, y, width } = place;
  const { size, bold = false, color } = style;
  const room = width / (size * (bold ? BOLD : 1)) - widthOf(suffix);
  // The isolate keeps right-to-left text from reordering the suffix.
  const shown = `\u2068${escaped(fitted(printable(text), room, cut))}\u2069${escaped(suffix)}`;
  const weight = bold ? ' font-weight="bold"' : "";
  return (
    `<svg x="${x}" y="${y - 2 * size}" width="${width}" height="${3 * size}" overflow="hidden">` +
    `<text x="0" y="${2 * size}" font-family="sans-serif" font-size="${size}" fill="${color}"${weight}>${shown}</text></svg>`
  );
}

/** `text`, or as many of its graphemes as fit in `room` em. */
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

/** The estimated width of `text` in em. */
function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    // Without a font that supports it, an emoji sequence is drawn as its members.
    const members = segment.match(/\p{Extended_Pictographic}/gu)?.length ?? 1;
    if (stringWidth(segment) > 1) width += WIDE * members;
    else if (NARROWS.test(segment)) width += NARROW;
    else width += CAPITALS.test(segment) ? CAPITAL : OTHER;
  }
  return width;
}

/** `text` escaped for XML. */
function escaped(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
  return text.replace(/[&<>]/g, (each) => entities[each] ?? each);
}
