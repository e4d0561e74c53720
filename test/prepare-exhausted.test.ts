// A machine that runs out of resources while pictures are prepared: an error, since every picture would fail, and no dataset
// without the pictures that could not be opened.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { newFolder, photographOf, removeFolder, writeFiles } from "./pictures.ts";
import { REPOSITORY, run } from "./programs.ts";

/** Opens files up to the limit, closes a few, and prepares; prints the error code and the number of skips. */
const PROGRAM = `
import { closeSync, openSync } from "node:fs";
import { prepare } from ${JSON.stringify(pathToFileURL(join(REPOSITORY, "packages/trainer/dist/index.js")).href)};
const [folder, out] = process.argv.slice(1);
// Libraries open files of their own when they are loaded.
await prepare({ folder, out: out + ".first.arrow", size: { width: 32, height: 32 } });
const opened = [];
try { for (;;) opened.push(openSync("/dev/null")); } catch {}
for (let count = 0; count < 4; count++) closeSync(opened.pop());
let skipped = 0;
try {
  await prepare({ folder, out, size: { width: 32, height: 32 }, concurrency: 16, onEvent: ({ type }) => type === "skip" && skipped++ });
  console.log("prepared", skipped);
} catch (error) {
  console.log(error.code, skipped);
}
`;

describe.skipIf(process.platform === "win32")("too many open files", () => {
  let folder: string;

  beforeAll(async () => {
    folder = newFolder();
    const pictures: Record<string, Buffer> = {};
    for (const label of ["car", "bus"] as const) {
      for (let index = 0; index < 20; index++) pictures[`${label}/${index}.png`] = await photographOf(label, index);
    }
    writeFiles(join(folder, "photos"), pictures);
  });

  afterAll(() => removeFolder(folder));

  it("cause an error that says so, and no picture is skipped", async () => {
    const out = join(folder, "out.arrow");
    const command = 'ulimit -n 128; exec "$0" --input-type=module --eval "$1" "$2" "$3"';
    const args = ["-c", command, process.execPath, PROGRAM, join(folder, "photos"), out];
    const { stdout, stderr } = await run("sh", args);
    expect({ stdout, stderr }).toEqual({ stdout: "MACHINE_EXHAUSTED 0\n", stderr: "" });
    expect(readdirSync(folder).toSorted()).toEqual(["out.arrow.first.arrow", "photos"]);
  });
});
