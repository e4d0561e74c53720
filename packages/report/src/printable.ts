// Escapes characters that must not be printed. Names come from files and may hold anything: escape codes that color a terminal,
// line ends that forge a line, marks that reverse the direction of what follows.

/**
 * Characters that must not reach a terminal, a picture or a log: controls, formatting characters (including bidirectional and
 * zero-width ones), line and paragraph separators, lone surrogates, noncharacters, and invisible fillers.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\u034f\u115f\u1160\u3164\uffa0]/u;

/** The same, except for the joiner within an emoji, which holds it together. */
const TO_ESCAPE = new RegExp(
  String.raw`(?!(?<=\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier})?)\u200d(?=\p{Extended_Pictographic}))${UNPRINTABLE.source}`,
  "gu",
);

/** `text` with each unprintable character as `\xNN`, `\uNNNN` or `\u{NNNNN}`. Printable text is unchanged. */
export function printable(text: string): string {
  return text.replace(TO_ESCAPE, (character) => {
    const hex = (character.codePointAt(0) ?? 0).toString(16);
    if (hex.length <= 2) return `\\x${hex.padStart(2, "0")}`;
    return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\u{${hex}}`;
  });
}

/** `json` with the same characters in JSON escapes: the parsed value is unchanged. */
export function printableJson(json: string): string {
  return json.replace(TO_ESCAPE, (character) =>
    Array.from(
      { length: character.length },
      (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
}

/** `text` in HTML, with the same characters as {@link printable} has them. */
export function printableHtml(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return printable(text).replace(/[&<>"]/g, (each) => entities[each] ?? each);
}
