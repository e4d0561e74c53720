// JPEGs that WebAssembly decodes: the same pixels as from sharp, or none.

import sharp, { type JpegOptions, type Sharp } from "sharp";
import { beforeAll, describe, expect, it } from "vitest";

import { init, JpegDecoder, type InstructionSet, type Picture } from "@silhouette/preprocess-wasm/jpeg";

import { decode } from "./decode.ts";
import { OrdinaryJpegs } from "./ordinary-jpeg.ts";
import { emptyFolder, folderWith } from "../../testing/folders.ts";
import { join } from "node:path";

const INSTRUCTION_SETS: readonly InstructionSet[] = ["simd128", "scalar"];

beforeAll(async () => {
  await init({ instructionSet: "simd128" });
  await init({ instructionSet: "scalar" });
});

/** Widths and heights: whole blocks, parts of them, and more pixels than a vector has. */
const SIZES = [
  [8, 8],
  [9, 23],
  [16, 16],
  [31, 17],
  [33, 64],
  [100, 75],
  [131, 18],
] as const;

/** Whole numbers from 0 to below `end`, the same in every run. */
function draws(seed: number): (end: number) => number {
  let state = seed;
  return (end) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * end);
  };
}

/** Pixels of noise, of black and white noise, or of gradients. */
function drawn(width: number, height: number, kind: number): Sharp {
  const draw = draws(width * height);
  const levels = [() => draw(256), () => 255 * draw(2), (at: number) => (at % (3 * width)) + Math.floor(at / width)];
  const data = Uint8Array.from({ length: 3 * width * height }, (_, at) => levels[kind]?.(at) ?? 0);
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** What sharp decodes, with the settings of `decode`; undefined if it refuses the file. */
async function bySharp(content: Uint8Array) {
  try {
    const options = { failOn: "warning", autoOrient: true } as const;
    const upright = sharp(content, options).flatten({ background: "white" }).toColourspace("srgb");
    const { data, info } = await upright.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
    return {
      data: Buffer.from(data).toString("base64"),
      width: info.width,
      height: info.height,
      channels: info.channels,
    };
  } catch {
    return undefined;
  }
}

/** A picture as sharp gives it: gray levels three times. */
function inColor(picture: Picture | undefined) {
  if (picture === undefined) return undefined;
  const { data, width, height, channels } = picture;
  const levels = Buffer.alloc(3 * width * height);
  for (let at = 0; at < levels.length; at++) levels[at] = data[channels === 1 ? Math.floor(at / 3) : at] ?? 0;
  return { data: levels.toString("base64"), width, height, channels: 3 };
}

/** What WebAssembly decodes; undefined if it declines the file. */
function byKernels(content: Uint8Array, instructionSet: InstructionSet) {
  return inColor(new JpegDecoder({ instructionSet }).decode(content));
}

/** The gray levels of a picture, by the rule of `Preprocessor.gray`. */
function grayOf({ data, width, height, channels }: Picture): string {
  const levels = Uint8Array.from({ length: width * height }, (_, at) => {
    const [red = 0, green = 0, blue = 0] = data.subarray(channels * at);
    return channels === 1 ? red : (9798 * red + 19_235 * green + 3735 * blue + 16_384) >> 15;
  });
  return Buffer.from(levels).toString("base64");
}

/** What WebAssembly decodes to gray. */
function inGray(content: Uint8Array, instructionSet: InstructionSet) {
  const picture = new JpegDecoder({ instructionSet }).decode(content, { gray: true });
  return picture && { ...picture, data: Buffer.from(picture.data).toString("base64") };
}

/** A JPEG with another byte at `offset` from the first occurrence of `mark`. */
function changed(content: Buffer, mark: readonly number[], offset: number, value: number): Buffer {
  const copy = Buffer.from(content);
  copy[copy.indexOf(Buffer.from(mark)) + offset] = value;
  return copy;
}

/** A JPEG with a segment behind its first two bytes. */
function withSegment(content: Buffer, kind: number, data: Buffer): Buffer {
  const head = Buffer.from([0xff, kind, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([content.subarray(0, 2), head, data, content.subarray(2)]);
}

/** The marker of a frame header. */
const FRAME = [0xff, 0xc0];

describe("ordinary JPEGs have the pixels that sharp gives", () => {
  it.each<[string, JpegOptions, boolean]>([
    ["4:2:0", { chromaSubsampling: "4:2:0" }, false],
    ["4:4:4", { chromaSubsampling: "4:4:4" }, false],
    ["gray", {}, true],
    ["tables of their own", { optimiseCoding: true }, false],
    ["quality 100", { quality: 100, chromaSubsampling: "4:4:4" }, false],
    ["quality 1", { quality: 1 }, false],
  ])("%s", async (_, options, isGray) => {
    for (const [width, height] of SIZES) {
      for (const kind of [0, 1, 2]) {
        const source = drawn(width, height, kind);
        const content = await (isGray ? source.toColourspace("b-w") : source)
          .jpeg({ quality: 75, ...options })
          .toBuffer();
        const expected = await bySharp(content);
        expect(expected).toBeDefined();
        for (const set of INSTRUCTION_SETS) expect(byKernels(content, set)).toEqual(expected);
        expect(new JpegDecoder().decode(content)).toMatchObject({ channels: isGray ? 1 : 3 });
      }
    }
  });

  it("also with EXIF data, comments, and bytes behind the end", async () => {
    const plain = await drawn(40, 30, 2).jpeg().toBuffer();
    const upright = await drawn(40, 30, 2).withMetadata({ orientation: 1 }).jpeg().toBuffer();
    const noted = withSegment(plain, 0xfe, Buffer.from("a comment"));
    const adobe = withSegment(plain, 0xee, Buffer.from("Adobe\0\x64\0\0\0\0\x01", "latin1"));
    for (const content of [noted, adobe, Buffer.concat([plain, Buffer.alloc(99)])]) {
      expect(byKernels(content, "simd128")).toEqual(await bySharp(content));
    }
    const withoutProfile = removeSegments(upright, 0xe2);
    expect(byKernels(withoutProfile, "simd128")).toEqual(await bySharp(withoutProfile));
  });
});

/**
 * A JPEG of 4:2:2, which sharp does not write: two blocks of luma and two of chroma in turn, which are those of a gray JPEG of nearly the
 * same levels everywhere, because each is coded by its difference from the one before.
 */
async function subsampledInWidth(width: number, height: number): Promise<Buffer> {
  const draw = draws(width * height);
  const [across, down] = [32 * Math.ceil(width / 16), 8 * Math.ceil(height / 8)];
  const data = Uint8Array.from({ length: across * down }, (_, at) => (draw(9) + 37 * Math.floor(at / 8)) % 256);
  const source = sharp(data, { raw: { width: across, height: down, channels: 1 } }).toColourspace("b-w");
  const content = await source.jpeg({ quality: 90 }).toBuffer();
  const [frame, scan] = [FRAME, [0xff, 0xda]].map((mark) => content.indexOf(Buffer.from(mark))) as [number, number];
  const components = [1, 0x21, 0, 2, 0x11, 0, 3, 0x11, 0];
  return Buffer.concat([
    content.subarray(0, frame),
    Buffer.from([...FRAME, 0, 17, 8, 0, height, 0, width, 3, ...components]),
    content.subarray(frame + 13, scan),
    Buffer.from([0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0]),
    content.subarray(scan + 10),
  ]);
}

/** Codes of the sizes 0 to 6 of a difference, and of the end of a block. */
const DIFFERENCE_CODES = ["00", "010", "011", "100", "101", "110", "1110"];
const END_CODE = "0";
/** The definition of these tables: the number of codes of each length from 1 to 16, and what they are for. */
const TABLES = [
  Buffer.from([0xff, 0xc4, 0, 26, 0, 0, 1, 5, 1]),
  Buffer.alloc(12),
  Buffer.from([0, 1, 2, 3, 4, 5, 6]),
  Buffer.from([0xff, 0xc4, 0, 20, 0x10, 1]),
  Buffer.alloc(16),
];

/** A gray JPEG of flat blocks with restart markers, which sharp does not write. */
async function withRestarts(interval: number, marker = (number: number) => 0xd0 + (number % 8)): Promise<Buffer> {
  const draw = draws(interval);
  const flat = await drawn(8 * 7, 8 * 3, 2)
    .toColourspace("b-w")
    .jpeg()
    .toBuffer();
  const scan = flat.indexOf(Buffer.from([0xff, 0xda]));
  const codes: number[] = [];
  for (let first = 0; first < 7 * 3; first += interval) {
    let bits = "";
    for (let block = first; block < Math.min(first + interval, 7 * 3); block++) {
      const difference = draw(127) - 63;
      const size = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1;
      const value = difference < 0 ? difference + 2 ** size - 1 : difference;
      bits += `${DIFFERENCE_CODES[size]}${size === 0 ? "" : value.toString(2).padStart(size, "0")}${END_CODE}`;
    }
    // The padding is of ones; a byte that looks like a marker is followed by a zero.
    for (const byte of bits.match(/.{1,8}/g) ?? []) {
      const value = Number.parseInt(byte.padEnd(8, "1"), 2);
      codes.push(...(value === 0xff ? [value, 0] : [value]));
    }
    codes.push(0xff, first + interval < 7 * 3 ? marker(first / interval) : 0xd9);
  }
  const restarts = Buffer.from([0xff, 0xdd, 0, 4, 0, interval]);
  return Buffer.concat([
    flat.subarray(0, scan),
    ...TABLES,
    restarts,
    flat.subarray(scan, scan + 10),
    Buffer.from(codes),
  ]);
}

describe("restart markers", () => {
  it.each([1, 2, 5, 20, 21])("behind every %i blocks give the pixels that sharp gives", async (interval) => {
    const content = await withRestarts(interval);
    const expected = await bySharp(content);
    expect(expected).toMatchObject({ width: 56, height: 24 });
    for (const set of INSTRUCTION_SETS) expect(byKernels(content, set)).toEqual(expected);
  });

  it("in another order are left to sharp", async () => {
    const content = await withRestarts(2, (number) => 0xd0 + ((number + 1) % 8));
    for (const set of INSTRUCTION_SETS) expect(byKernels(content, set)).toBeUndefined();
  });
});

describe("subsampled in width, 4:2:2", () => {
  it.each(SIZES)("%i x %i pixels are those that sharp gives", async (width, height) => {
    const content = await subsampledInWidth(width, height);
    const expected = await bySharp(content);
    expect(expected).toMatchObject({ width, height });
    for (const set of INSTRUCTION_SETS) expect(byKernels(content, set)).toEqual(expected);
  });
});

describe("gray levels are those of the RGB pixels", () => {
  it.each<[string, (source: Sharp, width: number, height: number) => Promise<Buffer>]>([
    ["4:2:0", (source) => source.jpeg({ chromaSubsampling: "4:2:0" }).toBuffer()],
    ["4:2:2", (_, width, height) => subsampledInWidth(width, height)],
    ["4:4:4", (source) => source.jpeg({ chromaSubsampling: "4:4:4" }).toBuffer()],
    ["quality 1", (source) => source.jpeg({ quality: 1 }).toBuffer()],
    ["gray", (source) => source.toColourspace("b-w").jpeg().toBuffer()],
  ])("%s", async (_, encoded) => {
    for (const [width, height] of SIZES) {
      for (const kind of [0, 1, 2]) {
        const content = await encoded(drawn(width, height, kind), width, height);
        const picture = new JpegDecoder().decode(content);
        const expected = { data: picture && grayOf(picture), width, height, channels: 1 };
        for (const set of INSTRUCTION_SETS) expect(inGray(content, set)).toEqual(expected);
      }
    }
  });
});

/** A JPEG without its segments of this kind. */
function removeSegments(content: Buffer, kind: number): Buffer {
  let rest = content;
  for (;;) {
    const at = rest.indexOf(Buffer.from([0xff, kind]));
    if (at < 0 || at > rest.indexOf(Buffer.from(FRAME))) return rest;
    rest = Buffer.concat([rest.subarray(0, at), rest.subarray(at + 2 + rest.readUInt16BE(at + 2))]);
  }
}

describe("all other files are left to sharp", () => {
  it.each<[string, () => Promise<Buffer>]>([
    ["progressive", () => drawn(40, 30, 2).jpeg({ progressive: true }).toBuffer()],
    ["CMYK", () => drawn(40, 30, 2).toColourspace("cmyk").jpeg().toBuffer()],
    ["rotated by EXIF", () => drawn(40, 30, 2).withMetadata({ orientation: 6 }).jpeg().toBuffer()],
    ["with a color profile", () => drawn(40, 30, 2).withIccProfile("p3").jpeg().toBuffer()],
    ["of 7 pixels", () => drawn(7, 30, 2).jpeg().toBuffer()],
    [
      "of RGB, by Adobe's marker",
      async () =>
        withSegment(await drawn(40, 30, 2).jpeg().toBuffer(), 0xee, Buffer.from("Adobe\0\x64\0\0\0\0\0", "latin1")),
    ],
    ["4:4:0", async () => changed(await drawn(40, 30, 2).jpeg().toBuffer(), FRAME, 11, 0x12)],
    ["12 bits", async () => changed(await drawn(40, 30, 2).jpeg().toBuffer(), FRAME, 4, 12)],
    ["arithmetic coding", async () => changed(await drawn(40, 30, 2).jpeg().toBuffer(), FRAME, 1, 0xc9)],
    ["PNG", () => drawn(40, 30, 2).png().toBuffer()],
    ["nothing", async () => Buffer.alloc(0)],
  ])("%s", async (_, content) => {
    const file = await content();
    for (const set of INSTRUCTION_SETS) expect(byKernels(file, set)).toBeUndefined();
    const { picture } = await decode(file);
    const expected = await bySharp(file);
    expect(picture && Buffer.from(picture.data).toString("base64")).toEqual(expected?.data);
  });

  it("larger than the limit, and files that cannot be read", async () => {
    const content = await drawn(40, 30, 2).jpeg().toBuffer();
    expect(new JpegDecoder({ mostPixels: 1199 }).decode(content)).toBeUndefined();
    expect(new JpegDecoder({ mostPixels: 1200 }).decode(content)).toMatchObject({ width: 40, height: 30 });
    const jpegs = new OrdinaryJpegs();
    expect(jpegs.read(join(emptyFolder(), "nothing.jpg"))).toBeUndefined();
    expect(jpegs.read(emptyFolder())).toBeUndefined();
    expect(jpegs.read(join(folderWith({ "empty.jpg": Buffer.alloc(0) }), "empty.jpg"))).toBeUndefined();
    expect(jpegs.read(join(folderWith({ "car.jpg": content }), "car.jpg"))).toMatchObject({ width: 40, height: 30 });
  });
});

describe("a damaged JPEG", () => {
  it("has the pixels that sharp gives, or is left to sharp, wherever it is damaged", async () => {
    const draw = draws(7);
    const decoders = INSTRUCTION_SETS.map((instructionSet) => new JpegDecoder({ instructionSet }));
    let accepted = 0;
    for (let number = 0; number < 250; number++) {
      const source = drawn(8 + draw(50), 8 + draw(50), draw(3));
      if (draw(5) === 0) source.toColourspace("b-w");
      const chromaSubsampling = draw(2) === 0 ? "4:2:0" : "4:4:4";
      const whole = await source
        .jpeg({ quality: 1 + draw(100), chromaSubsampling, optimiseCoding: draw(2) === 0 })
        .toBuffer();
      const scan = whole.indexOf(Buffer.from([0xff, 0xda])) + 14;
      const at = draw(3) === 0 ? draw(scan) : scan + draw(whole.length - scan);
      const content = draw(4) === 0 ? whole.subarray(0, at) : changedAt(whole, at, draw(256));
      const [one, other] = decoders.map((decoder) => decoder.decode(content));
      expect(one).toEqual(other);
      if (one === undefined) continue;
      accepted++;
      expect(inColor(one)).toEqual(await bySharp(content));
    }
    expect(accepted).toBeGreaterThan(60);
  });
});

function changedAt(content: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(content);
  copy[at] = value;
  return copy;
}
