// The command on a terminal: progress bars, Ctrl-C, and restoring the cursor.

import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { carsAndBuses, copiesOfCarAndBus, emptyFolder, folderWith } from "./pictures.ts";
import { outputOf, REPOSITORY } from "./programs.ts";
import { SILHOUETTE } from "./silhouette.ts";

/** Python's standard library supports pseudo-terminals, Node's does not. */
const PYTHON = process.env["SILHOUETTE_PYTHON"];

/** Variables by which Node.js recognizes continuous integration, where it prints fewer colors or none, are not set. */
const NO_CI = { CI: undefined, TF_BUILD: undefined, TEAMCITY_VERSION: undefined };

const CTRL_C = "\u0003";
const HIDE_CURSOR = "\u001B[?25l";
const SHOW_CURSOR = "\u001B[?25h";

/** The output of run_on_terminal.py. */
interface Shown {
  readonly code: number;
  /** Whether it was killed because it did not exit. */
  readonly hangs: boolean;
  readonly output: string;
}

async function onTerminal(
  args: readonly string[],
  keys?: { readonly when: string; readonly type: string },
  columns = 100,
  variables: NodeJS.ProcessEnv = {},
) {
  const script = join(REPOSITORY, "test", "run_on_terminal.py");
  const command = [process.execPath, SILHOUETTE, ...args];
  const env = { ...process.env, ...NO_CI, COLUMNS: String(columns), ...variables };
  const output = await outputOf(PYTHON ?? "", [script, keys?.when ?? "", keys?.type ?? "", ...command], { env });
  return JSON.parse(output) as Shown;
}

function expectCursorBack(output: string): void {
  expect(output).toContain(HIDE_CURSOR);
  expect(output.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(output.lastIndexOf(HIDE_CURSOR));
}

describe.skipIf(!PYTHON || process.platform === "win32")(
  "on a terminal (not on Windows; where SILHOUETTE_PYTHON names a Python, which makes the terminal)",
  () => {
    it("shows a progress bar, and restores the cursor when it is done", async () => {
      const out = join(emptyFolder(), "data.arrow");
      const { output, ...how } = await onTerminal(["prepare", folderWith(await carsAndBuses(5)), "--out", out]);
      expect(how).toEqual({ code: 0, hangs: false });
      expect(output).toMatch(/[█░]{30} \d+\/10 pictures, /);
      expectCursorBack(output);
      expect(output).toContain(`${out}: 10 gray pictures of 192 x 192`);
    });

    it.each([
      ["colors", { NO_COLOR: undefined, FORCE_COLOR: undefined, TERM: "xterm-256color" }, true, true],
      ["no colors, as NO_COLOR asks,", { NO_COLOR: "1", FORCE_COLOR: undefined, TERM: "xterm-256color" }, false, true],
      ["plain lines, as TERM=dumb needs,", { TERM: "dumb" }, false, false],
    ])("shows a training in %s", async (_what, variables, hasColors, isRedrawn) => {
      const photos = folderWith(await carsAndBuses(20));
      const args = ["train", photos, "--out", join(emptyFolder(), "run"), "--size", "94", "--epochs", "2"];
      const { output, code } = await onTerminal(args, undefined, 100, variables);
      expect(code).toBe(0);
      // oxlint-disable-next-line no-control-regex -- colors are control sequences
      expect(/\u001B\[\d+m/.test(output)).toBe(hasColors);
      expect(output.includes("\u001B")).toBe(isRedrawn);
      expect(output.includes("Epoch 2 of 2: loss ")).toBe(!isRedrawn);
    });

    it("exits on Ctrl-C, and restores the cursor", async () => {
      const photos = folderWith(await copiesOfCarAndBus(100));
      const args = ["prepare", photos, "--out", join(emptyFolder(), "data.arrow"), "--size", "1500"];
      const { output, ...how } = await onTerminal(args, { when: "/200 pictures", type: CTRL_C });
      expect(output).toContain("Stopped by Ctrl-C");
      expect(how).toEqual({ code: 130, hangs: false });
      expectCursorBack(output);
    });

    it("exits on an error midway, and restores the cursor", async () => {
      const photos = folderWith({ ...(await carsAndBuses(5)), "car/zz.png": "no picture" });
      const args = ["prepare", photos, "--out", join(emptyFolder(), "data.arrow"), "--strict"];
      const { output, ...how } = await onTerminal(args);
      expect(output).toContain("car/zz.png is not a picture");
      expect(how).toEqual({ code: 3, hangs: false });
      expectCursorBack(output);
    });

    it.each([
      [100, "bus                       car", "│ bus"],
      [40, "bus", "│ bus"],
      [24, undefined, "bus: "],
    ])("of %d columns shows silhouettes and the confusion matrix as they fit", async (columns, names, matrix) => {
      const photos = folderWith(await carsAndBuses(30));
      const args = ["train", photos, "--out", join(emptyFolder(), "run"), "--size", "94", "--epochs", "1"];
      const { output, code } = await onTerminal(args, undefined, columns);
      expect(code).toBe(0);
      // oxlint-disable-next-line no-control-regex -- control sequences begin with it
      const lines = output.split("\r\n").map((line) => line.replaceAll(/\u001B\[[\d;?]*\w/g, "").trim());
      const seen = lines.indexOf("What the network sees in black and white, with light pixels as blocks:");
      expect(seen === -1 ? undefined : lines[seen + 13]).toBe(names);
      const drawn = lines.slice(seen + 1, seen + 13);
      if (names !== undefined) expect(drawn.every((line) => /^[█▀▄ ]*$/.test(line))).toBe(true);
      expect(lines.some((line) => line.startsWith(matrix))).toBe(true);
    });

    it("shows the epochs of a training and the progress of the current one, and reports on Ctrl-C how to continue", async () => {
      const photos = folderWith(await carsAndBuses(30));
      const args = ["train", photos, "--out", join(emptyFolder(), "run"), "--size", "94", "--batch", "8"];
      const { output, ...how } = await onTerminal(args, { when: "Epoch 2 of 40: ", type: CTRL_C });
      expect(output).toMatch(
        /Epoch 1 of 40: █*░* \d+\/48 pictures, [\d.]+ per second\r\nloss \d+\.\d{3}, accuracy \d+\.\d %; /,
      );
      expect(output).toMatch(/^\S* {4}1 +\d\.\d{3} +\d+\.\d % +\d\.\d{3} +\d+\.\d % +\d+ s {2}best/m);
      // Ctrl-C, which the terminal echoes, leaves the table, and nothing of itself.
      expect(output).toContain("\u001B[1G\u001B[0JError: Stopped by Ctrl-C");
      expect(output).toMatch(/To continue from there:\s+node \S+silhouette\.js train .* --resume\r\n/);
      expect(how).toEqual({ code: 130, hangs: false });
      expectCursorBack(output);
    });
  },
);
