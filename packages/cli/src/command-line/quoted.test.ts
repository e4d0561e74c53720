// Quoting, verified against the installed shells.

import { spawnSync } from "node:child_process";

import { describe, expect, it } from "vitest";

import { pathArgument, quoted, shellOf } from "./quoted.ts";

const WORDS = [
  "photos",
  "my photos",
  "it's",
  `a"b`,
  "$HOME",
  "`id`",
  "a\\b",
  "*",
  "~",
  "#x",
  "!1",
  "=a",
  "été",
  "日本 語",
  "a;b&c|d",
  "",
];

/** Only shells with $'...' take these. */
const INVISIBLE_WORDS = ["a\nb", "tab\there's", "\u202Eback\\slash", "bell\u0007$x"];

/** What `shell` hands over of a command line. */
function words(shell: string, line: string): readonly string[] {
  const script = `${JSON.stringify(process.execPath)} -e 'console.log(JSON.stringify(process.argv.slice(1)))' -- ${line}`;
  const { status, stdout, stderr } = spawnSync(shell, ["-c", script], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout) as readonly string[];
}

const isThere = (shell: string): boolean => spawnSync(shell, ["-c", "true"]).status === 0;

describe("a quoted word", () => {
  it.skipIf(!isThere("sh"))("reaches a program as it is through sh", () => {
    expect(words("sh", WORDS.map((word) => quoted(word, "posix")).join(" "))).toEqual(WORDS);
  });

  it.skipIf(!isThere("bash"))("reaches a program as it is through bash, with characters that cannot be seen", () => {
    const all = [...WORDS, ...INVISIBLE_WORDS];
    const line = all.map((word) => quoted(word, "posix")).join(" ");
    for (const character of ["\n", "\t", "\u0007", "\u202E"]) expect(line).not.toContain(character);
    expect(words("bash", line)).toEqual(all);
  });

  it("is unchanged if no shell interprets it", () => {
    for (const word of ["photos", "runs/my-run_2", "été/日本", "--out", "a=b", "car,bus"]) {
      expect(quoted(word, "posix")).toBe(word);
    }
    expect(quoted("C:\\photos\\car", "cmd")).toBe("C:\\photos\\car");
  });

  it("is quoted for cmd and PowerShell", () => {
    expect(["my photos", "a&b", "a,b"].map((word) => quoted(word, "cmd"))).toEqual([`"my photos"`, `"a&b"`, `"a,b"`]);
    expect(["my photos", "it's $5", "a,b"].map((word) => quoted(word, "powershell"))).toEqual([
      "'my photos'",
      "'it''s $5'",
      "'a,b'",
    ]);
  });

  it("has no backslash at its end that would make the quote a part of it, nor a typographic quote that would end it", () => {
    expect(quoted("my photos\\", "cmd")).toBe(`"my photos\\\\"`);
    expect(quoted("my photos\\", "powershell")).toBe(`'my photos\\\\'`);
    expect(quoted("C:\\photos\\", "powershell")).toBe("C:\\photos\\");
    expect(quoted("Ann’s ‘best’ photos", "powershell")).toBe("'Ann’’s ‘‘best’’ photos'");
    expect(quoted("Ann’s photos", "cmd")).toBe(`"Ann’s photos"`);
  });
});

describe("the shell that reads what is pasted", () => {
  it.each([
    ["linux", {}, "posix"],
    ["darwin", { PROMPT: "%" }, "posix"],
    ["win32", { PROMPT: "$P$G" }, "cmd"],
    ["win32", {}, "powershell"],
    ["win32", { MSYSTEM: "MINGW64", PROMPT: "$P$G" }, "posix"],
  ] as const)("on %s with %o is %s", (platform, env, shell) => {
    expect(shellOf(platform, env)).toBe(shell);
  });
});

describe("a path as an argument", () => {
  it("is not an option, even if it starts with a dash", () => {
    expect(pathArgument("-photos")).toBe("./-photos");
    expect(pathArgument("photos")).toBe("photos");
  });
});
