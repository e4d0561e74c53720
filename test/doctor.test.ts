// `silhouette doctor`: its report on this machine, and on one where a library cannot be loaded.

import { readdirSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { emptyFolder, folderWith } from "./pictures.ts";
import type { Ended } from "./programs.ts";
import { eventsOf, expectReadable, linesOf, silhouette } from "./silhouette.ts";

/** Hides modules whose names begin so, as if they were not installed. */
const without = (begin: string): string => `
  const Module = require("node:module");
  const resolve = Module._resolveFilename;
  Module._resolveFilename = function (request, ...rest) {
    if (!request.startsWith("${begin}")) return resolve.call(this, request, ...rest);
    throw Object.assign(new Error("Cannot find module " + request), { code: "MODULE_NOT_FOUND" });
  };
`;

/** Runs the command in an empty folder, without modules whose names begin so. */
async function doctored(args: readonly string[], begin: string): Promise<Ended> {
  const file = join(folderWith({ "without.cjs": without(begin) }), "without.cjs");
  return silhouette(args, {
    cwd: emptyFolder(),
    env: { ...process.env, NODE_OPTIONS: JSON.stringify(`--require=${file}`) },
  });
}

/** Without sharp's binaries, as in an installation without optional dependencies: the error message is sharp's own. */
const withoutSharp = async (args: readonly string[]): Promise<Ended> => doctored(args, "@img/");

/** Removes a notice of tfjs-node's native library, if it is installed: no setting silences it. */
function withoutNotice(stderr: string): string {
  return stderr.replace(
    /^WARNING: All log messages before absl.*\nI0000 .* oneDNN custom operations are on\..*\n/m,
    "",
  );
}

describe("silhouette doctor", () => {
  it("reports everything as available, one line each, names the next step, and leaves nothing behind", async () => {
    const cwd = emptyFolder();
    const ended = await silhouette(["doctor"], { cwd });
    expect({ code: ended.code, stderr: withoutNotice(ended.stderr) }).toEqual({ code: 0, stderr: "" });
    expectReadable(ended);
    const lines = linesOf(ended.stdout);
    expect(lines).toContain(`✓ Node.js: ${process.versions.node}`);
    // Other programs may use the memory at the moment, which is not a failure.
    expect(lines.filter((line) => line.startsWith("✗"))).toEqual([]);
    expect(lines.at(-1)).toMatch(
      /^Everything is ready(, 1 limited \(!\))?\. Next: node \S+silhouette\.js train FOLDER$/,
    );
    expect(readdirSync(cwd)).toEqual([]);
  });

  it("reports the same as one JSON event per finding, and counts them", async () => {
    const { code, stdout, stderr } = await silhouette(["doctor", "--json"], { cwd: emptyFolder() });
    expect({ code, stderr: withoutNotice(stderr) }).toEqual({ code: 0, stderr: "" });
    const events = eventsOf(stdout);
    const [findings, [done]] = [events.slice(0, -1), events.slice(-1)];
    for (const finding of findings) {
      expect(finding).toMatchObject({ type: "finding", found: expect.any(String), neededFor: expect.any(String) });
    }
    const count = (state: string): number => findings.filter((finding) => finding["state"] === state).length;
    const counts = { ready: count("ready"), limited: count("limited"), missing: 0 };
    expect(done).toEqual({ type: "done", command: "doctor", ...counts });
    expect(counts.ready + counts.limited).toBe(findings.length);
    expect(counts.ready).toBeGreaterThan(7);
  });

  it("names a sharp that cannot be loaded, and the command that fixes it; the exit code is 3", async () => {
    const ended = await withoutSharp(["doctor"]);
    expect({ code: ended.code, stderr: withoutNotice(ended.stderr) }).toEqual({ code: 3, stderr: "" });
    expectReadable(ended);
    expect(ended.stdout).toMatch(
      /^✗ sharp: Could not load the "sharp" module .*\n {2}needed for decoding pictures\n {2}npm ci .*--include=optional$/m,
    );
    // The rest does not need it, and is checked anyway.
    expect(ended.stdout).toContain("✓ training kernels: ");
    expect(ended.stdout).toMatch(/^1 of \d+ missing \(✗\).*silhouette\.js doctor\n$/m);
    const { code, stdout } = await withoutSharp(["doctor", "--json"]);
    expect(code).toBe(3);
    expect(eventsOf(stdout)).toContainEqual(
      expect.objectContaining({ type: "finding", subject: "sharp", state: "missing", remedy: expect.any(String) }),
    );
    expect(eventsOf(stdout).at(-1)).toMatchObject({ type: "done", missing: 1 });
  });

  it("names TensorFlow.js that cannot be loaded", async () => {
    const { code, stdout } = await doctored(["doctor", "--json"], "@tensorflow/");
    expect(code).toBe(3);
    const missing = eventsOf(stdout).filter(({ state }) => state === "missing");
    expect(missing).toMatchObject([
      { subject: "training kernels", found: "Cannot find module @tensorflow/tfjs-core", remedy: expect.any(String) },
    ]);
  });

  it("rejects unknown arguments and options", async () => {
    for (const [argument, said] of [
      ["photos", "too many arguments"],
      ["--size", "unknown option '--size'"],
    ] as const) {
      const ended = await silhouette(["doctor", argument]);
      expect(ended).toMatchObject({ code: 2, stdout: "" });
      expectReadable(ended);
      expect(ended.stderr).toContain(said);
    }
  });

  it("is suggested by other commands if a library cannot be loaded", async () => {
    const ended = await withoutSharp(["train", "photos"]);
    expect(ended).toMatchObject({ code: 3, stdout: "" });
    expectReadable(ended);
    expect(ended.stderr).toMatch(/"sharp" module .* \[LIBRARY_UNAVAILABLE\]\n.*: node \S+silhouette\.js doctor\n$/);
  });
});
