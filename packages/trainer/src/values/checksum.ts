// Checksums and hashes of bytes, the same in Node.js and in pages.

import { crc32 as crc32After, sha256 as sha256Of } from "#hashes";

/** Bytes, or a string to encode as UTF-8. */
export type Content = Uint8Array | string;

/** CRC-32 (zlib) of the concatenated `parts`: an unsigned 32-bit number. `before` is that of the bytes before them. */
export function crc32(parts: Iterable<Content>, before = 0): number {
  let crc = before;
  for (const part of parts) crc = crc32After(bytesOf(part), crc);
  return crc;
}

/** CRC-32 (zlib) of the concatenated `parts`, as 8 hexadecimal digits. */
export function crc32Hex(parts: Iterable<Content>): string {
  return hexadecimal(crc32(parts));
}

/** A CRC-32 as 8 hexadecimal digits. */
export function hexadecimal(crc: number): string {
  return crc.toString(16).padStart(8, "0");
}

/** The polynomial of CRC-32: bit 31 is the coefficient of 1, bit 0 that of x^31. */
const POLYNOMIAL = 0xedb88320;

/** 1 and x^8 as polynomials. */
const [ONE, BYTE] = [0x80000000, 0x00800000];

/**
 * CRC-32 of a content and another one after it, from their CRC-32s, as zlib's `crc32_combine`.
 *
 * @param shift {@link crc32Shift} of the length of the content after
 */
export function crc32Joined(before: number, after: number, shift: number): number {
  return (product(shift, before) ^ after) >>> 0;
}

/** What a CRC-32 is multiplied by if `length` bytes follow: x^(8 length) modulo the polynomial, by squaring. */
export function crc32Shift(length: number): number {
  let [power, square] = [ONE, BYTE];
  for (let left = length; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) power = product(square, power);
    square = product(square, square);
  }
  return power;
}

/** Product modulo the polynomial. */
function product(one: number, other: number): number {
  let [sum, shifted] = [0, other];
  for (let bit = 31; bit >= 0; bit--) {
    if (((one >>> bit) & 1) === 1) sum ^= shifted;
    shifted = (shifted & 1) === 1 ? (shifted >>> 1) ^ POLYNOMIAL : shifted >>> 1;
  }
  return sum >>> 0;
}

/** SHA-256 of the concatenated `parts`: 32 bytes. */
export function sha256(parts: Iterable<Content>): DataView {
  const { buffer, byteOffset, byteLength } = sha256Of(joined(Array.from(parts, bytesOf)));
  return new DataView(buffer, byteOffset, byteLength);
}

/** `words` as unsigned 32-bit numbers, little-endian. */
export function littleEndian(words: ArrayLike<number>): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(4 * words.length));
  for (let index = 0; index < words.length; index++) bytes.setUint32(4 * index, words[index] ?? 0, true);
  return new Uint8Array(bytes.buffer);
}

/** `parts`, concatenated. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

const utf8 = new TextEncoder();

function bytesOf(part: Content): Uint8Array {
  return typeof part === "string" ? utf8.encode(part) : part;
}
