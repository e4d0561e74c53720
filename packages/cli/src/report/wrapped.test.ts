// Wrapping and shortening of text.

import { describe, expect, it } from "vitest";

import { columnsOf, shortened, wrapped } from "./wrapped.ts";

const terminal = (columns: number) => ({ isTTY: true, columns });

describe("the width of text", () => {
  it.each([
    [{}, {}, undefined],
    [{}, { COLUMNS: "50" }, 50],
    [terminal(60), {}, 60],
    [terminal(60), { COLUMNS: "50" }, 60],
    [terminal(200), {}, 80],
    [terminal(0), {}, 80],
    [terminal(0), { COLUMNS: "0" }, 80],
    [{}, { COLUMNS: "wide" }, undefined],
  ])("of %o with %o is %s", (stream, env, columns) => {
    expect(columnsOf(stream, env)).toBe(columns);
  });
});

describe("wrapped text", () => {
  it("is broken between words, and keeps a longer word and its own lines", () => {
    expect(wrapped("one two three\nfour /a/long/path", terminal(9))).toBe("one two\nthree\nfour\n/a/long/path");
  });

  it("keeps its indentation", () => {
    expect(wrapped("  needed for training\n", terminal(12))).toBe("  needed for\n  training\n");
  });

  it("keeps numbers and their units together", () => {
    expect(wrapped("takes about 5 s or 12 min or 90 %", terminal(14))).toBe("takes about\n5 s or 12 min\nor 90 %");
  });

  it("counts wide characters twice", () => {
    expect(wrapped("日本 日本 日本", terminal(9))).toBe("日本 日本\n日本");
  });
});

describe("shortened text", () => {
  it.each([
    ["motorcycle", 10, "motorcycle"],
    ["motorcycles", 10, "motorcycl…"],
    ["日本日本", 6, "日本…"],
    ["👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧", 5, "👨‍👩‍👧👨‍👩‍👧…"],
  ])("of %s in %d columns is %s", (text, columns, short) => {
    expect(shortened(text, columns)).toBe(short);
  });
});
