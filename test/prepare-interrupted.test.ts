// `silhouette prepare`, interrupted by a full disk, signals, or a reader that closes its pipe: nothing incomplete is left.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";

import { describe, expect, it } from "vitest";

import { readDataset } from "./datasets.ts";
import { IS_WINDOWS, expectNothingAt, expectOnly, freshOut } from "./outputs.ts";
import { carsAndBuses, copiesOfCarAndBus, folderWith } from "./pictures.ts";
import { hasWritten, run, type Ended, type Running } from "./programs.ts";
import { eventsOf, expectReadable, linesOf, SILHOUETTE, startSilhouette } from "./silhouette.ts";

describe.skipIf(IS_WINDOWS)("a full disk (simulated by a file size limit; not on Windows)", () => {
  it.each([
    ["at the end", 3],
    ["half-way", 600],
  ])("%s: says so, and leaves only what was there", async (_, each) => {
    const photos = folderWith(await copiesOfCarAndBus(each));
    const out = freshOut();
    writeFileSync(out, "what was there");
    // In blocks of 512 or 1,024 bytes; a gray picture of 192 x 192 pixels has 36,864 bytes.
    const limited = 'ulimit -f 64; exec "$0" "$@"';
    const ended = await run("sh", ["-c", limited, process.execPath, SILHOUETTE, "prepare", photos, "--out", out]);
    expect(ended).toMatchObject({ code: 4, signal: null, stdout: "" });
    expect(ended.stderr).toContain(
      `Error: Expected to write the dataset to ${out}, but the file would be too large for the file system ` +
        "[OUTPUT_UNWRITABLE]\nName a file in an existing folder with enough space. Nothing was left behind.\n",
    );
    expectReadable(ended);
    expectOnly(out);
    expect(readFileSync(out, "utf8")).toBe("what was there");
  });
});

describe.skipIf(IS_WINDOWS)("an interruption (by signals; not on Windows)", () => {
  /** Starts a command that takes many seconds. */
  async function longWork(out: string, ...extra: string[]): Promise<Running> {
    const photos = folderWith(await copiesOfCarAndBus(100));
    return startSilhouette(["prepare", photos, "--out", out, "--size", "1500", ...extra]);
  }

  it.each([
    ["SIGINT", 130, "Stopped by Ctrl-C"],
    ["SIGTERM", 143, "Stopped by SIGTERM"],
    ["SIGHUP", 129, "Stopped by SIGHUP"],
  ] as const)("by %s ends with exit code %i and one clear line, and leaves nothing", async (signal, code, message) => {
    const out = freshOut();
    const { child, ended } = await longWork(out);
    await hasWritten(child.stderr, " of 200 pictures, ");
    child.kill(signal);
    const { stderr, ...how } = await ended;
    expect(how).toEqual({ code, signal: null, stdout: "" });
    const lines = linesOf(stderr).filter((line) => !/^\d+ of 200 pictures, |^200 pictures of /.test(line));
    expect(lines).toEqual([`Error: ${message} [${signal}]`, "Nothing was written."]);
    expectNothingAt(out);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("by %s ends --json with an error event", async (signal, code) => {
    const out = freshOut();
    writeFileSync(out, "what was there");
    const { child, ended } = await longWork(out, "--json");
    await hasWritten(child.stdout, '"progress"');
    child.kill(signal);
    const { stdout, ...how } = await ended;
    expect(how).toMatchObject({ code, signal: null });
    const events = eventsOf(stdout);
    expect(events[0]).toMatchObject({ type: "start", total: 200 });
    expect(events.at(-1)).toMatchObject({ type: "error", code: signal, hint: "Nothing was written." });
    expectOnly(out);
    expect(readFileSync(out, "utf8")).toBe("what was there");
  });
});

it.skipIf(!existsSync("/dev/full"))(
  "a full disk under the summary is told in one line (where there is /dev/full)",
  async () => {
    const photos = folderWith(await carsAndBuses(2));
    const command = 'exec "$0" "$@" > /dev/full';
    const args = ["-c", command, process.execPath, SILHOUETTE, "prepare", photos, "--out", freshOut()];
    const ended = await run("sh", args);
    expect(ended).toMatchObject({ code: 4, signal: null });
    expectReadable(ended);
    expect(ended.stderr).toContain("Error: Expected to write to the standard output, but that failed (ENOSPC)\n");
  },
);

describe("a reader that closes its pipe", () => {
  /** Starts the command and closes one of its outputs after the first data, like `head -1`. */
  async function closedEarly(name: "stdout" | "stderr", args: readonly string[]): Promise<Ended> {
    const { child, ended } = startSilhouette(args);
    child[name].once("data", () => child[name].destroy());
    return ended;
  }

  it("of the events causes no crash", async () => {
    const photos = folderWith(await copiesOfCarAndBus(50));
    const ended = await closedEarly("stdout", ["prepare", photos, "--out", freshOut(), "--json"]);
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: "" });
  });

  it("of the events leaves no incomplete dataset, hidden or not", async () => {
    const photos = folderWith(await copiesOfCarAndBus(50));
    const out = freshOut();
    await closedEarly("stdout", ["prepare", photos, "--out", out, "--json"]);
    await expectAllOrNothingAt(out, 100);
  });

  it("of the progress leaves no incomplete dataset, hidden or not, and causes no crash", async () => {
    const photos = folderWith(await copiesOfCarAndBus(50));
    const out = freshOut();
    const ended = await closedEarly("stderr", ["prepare", photos, "--out", out]);
    await expectAllOrNothingAt(out, 100);
    expect(ended).toMatchObject({ code: 0, signal: null });
  });

  it("of the summary leaves a complete dataset", async () => {
    const photos = folderWith(await copiesOfCarAndBus(5));
    const out = freshOut();
    const { child, ended } = startSilhouette(["prepare", photos, "--out", out]);
    child.stdout.destroy();
    const how = await ended;
    expect(how).toMatchObject({ code: 0, signal: null });
    expectReadable(how);
    expectOnly(out);
    expect((await readDataset(out)).rows).toHaveLength(10);
  });
});

/** A complete dataset of `rows` or none: continuing silently and stopping are both allowed. */
async function expectAllOrNothingAt(out: string, rows: number): Promise<void> {
  const left = readdirSync(dirname(out));
  const found = left.includes(basename(out)) ? (await readDataset(out)).rows.length : 0;
  expect([0, rows]).toContain(found);
  expect(left.filter((name) => name !== basename(out))).toEqual([]);
}
