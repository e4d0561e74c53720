// `silhouette prepare` with unusable pictures: they are skipped, counted and listed.

import { chmodSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";

import sharp from "sharp";
import { describe, expect, it } from "vitest";

import { readDataset } from "./datasets.ts";
import { HAS_PERMISSIONS, IS_WINDOWS, freshOut } from "./outputs.ts";
import { carsAndBuses, folderWith, photographOf } from "./pictures.ts";
import { type Ended } from "./programs.ts";
import { expectReadable, silhouette } from "./silhouette.ts";

describe("broken pictures", () => {
  it("are skipped, listed and counted, and the command succeeds", async () => {
    // Large enough that its second half consists of pixels.
    const jpeg = await sharp(await photographOf("car", 20))
      .resize(960, 720)
      .jpeg()
      .toBuffer();
    const photos = folderWith({
      ...(await carsAndBuses(3)),
      "car/drawing.png": `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="5" height="5"/></svg>`,
      "car/half.jpg": jpeg.subarray(0, jpeg.length / 2),
      "car/huge.png": pngOfSize(60_000, 60_000),
      "car/text.jpg": "no picture",
      "car/zero.jpg": "",
    });
    const out = freshOut();
    const ended = await silhouette(["prepare", photos, "--out", out]);
    expect(ended.code).toBe(0);
    expectReadable(ended);
    expect(skipsIn(ended)).toEqual([
      ["car/drawing.png", "FORMAT_NOT_READ"],
      ["car/half.jpg", "PICTURE_DAMAGED"],
      ["car/huge.png", "PICTURE_TOO_LARGE"],
      ["car/text.jpg", "NOT_A_PICTURE"],
      ["car/zero.jpg", "EMPTY_FILE"],
    ]);
    expect(ended.stdout).toMatch(/; 5 skipped$/m);
    expect((await readDataset(out)).rows).toHaveLength(6);
  });

  it.skipIf(IS_WINDOWS)("include broken and circular links (symbolic links; not on Windows)", async () => {
    const photos = folderWith(await carsAndBuses(3));
    symlinkSync("000.png", join(photos, "car", "again.png"));
    symlinkSync("nothing.png", join(photos, "car", "broken.png"));
    symlinkSync("circle.png", join(photos, "car", "circle.png"));
    symlinkSync(".", join(photos, "car", "deeper"));
    const out = freshOut();
    const ended = await silhouette(["prepare", photos, "--out", out]);
    expect(ended.code).toBe(0);
    expectReadable(ended);
    expect(skipsIn(ended)).toEqual([
      ["car/broken.png", "LINK_BROKEN"],
      ["car/circle.png", "LINK_BROKEN"],
      ["car/deeper", "LINK_BROKEN"],
    ]);
    expect(ended.stdout).toMatch(/; 3 skipped$/m);
    expect((await readDataset(out)).rows.map(({ path }) => path)).toContain("car/again.png");
  });

  it.runIf(HAS_PERMISSIONS)(
    "are files without permission too (not for root, who may read all, and not on Windows)",
    async () => {
      const photos = folderWith(await carsAndBuses(3));
      chmodSync(join(photos, "car", "001.png"), 0);
      const ended = await silhouette(["prepare", photos, "--out", freshOut()]);
      expect(ended.code).toBe(0);
      expect(skipsIn(ended)).toEqual([["car/001.png", "FILE_UNREADABLE"]]);
      expect(ended.stderr).toContain("EACCES");
    },
  );

  it.skipIf(IS_WINDOWS)("cannot inject escape codes or lines through their names (not on Windows)", async () => {
    const photos = folderWith({ ...(await carsAndBuses(2)), "car/\u001B[31mred\nError: all is lost.png": "" });
    const ended = await silhouette(["prepare", photos, "--out", freshOut()]);
    expect(ended.code).toBe(0);
    expect(skipsIn(ended)).toHaveLength(1);
    expectReadable(ended);
    expect(ended.stderr).not.toMatch(/^Error:/m);
  });
});

/** Path and code of each skipped picture; the line must also describe the problem in words. */
function skipsIn({ stderr }: Ended): readonly (readonly [path: string, code: string])[] {
  return [...stderr.matchAll(/^Skipped (.+?): it \w+ .+ \[([A-Z_]+)\]$/gm)].map(([, path = "", code = ""]) => [
    path,
    code,
  ]);
}

/** A PNG that declares pixels and contains none. */
function pngOfSize(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.writeUInt8(8, 8); // bits a channel
  header.writeUInt8(2, 9); // RGB
  return Buffer.concat([
    Buffer.from("\u0089PNG\r\n\u001A\n", "latin1"),
    pngChunk("IHDR", header),
    pngChunk("IDAT", deflateSync("")),
  ]);
}

/** Length, type, content, and the CRC-32 of the latter two. */
function pngChunk(type: string, content: Uint8Array): Buffer {
  const checked = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const chunk = Buffer.alloc(checked.length + 8);
  chunk.writeUInt32BE(content.length, 0);
  checked.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(checked), chunk.length - 4);
  return chunk;
}
