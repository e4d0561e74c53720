// Pictures with many samples and a small JavaScript heap: they are decoded outside the heap.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import sharp from "sharp";
import { expect, it, onTestFinished } from "vitest";

import { newFolder, removeFolder } from "./pictures.ts";
import { REPOSITORY, run } from "./programs.ts";

/** Decodes the given files, and prints their widths. */
const PROGRAM = `
import { decode } from ${JSON.stringify(pathToFileURL(join(REPOSITORY, "packages/trainer/dist/node/photographs/decode.js")).href)};
for (const file of process.argv.slice(1)) {
  const { picture, message } = await decode(file);
  console.log(picture?.width ?? message);
}
`;

it("decodes pictures of 12 million samples with 32 MB of heap", async () => {
  const folder = newFolder();
  onTestFinished(() => removeFolder(folder));
  const [color, floats] = [join(folder, "color.png"), join(folder, "floats.tif")];
  await sharp({ create: { width: 2000, height: 2000, channels: 3, background: { r: 200, g: 120, b: 40 } } })
    .toColourspace("rgb16")
    .png({ compressionLevel: 1 })
    .toFile(color);
  writeFileSync(floats, floatTiff(6000, 2000));
  const { stdout } = await run(process.execPath, [
    "--max-old-space-size=32",
    "--input-type=module",
    "--eval",
    PROGRAM,
    color,
    floats,
  ]);
  expect(stdout).toBe("2000\n6000\n");
});

/** An uncompressed gray TIFF of 32-bit floating-point samples, all of them 0. */
function floatTiff(width: number, height: number): Buffer {
  const data = Buffer.alloc(4 * width * height);
  const tags = {
    256: width,
    257: height,
    258: 32,
    259: 1,
    262: 1,
    273: 8,
    277: 1,
    278: height,
    279: data.length,
    339: 3,
  };
  const directory = Object.entries(tags).map(([tag, value]) => {
    const entry = Buffer.alloc(12);
    entry.writeUInt16LE(Number(tag), 0);
    entry.writeUInt16LE(4, 2);
    entry.writeUInt32LE(1, 4);
    entry.writeUInt32LE(value, 8);
    return entry;
  });
  const header = Buffer.from("II*\0\0\0\0\0", "latin1");
  header.writeUInt32LE(8 + data.length, 4);
  return Buffer.concat([header, data, Buffer.from([directory.length, 0]), ...directory, Buffer.alloc(4)]);
}
