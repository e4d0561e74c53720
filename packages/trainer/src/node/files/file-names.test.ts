import { describe, expect, it } from "vitest";

import { refusedByWindows } from "./file-names.ts";

describe("Windows", () => {
  it.each([
    ["runs\\12:30", 'names on Windows cannot contain ":"'],
    ["cars?.arrow", 'names on Windows cannot contain "?"'],
    ["a|b/run", 'names on Windows cannot contain "|"'],
    ["C:\\run\n", String.raw`names on Windows cannot contain "\n"`],
    ["runs/first. ", 'names on Windows cannot end with a dot or a space, as "first. " does'],
    ["D:\\more...\\run", 'names on Windows cannot end with a dot or a space, as "more..." does'],
    ["nul", "nul is the name of a device on Windows"],
    ["C:\\photos\\Aux\\run", "Aux is the name of a device on Windows"],
    ["con.arrow", "con.arrow is the name of a device on Windows"],
    ["runs/com1", "com1 is the name of a device on Windows"],
  ])("has no file %s", (path, reason) => {
    expect(refusedByWindows(path)).toBe(reason);
  });

  it.each([
    "run",
    ".",
    "..\\runs\\first",
    "C:\\photos\\run 1",
    "C:run",
    "\\\\server\\share\\run",
    "\\\\?\\C:\\runs\\first",
    "runs/",
    ".silhouette/console",
    "com10",
    "naïve/日本",
    "a.b.c",
  ])("may have %s", (path) => {
    expect(refusedByWindows(path)).toBeUndefined();
  });
});
