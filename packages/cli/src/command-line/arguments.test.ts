import { labelList } from "@silhouette/trainer";
import { describe, expect, it } from "vitest";

import { parseLabels, parseSplit } from "./arguments.ts";

describe("parseLabels", () => {
  it.each([
    ["car,bus", ["car", "bus"]],
    [" car , bus ", ["car", "bus"]],
    ['other,"Smith, John"', ["other", "Smith, John"]],
    ['" a" , "b "', [" a", "b "]],
    ['"say ""hi""",b', ['say "hi"', "b"]],
    ['5" disk,b', ['5" disk', "b"]],
    ['"a\nb",c', ["a\nb", "c"]],
  ])("reads %j as %j", (text, labels) => {
    expect(parseLabels(text)).toEqual(labels);
  });

  it.each(["", "car", "car,", ",car", "car,,bus", '"car, bus"', '"car,bus', '"car"x,bus', '"",car'])(
    "refuses %j",
    (text) => {
      expect(() => parseLabels(text)).toThrow(/Expected/);
    },
  );

  it("reads what labelList writes", () => {
    const labels = ["other", "Smith, John", 'a"b', '"', " c ", "d\\e", "*", "é, ü"];
    expect(parseLabels(labelList(labels).slice(1, -1))).toEqual(labels);
  });
});

describe("parseSplit", () => {
  it("reads three shares, and refuses anything else", () => {
    expect(parseSplit("0.7, 0.1,0.2")).toEqual([0.7, 0.1, 0.2]);
    for (const text of ["", "0.8,0.2", "a,b,c", "0.8,,0.2"]) expect(() => parseSplit(text)).toThrow(/three numbers/);
  });
});
