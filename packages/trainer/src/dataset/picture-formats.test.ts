import { describe, expect, it } from "vitest";

import { recognise } from "./picture-formats.ts";

function head(start: string): Buffer {
  return Buffer.concat([Buffer.from(start, "latin1"), Buffer.alloc(16)]);
}

describe("a file's first bytes", () => {
  it.each<[string, string]>([
    ["JPEG", "\xff\xd8\xff\xe0"],
    ["BigTIFF", "II+\0\x08\0"],
    ["an AVIF sequence", "\0\0\0\x1cftypavis\0\0\0\0avifmsf1"],
    ["AVIF with HEIF's general brand", "\0\0\0\x1cftypmif1\0\0\0\0mif1avif"],
  ])("identify %s as decodable", (_, start) => {
    expect(recognise(head(start))).toEqual({ kind: "decodable" });
  });

  it.each<[string, string]>([
    ["a HEIC photograph", "\0\0\0\x18ftypheic"],
    ["a HEIC photograph", "\0\0\0\x18ftypmif1\0\0\0\0mif1heic\0\0\0\x0cavif"],
    ["a JPEG XL picture", "\xff\x0a"],
    ["a JPEG 2000 picture", "\xff\x4f\xff\x51"],
    ["a Canon raw photograph", "II*\0\x10\0\0\0CR\x02\0"],
    ["an Olympus raw photograph", "IIRS\x08\0\0\0"],
    ["a Panasonic raw photograph", "IIU\0\x18\0\0\0"],
    ["a DICOM picture", `${"\0".repeat(128)}DICM`],
    ["a Netpbm picture", "P6\n# by hand\n3 3\n255\n"],
    ["a PDF document", "%PDF-1.7"],
    ["an SVG drawing", '<svg xmlns="http://www.w3.org/2000/svg"/>'],
    ["an SVG drawing", '\xef\xbb\xbf<?xml version="1.0" standalone="no"?>\n<!-- Created by hand -->\n<svg\nwidth="9">'],
    ["a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:00\n"],
  ])("identify %s and give a hint", (name, start) => {
    const message = expect.stringMatching(new RegExp(`^is ${name}.*: \\w+`)) as string;
    expect(recognise(head(start))).toEqual({ kind: "other", message });
  });

  it.each([
    "",
    "hello",
    "P5 is my camera",
    "<!DOCTYPE html><svg>",
    '<?xml version="1.0"?><annotation/>',
    "BMW and Audi",
  ])("do not identify %j as a picture", (start) => {
    expect(recognise(head(start))).toEqual({ kind: "none" });
  });
});
