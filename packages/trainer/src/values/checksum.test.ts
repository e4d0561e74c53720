// Checksums and hashes match their standards, and are the same in pages as in Node.js.

import { describe, expect, it } from "vitest";

import * as native from "../node/hashes.ts";
import { crc32, crc32Hex, crc32Joined, crc32Shift, littleEndian, sha256 } from "./checksum.ts";
import * as portable from "./hashes.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("checksums", () => {
  it("match their standards", () => {
    // The check value of CRC-32/ISO-HDLC; FIPS 180-4's examples for "abc".
    expect(crc32Hex(["123456789"])).toBe("cbf43926");
    expect(sha256(["abc"]).getUint32(0).toString(16)).toBe("ba7816bf");
  });

  it("cover all parts, however the content is divided", () => {
    const text = "Straße 🚗";
    const bytes = new TextEncoder().encode(text);
    const parts = [bytes.subarray(0, 5), new Uint8Array(), bytes.subarray(5)];
    expect(crc32(parts)).toBe(crc32([text]));
    expect(sha256(parts)).toEqual(sha256([text]));
    expect(crc32([])).toBe(0);
  });

  it.each([0, 1, 2, 7, 1000, 65_537])(
    "of contents are joined to that of both, of which the second has %i bytes",
    (length) => {
      const before = "path\0car\0";
      const after = Uint8Array.from({ length }, (_, index) => (index * 31) ^ (index >> 8));
      expect(crc32Joined(crc32([before]), crc32([after]), crc32Shift(length))).toBe(crc32([before, after]));
    },
  );

  it("write words as little-endian", () => {
    expect([...littleEndian([1, 0xfffefdfc])]).toEqual([1, 0, 0, 0, 0xfc, 0xfd, 0xfe, 0xff]);
  });
});

it.each([0, 1, 55, 56, 63, 64, 65, 1000, 90_000])(
  "hashes of %i bytes are the same in pages as in Node.js",
  (length) => {
    const bytes = Uint8Array.from({ length: length + 1 }, (_, index) => (index * 7) ^ (index >> 8)).subarray(1);
    for (const before of [0, 1, 0xdeadbeef]) {
      expect(portable.crc32(bytes, before)).toBe(native.crc32(bytes, before));
    }
    expect(hex(portable.sha256(bytes))).toBe(hex(native.sha256(bytes)));
  },
);
