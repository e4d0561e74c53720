import { execFileSync } from "node:child_process";

import { describe, expect, it } from "vitest";

import { labelList } from "./label-list.ts";

describe("labelList", () => {
  it.each([
    [["car", "bus"], "car,bus"],
    [["オートバイ", "café"], "オートバイ,café"],
    [["other", "Smith, John"], `'other,"Smith, John"'`],
    [["a b", "c"], "'a b,c'"],
    [[" a", "b "], `'" a","b "'`],
    [['5" disk', "b"], `'"5"" disk",b'`],
    [["don't", "$HOME"], String.raw`'don'\''t,$HOME'`],
  ])("writes %j as %s", (labels, expected) => {
    expect(labelList(labels)).toBe(expected);
  });

  it.runIf(process.platform !== "win32")("is passed through a shell unchanged", () => {
    const labels = ["other", "Smith, John", "don't", "$HOME `x` !", 'a"b', " c ", "d\\e", "*"];
    const argument = execFileSync("sh", ["-c", `printf %s ${labelList(labels)}`], { encoding: "utf8" });
    expect(argument).toBe(`other,"Smith, John",don't,$HOME \`x\` !,"a""b"," c ",d\\e,*`);
  });
});
