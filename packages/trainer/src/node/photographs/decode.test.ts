import { execFileSync } from "node:child_process";
import { readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";

import sharp, { type Sharp } from "sharp";
import { describe, expect, it } from "vitest";

import { decode } from "./decode.ts";
import { emptyFolder, folderWith } from "../../testing/folders.ts";

const ORANGE = { r: 200, g: 120, b: 40 };

function plane(width = 32, height = 24): Sharp {
  return sharp({ create: { width, height, channels: 3, background: ORANGE } });
}

/** The first pixel and the size of the decoded `content`. */
async function decoded(name: string, content: Uint8Array) {
  const { picture } = await decode(join(folderWith({ [name]: content }), name));
  if (picture === undefined) throw new Error(`${name} was not decoded`);
  return { pixel: [...picture.data.subarray(0, 3)], width: picture.width, height: picture.height };
}

/** A chunk of a PNG. */
function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

/** A PNG that declares this many pixels per side, and has none. */
function pngBomb(side: number): Buffer {
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

  it("reads the first picture of an AVIF sequence", async () => {
    const avif = await plane().avif({ quality: 100 }).toBuffer();
    avif.write("avis", 8, "latin1");
    expect(await decoded("moving.avif", avif)).toMatchObject({ width: 32, height: 24 });
    expect(avif.toString("latin1", 8, 12)).toBe("avis");
  });

  // This file is unreadable on any machine.
  it.runIf(process.platform === "linux")("distinguishes an unreadable disk from exhausted memory", async () => {
    await expect(decode("/proc/self/mem")).rejects.toMatchObject({
      code: "MACHINE_EXHAUSTED",
      hint: "Copy the pictures to another disk, omitting those that cannot be copied.",
    });
  });

  it("converts CMYK to the color it represents", async () => {
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

  it("finds the range of 16-bit samples if there is an alpha channel", async () => {
    const data = new Uint16Array([4095, 2048, 0, 0xffff]);
    const raw = { width: 1, height: 1, channels: 4 } as const;
    const png = await sharp(data, { raw }).toColourspace("rgb16").png().toBuffer();
    expect((await decoded("twelve.png", png)).pixel).toEqual([255, 128, 0]);
  });

  it("composites transparent pixels on white", async () => {
    const clear = sharp({ create: { width: 8, height: 8, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } });
    expect((await decoded("clear.png", await clear.png().toBuffer())).pixel).toEqual([255, 255, 255]);
  });

  it("rotates a picture according to its EXIF orientation", async () => {
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
    [
      "a drawing",
      "FORMAT_NOT_READ",
      () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    ],
    ["a bomb of 60,000 x 60,000 pixels", "PICTURE_TOO_LARGE", () => pngBomb(60_000)],
    ["a PNG without pixels", "PICTURE_DAMAGED", () => pngBomb(300)],
    ["a JPEG cut short", "PICTURE_DAMAGED", async () => half(await noisy().jpeg().toBuffer())],
    ["a PNG cut short", "PICTURE_DAMAGED", async () => half(await noisy().png().toBuffer())],
    ["a WebP cut short", "PICTURE_DAMAGED", async () => half(await noisy().webp().toBuffer())],
    ["a GIF cut short", "PICTURE_DAMAGED", async () => half(await noisy().gif().toBuffer())],
    ["an AVIF cut short", "PICTURE_DAMAGED", async () => half(await noisy().avif().toBuffer())],
  ])("reports what is wrong with %s", async (_, code, content) => {
    const file = join(folderWith({ "picture.jpg": await content() }), "picture.jpg");
    expect(await decode(file)).toMatchObject({ picture: undefined, code });
  });

  it("reports that a file cannot be read", async () => {
    expect(await decode(join(emptyFolder(), "nothing.jpg"))).toMatchObject({ code: "FILE_UNREADABLE" });
  });

  it.skipIf(process.platform === "win32" || process.getuid?.() === 0)("reports that permission is denied", async () => {
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

/** A file, and the pixels that another program decodes from it. */
interface GoldenPicture {
  readonly name: string;
  readonly file: string;
  readonly width: number;
  readonly height: number;
  /** `[height, width, 3]`. */
  readonly pixels: string;
}

const golden = JSON.parse(
  readFileSync(new URL("../../../golden/pictures.json", import.meta.url), "utf8"),
) as readonly GoldenPicture[];

describe("decodes to the same pixels as Pillow and OpenCV", () => {
  it.each(golden)("$name", async ({ file, width, height, pixels }) => {
    const { picture } = await decode(Buffer.from(file, "base64"));
    expect(picture).toMatchObject({ width, height });
    const expected = Buffer.from(pixels, "base64");
    const differences = Array.from(expected, (value, index) => {
      const place = picture?.channels === 1 ? Math.floor(index / 3) : index;
      return Math.abs(value - (picture?.data[place] ?? NaN));
    });
    expect(Math.max(...differences)).toBeLessThanOrEqual(1);
  });
});

describe("a TIFF whose samples are not gray levels or colors", () => {
  it.each<[string, Record<number, number>, RegExp]>([
    ["floating-point colors", { 262: 2, 277: 3, 258: 32, 339: 3 }, /contains 32-bit floating-point samples/],
    ["64-bit floating-point samples", { 258: 64, 339: 3 }, /contains 64-bit floating-point samples/],
    ["16-bit signed samples", { 258: 16, 339: 2 }, /contains 16-bit signed samples/],
    ["complex samples", { 258: 64, 339: 6 }, /contains 64-bit complex samples/],
    ["five samples", { 262: 2, 277: 5, 258: 8 }, /has 5 samples per pixel/],
    ["a 16-bit palette", { 262: 3, 258: 16 }, /has a 16-bit palette/],
    ["CIELAB", { 262: 8, 277: 3, 258: 8 }, /photometric interpretation 8/],
    ["a raw photograph's preview", { 254: 1, 262: 2, 277: 3, 258: 8 }, /is a raw photograph/],
    ["a DNG", { 262: 2, 277: 3, 258: 8, 50706: 1 }, /is a raw photograph/],
  ])("is skipped: %s", async (_, tags, message) => {
    expect(await decode(tiff(tags))).toMatchObject({
      picture: undefined,
      code: "FORMAT_NOT_READ",
      message: expect.stringMatching(message) as string,
    });
  });
});

describe("a TIFF whose 0 is white", () => {
  const FLOAT = { 258: 32, 339: 3 };
  it.each<[string, Record<number, number>, (data: Buffer) => number]>([
    ["floating-point samples", FLOAT, (data) => data.writeFloatLE(1)],
    ["32-bit signed samples", { 258: 32, 339: 2 }, (data) => data.writeInt32LE(7)],
    ["32-bit unsigned samples", { 258: 32 }, (data) => data.writeUInt32LE(7)],
    ["8-bit signed samples", { 258: 8, 339: 2 }, (data) => data.writeInt8(7)],
    ["16-bit samples of which 12 bits are used", { 258: 16 }, (data) => data.writeUInt16LE(4095)],
  ])("is black at its maximum: %s", async (_, tags, write) => {
    for (const photometric of [0, 1]) {
      const content = tiff({ 262: photometric, ...tags });
      write(content.subarray(8));
      const { picture } = await decode(content);
      expect([...(picture?.data.subarray(0, 1) ?? []), picture?.data.at(-1)]).toEqual(
        photometric === 0 ? [0, 255] : [255, 0],
      );
    }
  });

  it("is also recognized by tags of signed types", async () => {
    const content = tiff({ 258: 16, 339: 2 });
    const tag = content.indexOf(Buffer.from([339 & 255, 339 >> 8, 4, 0]));
    content.writeUInt16LE(9, tag + 2);
    expect(await decode(content)).toMatchObject({ code: "FORMAT_NOT_READ" });
  });
});

describe("a damaged JPEG", () => {
  async function damaged(change: (content: Buffer) => Buffer) {
    return decode(change(await noisy().jpeg({ quality: 95 }).toBuffer()));
  }

  it.each<[string, (content: Buffer) => Buffer]>([
    ["cut, with an end marker", (content) => Buffer.concat([half(content), Buffer.from([0xff, 0xd9])])],
    ["overwritten in the middle", (content) => content.fill(0xff, 1000, 1100)],
    [
      "with twice its height",
      (content) => {
        const frame = content.indexOf(Buffer.from([0xff, 0xc0]));
        content.writeUInt16BE(128, frame + 5);
        return content;
      },
    ],
  ])("is rejected: %s", async (_, change) => {
    expect(await damaged(change)).toMatchObject({ code: "PICTURE_DAMAGED" });
  });

  it("is read if it only has trailing bytes", async () => {
    const { picture } = await damaged((content) => Buffer.concat([content, Buffer.alloc(3000, 7)]));
    expect(picture).toMatchObject({ width: 64, height: 64 });
  });
});

describe("a file that would exhaust the machine", () => {
  it.skipIf(process.platform === "win32")("does not block: pipes, devices and folders", async () => {
    const folder = emptyFolder();
    execFileSync("mkfifo", [join(folder, "pipe.jpg")]);
    symlinkSync("/dev/zero", join(folder, "zero.jpg"));
    for (const name of ["pipe.jpg", "zero.jpg", "."]) {
      expect(await decode(join(folder, name))).toMatchObject({ picture: undefined });
    }
  });

  it("is not read beyond its beginning if it has gigabytes", async () => {
    const folder = folderWith({ "text.jpg": "x", "picture.tif": "II*\0\x08\0\0\0" });
    for (const name of ["text.jpg", "picture.tif"]) truncateSync(join(folder, name), 1.5 * 2 ** 30);
    expect(await decode(join(folder, "text.jpg"))).toMatchObject({ code: "NOT_A_PICTURE" });
    expect(await decode(join(folder, "picture.tif"))).toMatchObject({ code: "PICTURE_TOO_LARGE" });
  });

  it("is read in seconds if it is a PNG of millions of chunks", async () => {
    const chunks = Buffer.alloc(12 * 8_000_000, chunk("tEXt", Buffer.alloc(0)));
    const png = await plane().png().toBuffer();
    const begin = performance.now();
    const { picture } = await decode(Buffer.concat([png.subarray(0, 33), chunks, png.subarray(33)]));
    expect(picture).toMatchObject({ width: 32, height: 24 });
    expect(performance.now() - begin).toBeLessThan(10_000);
  });

  it("is read without decompressing its texts if it is a PNG", async () => {
    const png = await plane().png().toBuffer();
    const text = chunk("zTXt", Buffer.concat([Buffer.from("Comment\0\0"), deflateSync(Buffer.alloc(8_000_000))]));
    const head = 8 + 12 + 13;
    const { picture } = await decode(
      Buffer.concat([png.subarray(0, head), ...Array<Buffer>(50).fill(text), png.subarray(head)]),
    );
    expect(picture).toMatchObject({ width: 32, height: 24 });
  });
});

/** An uncompressed TIFF of 8 x 8 pixels with these tags, in addition to those for its size; tag values have 32 bits. */
function tiff(tags: Readonly<Record<number, number>>): Buffer {
  const data = Buffer.alloc(8 * 8 * 64);
  const all = { 256: 8, 257: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 8, 279: data.length, ...tags };
  const entries = Object.entries(all).map(([tag, value]) => {
    const entry = Buffer.alloc(12);
    entry.writeUInt16LE(Number(tag), 0);
    entry.writeUInt16LE(4, 2);
    entry.writeUInt32LE(1, 4);
    entry.writeUInt32LE(value, 8);
    return entry;
  });
  const header = Buffer.from("II*\0\0\0\0\0", "latin1");
  header.writeUInt32LE(8 + data.length, 4);
  return Buffer.concat([header, data, Buffer.from([entries.length, 0]), ...entries, Buffer.alloc(4)]);
}
