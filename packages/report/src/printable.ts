// Names come from files, and may hold anything: escape codes that color a terminal, line ends that forge a line, marks that
// turn the direction of what follows.

/**
 * What must not reach a terminal, a picture or a log as it is: controls, formatting characters (bidirectional and zero-width
 * ones among them), line and paragraph separators, lone surrogates, noncharacters, and fillers that show as nothing.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\u034f\u115f\u1160\u3164\uffa0]/u;

/** The same, but for the joiner within an emoji: without it the emoji falls apart. */
const TO_ESCAPE = new RegExp(
  String.raw`(?!(?<=\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier})?)\u200d(?=\p{Extended_Pictographic}))${UNPRINTABLE.source}`,
  "gu",
);

/** `text` with each character that must not be printed as `\xNN`, `\uNNNN` or `\u{NNNNN}`. Printable text stays as it is. */
export function printable(text: string): string {
  return text.replace(TO_ESCAPE, (character) => {
    const hex = (character.codePointAt(0) ?? 0).toString(16);
    if (hex.length <= 2) return `\\x${hex.padStart(2, "0")}`;
    return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\u{${hex}}`;
  });
}

/** `json` with the same characters escaped as JSON does it: the parsed value stays the same. */
export function printableJson(json: string): string {
  return json.replace(TO_ESCAPE, (character) =>
    Array.from(
      { length: character.length },
      (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
}
