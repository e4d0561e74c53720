// Tensor files round-trip bit for bit in the standard format, and anything else is rejected.

import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";

import { describe, expect, it } from "vitest";

import { Damage } from "../../values/errors.ts";
import { decodeSafetensors, encodeSafetensors, type TensorFile } from "../../values/safetensors.ts";
import { readTensorFile, writeTensorFile } from "./tensor-file.ts";
import { emptyFolder } from "../../testing/folders.ts";

const CONTENT: TensorFile = {
  tensors: [
    { name: "weights/kernel", shape: [2, 3], values: Float32Array.of(1, -0, Number.NaN, Infinity, 1e-45, -3.5) },
    { name: "10", shape: [], values: Float32Array.of(7) },
    { name: "nothing", shape: [0, 4], values: new Int32Array() },
    { name: "2", shape: [3], values: Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 0) },
    { name: "__proto__", shape: [1], values: Int32Array.of(5) },
    { name: 'ключ "鍵"', shape: [1, 1], values: Float32Array.of(Math.fround(0.1)) },
  ],
  metadata: new Map([
    // JSON.parse lists integer keys first.
    ["7", "オートバイ"],
    ["silhouette", '{"a": 1}'],
    ["__proto__", "x"],
  ]),
};

const small: TensorFile = {
  tensors: [
    { name: "a", shape: [2], values: Float32Array.of(1, 2) },
    { name: "b", shape: [1], values: Int32Array.of(3) },
  ],
  metadata: new Map([["k", "v"]]),
};

const encode = (content: TensorFile) => Buffer.concat(encodeSafetensors(content));

/** A file with this header and data, and a valid checksum. */
function signed(header: object | string, data: Uint8Array = Buffer.alloc(0)): Buffer {
  let text = typeof header === "string" ? header : JSON.stringify({ __metadata__: { crc32: "00000000" }, ...header });
  text = text.padEnd(Math.ceil(text.length / 8) * 8);
  const length = Buffer.alloc(8);
  length.writeUInt32LE(text.length);
  const file = Buffer.concat([length, Buffer.from(text), data]);
  file.write(crc32(file).toString(16).padStart(8, "0"), 8 + '{"__metadata__":{"crc32":"'.length);
  return file;
}

describe("a tensor file", () => {
  it("round-trips bit for bit and in order", async () => {
    const folder = emptyFolder();
    const path = join(folder, "a.safetensors");
    await writeTensorFile(path, "the arrays", CONTENT);
    expect(await readTensorFile(path)).toEqual(CONTENT);
    expect(readdirSync(folder)).toEqual(["a.safetensors"]);
  });

  it("has the same bytes each time", () => {
    expect(encode(CONTENT).equals(encode(CONTENT))).toBe(true);
  });

  it("may be empty", () => {
    const empty: TensorFile = { tensors: [], metadata: new Map() };
    expect(decodeSafetensors(encode(empty))).toEqual(empty);
  });

  it("has the layout of the safetensors format", () => {
    const file = encode(small);
    const length = Number(file.readBigUInt64LE());
    const header = file.toString("utf8", 8, 8 + length);
    expect(length % 8).toBe(0);
    expect(header).toMatch(/^\{.*\} *$/);
    expect(JSON.parse(header)).toEqual({
      __metadata__: { crc32: expect.stringMatching(/^[0-9a-f]{8}$/) as string, k: "v" },
      a: { dtype: "F32", shape: [2], data_offsets: [0, 8] },
      b: { dtype: "I32", shape: [1], data_offsets: [8, 12] },
    });
    const data = file.subarray(8 + length);
    expect([data.readFloatLE(0), data.readFloatLE(4), data.readInt32LE(8), data.length]).toEqual([1, 2, 3, 12]);
  });

  it("pads headers of all lengths with spaces to a multiple of 8", () => {
    for (let length = 0; length < 16; length++) {
      const file = encode({ ...small, metadata: new Map([["k", "ü".repeat(length)]]) });
      expect(file.readUInt32LE() % 8).toBe(0);
      expect(decodeSafetensors(file).metadata.get("k")).toHaveLength(length);
    }
  });

  it("contains the checksum of all its bytes, computed with zeros in place of the checksum", () => {
    const file = encode(small);
    const at = file.indexOf('"crc32":"') + '"crc32":"'.length;
    const digits = file.toString("latin1", at, at + 8);
    file.write("00000000", at);
    expect(digits).toBe(crc32(file).toString(16).padStart(8, "0"));
  });

  it("writes values that are in the middle of a larger buffer", () => {
    const values = new Float32Array([9, 1, 2, 9]).subarray(1, 3);
    const [tensor] = decodeSafetensors(encode({ ...small, tensors: [{ name: "a", shape: [2], values }] })).tensors;
    expect(tensor?.values).toEqual(Float32Array.of(1, 2));
  });

  it.each([
    ["a duplicate name", { tensors: [...small.tensors, ...small.tensors] }],
    ["the name of the metadata", { tensors: [{ name: "__metadata__", shape: [0], values: new Int32Array() }] }],
    ["a shape for more values", { tensors: [{ name: "a", shape: [2, 2], values: new Int32Array(3) }] }],
    ["a shape for fewer values", { tensors: [{ name: "a", shape: [], values: new Int32Array(2) }] }],
    ["the checksum's own key", { metadata: new Map([["crc32", "x"]]) }],
    ["a header of a megabyte", { metadata: new Map([["k", "x".repeat(1 << 20)]]) }],
  ])("rejects %s", (_, change) => {
    expect(() => encode({ ...small, ...change })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  it("leaves nothing behind if it cannot be written", async () => {
    const folder = emptyFolder();
    mkdirSync(join(folder, "taken"));
    await expect(writeTensorFile(join(folder, "taken"), "the arrays", small)).rejects.toThrow(
      expect.objectContaining({ code: "OUTPUT_UNWRITABLE" }),
    );
    expect(readdirSync(folder)).toEqual(["taken"]);
  });

  it("throws the system's error if it does not exist", async () => {
    await expect(readTensorFile(join(emptyFolder(), "a"))).rejects.toThrow(expect.objectContaining({ code: "ENOENT" }));
  });
});

describe("a damaged tensor file", () => {
  it("is rejected wherever a bit or a byte is flipped", () => {
    const intact = encode(small);
    for (let offset = 0; offset < intact.length; offset++) {
      for (const mask of [1, 2, 4, 8, 16, 32, 64, 128, 255]) {
        const flipped = Buffer.from(intact);
        flipped[offset] = (flipped[offset] ?? 0) ^ mask;
        expect(() => decodeSafetensors(flipped)).toThrow(Damage);
      }
    }
  });

  it("is rejected wherever it is truncated, and with trailing bytes", () => {
    const intact = encode(small);
    for (let length = 0; length < intact.length; length++) {
      expect(() => decodeSafetensors(intact.subarray(0, length))).toThrow(Damage);
    }
    for (const more of [1, 4, 8]) {
      expect(() => decodeSafetensors(Buffer.concat([intact, Buffer.alloc(more)]))).toThrow(Damage);
    }
  });

  it("is rejected without reading far if it declares a huge header", () => {
    const file = Buffer.alloc(2 << 20);
    for (const length of [2n ** 64n - 1n, 2n ** 63n, BigInt(file.length - 7), (1n << 20n) + 8n]) {
      file.writeBigUInt64LE(length);
      expect(() => decodeSafetensors(file)).toThrow(`its header has ${length} bytes`);
    }
    const short = Buffer.alloc(64);
    short.writeBigUInt64LE(57n);
    expect(() => decodeSafetensors(short)).toThrow("its header has 57 bytes");
  });

  const f32 = (shape: readonly unknown[], begin: number, end: number) => ({
    dtype: "F32",
    shape,
    data_offsets: [begin, end],
  });

  it.each([
    ["values that overlap", { a: f32([2], 0, 8), b: f32([2], 4, 12) }, 12, "b is at 4 to 12"],
    ["a gap between values", { a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12, "b is at 8 to 12"],
    ["a gap before them", { a: f32([1], 4, 8) }, 8, "a is at 4 to 8"],
    ["values beyond the end", { a: f32([3], 0, 12) }, 8, "a is at 0 to 12"],
    ["values that end before they begin", { a: f32([1], 0, 4), b: f32([1], 4, 0) }, 4, "b is at 4 to 0"],
    ["bytes that belong to no array", { a: f32([1], 0, 4) }, 8, "it has 4 extra bytes at its end"],
    ["fewer values than the shape implies", { a: f32([2, 2], 0, 8) }, 8, "a has 8 bytes for the shape 2 x 2"],
    ["a shape beyond all memory", { a: f32([2 ** 40, 2 ** 40], 0, 8) }, 8, "a has 8 bytes"],
    ["a negative side", { a: f32([-1, -2], 0, 8) }, 8, "a.shape[0] is -1"],
    ["half a side", { a: f32([0.5, 4], 0, 8) }, 8, "a.shape[0] is 0.5"],
    ["another type", { a: { ...f32([1], 0, 8), dtype: "F64" } }, 8, 'a.dtype is "F64" instead of "F32" or "I32"'],
    ["an offset that is a text", { a: { ...f32([2], 0, 8), data_offsets: ["0", 8] } }, 8, "a.data_offsets[0]"],
    ["no offsets", { a: { dtype: "F32", shape: [2] } }, 8, "a.data_offsets is missing"],
  ])("is rejected for %s, with a valid checksum", (_, header, dataBytes, message) => {
    expect(() => decodeSafetensors(signed(header, Buffer.alloc(dataBytes)))).toThrow(message);
  });

  it.each([
    ["metadata that are no texts", '{"__metadata__":{"crc32":"00000000","a":1}}', "__metadata__.a is 1"],
    ["a header that is no JSON", '{"__metadata__":{"crc32":"00000000"}', "it is not JSON"],
    ["metadata in another place", '{"a":0,"__metadata__":{"crc32":"00000000"}}', "its header has an unknown form"],
  ])("is rejected for %s, with a valid checksum", (_, header, message) => {
    expect(() => decodeSafetensors(signed(header))).toThrow(message);
  });

  it("is accepted if only its producer differs", () => {
    const file = signed({ a: f32([2], 0, 8) }, Buffer.alloc(8));
    expect(decodeSafetensors(file).tensors).toEqual([{ name: "a", shape: [2], values: new Float32Array(2) }]);
  });

  it("is read from disk with the same content", async () => {
    const path = join(emptyFolder(), "a.safetensors");
    await writeTensorFile(path, "the arrays", small);
    expect(decodeSafetensors(readFileSync(path))).toEqual(await readTensorFile(path));
  });
});
