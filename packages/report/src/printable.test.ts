// Names from files as they may be printed.

import { describe, expect, it } from "vitest";

import { printable, printableJson } from "./printable.ts";

/** Characters that must not reach a terminal, and how they are shown. */
const HARMFUL: readonly (readonly [string, string, string])[] = [
  ["a line end", "\n", "\\x0a"],
  ["an escape", "\u001B", "\\x1b"],
  ["a C1 control", "\u009B", "\\x9b"],
  ["a soft hyphen", "\u00AD", "\\xad"],
  ["an Arabic letter mark", "\u061C", "\\u061c"],
  ["a zero-width space", "\u200B", "\\u200b"],
  ["a right-to-left mark", "\u200F", "\\u200f"],
  ["a line separator", "\u2028", "\\u2028"],
  ["a right-to-left override", "\u202E", "\\u202e"],
  ["an isolate", "\u2067", "\\u2067"],
  ["a byte order mark", "\uFEFF", "\\ufeff"],
  ["a noncharacter", "\uFFFF", "\\uffff"],
  ["a noncharacter of another plane", "\u{1FFFE}", "\\u{1fffe}"],
  ["half a surrogate pair", "\uD83D", "\\ud83d"],
  ["a tag", "\u{E0041}", "\\u{e0041}"],
];

describe("printable text", () => {
  it.each(HARMFUL)("shows %s by its number", (_, character, shown) => {
    expect(printable(`a${character}b`)).toBe(`a${shown}b`);
    expect(printable(printable(`a${character}b`))).toBe(`a${shown}b`);
  });

  it.each(HARMFUL)("escapes %s in JSON, whose value stays the same", (_, character) => {
    const json = printableJson(JSON.stringify({ [`a${character}b`]: character }));
    expect(json).toBe(printable(json));
    expect(JSON.parse(json)).toEqual({ [`a${character}b`]: character });
  });

  it.each(["été", "автобус", "حافلة", "日本語", "👨‍👩‍👧", "👩🏽‍🚒", "❤️‍🔥", "e\u0301", "a\u00A0b"])("leaves %s alone", (text) => {
    expect(printable(text)).toBe(text);
  });

  it("leaves a joiner only within an emoji", () => {
    expect(printable("a\u200Db👨\u200D")).toBe("a\\u200db👨\\u200d");
  });
});
