import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";

import sharp, { type Sharp } from "sharp";
import { describe, expect, it } from "vitest";

import { decode } from "./decode.ts";
import { emptyFolder, folderWith } from "./testing/folders.ts";

const ORANGE = { r: 200, g: 120, b: 40 };

function plane(width = 32, height = 24): Sharp {
  return sharp({ create: { width, height, channels: 3, background: ORANGE } });
}

/** The first pixel and the size of what `content` decodes to. */
async function decoded(name: string, content: Uint8Array) {
  const { picture } = await decode(join(folderWith({ [name]: content }), name));
  if (picture === undefined) throw new Error(`${name} was not decoded`);
  return { pixel: [...picture.data.subarray(0, 3)], width: picture.width, height: picture.height };
}

/** A PNG that says it has this many pixels a side, and has none. */
function pngBomb(side: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    checksum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, checksum]);
  };
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.alloc(99))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

describe("decode", () => {
  it.each<[string, (source: Sharp) => Sharp]>([
    ["PNG", (source) => source.png()],
    ["JPEG", (source) => source.jpeg({ quality: 100 })],
    ["WebP", (source) => source.webp({ lossless: true })],
    ["GIF", (source) => source.gif()],
    ["TIFF", (source) => source.tiff({ compression: "lzw" })],
    ["AVIF", (source) => source.avif({ quality: 100 })],
    ["PNG of 16 bits", (source) => source.toColourspace("rgb16").png()],
    ["PNG with a palette", (source) => source.png({ palette: true })],
  ])("reads %s", async (_, encode) => {
    // The content decides, not the ending.
    const { pixel, width, height } = await decoded("picture.jpg", await encode(plane()).toBuffer());
    expect([width, height]).toEqual([32, 24]);
    for (const [index, value] of [ORANGE.r, ORANGE.g, ORANGE.b].entries()) {
      expect(Math.abs((pixel[index] ?? 0) - value)).toBeLessThanOrEqual(3);
    }
  });

  it("reads CMYK as the color that it shows", async () => {
    const { pixel } = await decoded("cmyk.jpg", await plane().toColourspace("cmyk").jpeg({ quality: 100 }).toBuffer());
    const [red = 0, green = 0, blue = 0] = pixel;
    expect(red).toBeGreaterThan(green);
    expect(green).toBeGreaterThan(blue);
  });

  it("reads gray of 8 and 16 bits as equal red, green and blue", async () => {
    for (const space of ["b-w", "grey16"]) {
      const { pixel } = await decoded("gray.png", await plane().greyscale().toColourspace(space).png().toBuffer());
      expect(new Set(pixel).size).toBe(1);
    }
  });

  it("puts transparency over white", async () => {
    const clear = sharp({ create: { width: 8, height: 8, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } });
    expect((await decoded("clear.png", await clear.png().toBuffer())).pixel).toEqual([255, 255, 255]);
  });

  it("turns a picture upright as its EXIF orientation says", async () => {
    const lying = await plane().withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect(await decoded("lying.jpg", lying)).toMatchObject({ width: 24, height: 32 });
  });

  it("reads the first picture of an animation", async () => {
    const frames = ["#ff0000", "#0000ff"].map((background) =>
      sharp({ create: { width: 8, height: 8, channels: 3, background } })
        .png()
        .toBuffer(),
    );
    const gif = await sharp(await Promise.all(frames), { join: { animated: true } })
      .gif()
      .toBuffer();
    expect(await decoded("moving.gif", gif)).toEqual({ pixel: [255, 0, 0], width: 8, height: 8 });
  });

  it.each<[string, string, () => Promise<Uint8Array> | Uint8Array]>([
    ["an empty file", "EMPTY_FILE", () => new Uint8Array()],
    ["text", "NOT_A_PICTURE", () => Buffer.from("hello")],
    ["a drawing", "NOT_A_PICTURE", () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    ["a bomb of 60,000 x 60,000 pixels", "PICTURE_TOO_LARGE", () => pngBomb(60_000)],
    ["a PNG without pixels", "PICTURE_DAMAGED", () => pngBomb(300)],
    ["a JPEG cut short", "PICTURE_DAMAGED", async () => half(await noisy().jpeg().toBuffer())],
    ["a PNG cut short", "PICTURE_DAMAGED", async () => half(await noisy().png().toBuffer())],
    ["a WebP cut short", "PICTURE_DAMAGED", async () => half(await noisy().webp().toBuffer())],
    ["a GIF cut short", "PICTURE_DAMAGED", async () => half(await noisy().gif().toBuffer())],
    ["an AVIF cut short", "PICTURE_DAMAGED", async () => half(await noisy().avif().toBuffer())],
  ])("says what is wrong with %s", async (_, code, content) => {
    const file = join(folderWith({ "picture.jpg": await content() }), "picture.jpg");
    expect(await decode(file)).toMatchObject({ picture: undefined, code });
  });

  it("says that a file cannot be read", async () => {
    expect(await decode(join(emptyFolder(), "nothing.jpg"))).toMatchObject({ code: "FILE_UNREADABLE" });
  });

  it.skipIf(process.getuid?.() === 0)("says that there is no permission", async () => {
    const file = join(emptyFolder(), "locked.jpg");
    writeFileSync(file, "x", { mode: 0 });
    expect(await decode(file)).toMatchObject({ code: "FILE_UNREADABLE" });
  });
});

function noisy(): Sharp {
  const data = Uint8Array.from({ length: 64 * 64 * 3 }, (_, index) => (index * 7919) >> 3);
  return sharp(data, { raw: { width: 64, height: 64, channels: 3 } });
}

function half(content: Uint8Array): Uint8Array {
  return content.subarray(0, content.length / 2);
}
