// Where an error was thrown, by its text: on Windows, too.

import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { describe, expect, it } from "vitest";

import { brokenModule, userFrame } from "./user-module.ts";

const own = new URL("user-module.ts", import.meta.url).href;
const users = join(tmpdir(), "my work", "network.mjs");

function thrownAt(...places: readonly string[]): Error {
  return Object.assign(new Error("mine"), {
    stack: ["Error: mine", ...places.map((each) => `    at ${each}`)].join("\n"),
  });
}

describe("the place in code of the user", () => {
  it.each([
    ["a path", `build (${users}:3:15)`],
    ["a URL", `${pathToFileURL(users).href}:3:15`],
    ["a URL in an async function", `async Promise.all (${pathToFileURL(users).href}:3:15)`],
  ])("is a path, though the stack has %s, and is none of the command or of libraries", (_, frame) => {
    const library = `${pathToFileURL(join(tmpdir(), "node_modules", "jiti", "a.js")).href}:1:2`;
    const error = thrownAt(`exit (${own}:7:9)`, library, "node:internal/main:1:1", frame);
    expect(userFrame(error)).toBe(`${users}:3`);
  });
});

describe("a module that does not parse", () => {
  it.each([
    "ParseError: Unexpected token  \n /home/ann/my work/bad.ts:1:16",
    "ParseError: C:\\: Unexpected token  \n C:/Users/Ann/my work/bad.ts:1:16",
  ])("is reported with the reason and the place: %j", (text) => {
    const purpose = { code: "CONFIG_BROKEN", what: "a configuration" } as const;
    const { message } = brokenModule(new Error(text), "bad.ts", purpose);
    expect(message).toMatch(
      /^Expected a configuration from .*my work[/\\]bad\.ts:1:16, but it does not parse: Unexpected token$/,
    );
  });
});
