// Decoded and encoded pictures, by what sharp itself encodes and decodes; in-tfjs-node.test.ts compares them with tfjs-node.

import sharp, { type Sharp } from "sharp";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";

import { enableTraining } from "../index.ts";
import { failure } from "../testing/failure.ts";
import { tf } from "../testing/tensorflow.ts";
import { decodeImage, encodeJpeg, encodePng } from "./index.ts";

const [WIDTH, HEIGHT] = [5, 3];

beforeAll(async () => {
  await enableTraining({ threads: 1 });
});

const valuesOf = (channels: number): number[] =>
  Array.from({ length: WIDTH * HEIGHT * channels }, (_, index) => (index * index * 37 + index * 11) % 256);
const drawn = (channels: 1 | 3 | 4): Sharp =>
  sharp(Uint8Array.from(valuesOf(channels)), { raw: { width: WIDTH, height: HEIGHT, channels } });

describe("decodeImage", () => {
  it("returns the values of a PNG, as int32, in the channels that it has", async () => {
    for (const channels of [1, 3, 4] as const) {
      const picture = channels === 1 ? drawn(channels).toColourspace("b-w") : drawn(channels);
      const decoded = await decodeImage(await picture.png().toBuffer());
      expect({ shape: decoded.shape, dtype: decoded.dtype, values: [...decoded.dataSync()] }).toEqual({
        shape: [HEIGHT, WIDTH, channels],
        dtype: "int32",
        values: valuesOf(channels),
      });
    }
  });

  it("returns gray, RGB or RGB and alpha if they are asked for", async () => {
    const file = await drawn(3).png().toBuffer();
    const [red = 0, green = 0, blue = 0] = valuesOf(3);
    const [gray, rgba] = [await decodeImage(file, 1), await decodeImage(file, 4)];
    expect(gray.shape).toEqual([HEIGHT, WIDTH, 1]);
    expect(gray.dataSync()[0]).toBe(Math.floor(0.299 * red + 0.587 * green + 0.114 * blue));
    expect(Array.from(rgba.dataSync().subarray(0, 4))).toEqual([red, green, blue, 255]);
    const withoutAlpha = await decodeImage(await drawn(4).png().toBuffer(), 3);
    expect(Array.from(withoutAlpha.dataSync().subarray(3, 6))).toEqual(valuesOf(4).slice(4, 7));
  });

  it("returns the frames of a GIF, or its first", async () => {
    const values = [20, 40, 60].flatMap((level) => Array.from({ length: HEIGHT * WIDTH * 3 }, () => level));
    const raw = { width: WIDTH, height: 3 * HEIGHT, channels: 3, pageHeight: HEIGHT } as const;
    const file = await sharp(Uint8Array.from(values), { raw }).gif().toBuffer();
    const all = await decodeImage(file);
    expect(all.shape).toEqual([3, HEIGHT, WIDTH, 3]);
    expect([0, 1, 2].map((frame) => all.dataSync()[frame * HEIGHT * WIDTH * 3])).toEqual([20, 40, 60]);
    const first = await decodeImage(file, 0, "int32", false);
    expect(first.shape).toEqual([HEIGHT, WIDTH, 3]);
    expect(first.dataSync()[0]).toBe(20);
  });

  it("does not turn a picture by its orientation", async () => {
    const file = await drawn(3).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect((await decodeImage(file)).shape).toEqual([HEIGHT, WIDTH, 3]);
  });

  it("reads bytes that are a part of a buffer", async () => {
    const file = await drawn(3).png().toBuffer();
    const larger = new Uint8Array(file.length + 20).fill(1);
    larger.set(file, 7);
    expect([...(await decodeImage(larger.subarray(7, 7 + file.length))).dataSync()]).toEqual(valuesOf(3));
  });

  it("throws PICTURE_UNUSABLE for what is cut off, no picture, or a BMP", async () => {
    const noise = Uint8Array.from({ length: 100 * 100 * 3 }, (_, index) => (index * 7919) % 251);
    const file = await sharp(noise, { raw: { width: 100, height: 100, channels: 3 } })
      .jpeg()
      .toBuffer();
    await expect(decodeImage(file.subarray(0, file.length / 2))).rejects.toThrow(failure("PICTURE_UNUSABLE", "bytes"));
    await expect(decodeImage(new Uint8Array(10))).rejects.toThrow(failure("PICTURE_UNUSABLE", "10 bytes"));
    await expect(decodeImage(new Uint8Array(0))).rejects.toThrow(failure("PICTURE_UNUSABLE", "the file is empty"));
    await expect(decodeImage(Buffer.from("BM and more"))).rejects.toThrow(failure("PICTURE_UNUSABLE", "a BMP"));
  });

  it("throws a RangeError for other channels or another dtype", async () => {
    const file = await drawn(3).jpeg().toBuffer();
    await expect(decodeImage(file, 2)).rejects.toThrow(
      new RangeError("Expected channels to be 0, 1, 3 or 4, but received 2"),
    );
    await expect(decodeImage(file, 4)).rejects.toThrow(RangeError);
    await expect(decodeImage(file, 3, "float32")).rejects.toThrow(RangeError);
    await expect(decodeImage("car.png" as unknown as Uint8Array)).rejects.toThrow("but received string");
  });
});

describe("without sharp", () => {
  afterEach(() => vi.doUnmock("sharp"));

  it("decodeImage throws an error that says how to install it", async () => {
    vi.doMock("sharp", () => {
      throw new Error("Cannot find package 'sharp'");
    });
    await expect(decodeImage(new Uint8Array(10))).rejects.toThrow(failure("SHARP_UNAVAILABLE", "npm install sharp"));
  });
});

describe("encodePng and encodeJpeg", () => {
  it("encode what decodes to the same values, or to near ones", async () => {
    for (const channels of [1, 3, 4]) {
      const picture = tf.tensor3d(valuesOf(channels), [HEIGHT, WIDTH, channels], "int32");
      const decoded = await decodeImage(await encodePng(picture));
      expect({ shape: decoded.shape, values: [...decoded.dataSync()] }).toEqual({
        shape: [HEIGHT, WIDTH, channels],
        values: valuesOf(channels),
      });
    }
    const even = tf.ones<tf.Rank.R3>([8, 8, 3]).mul<tf.Tensor3D>(100);
    const values = (await decodeImage(await encodeJpeg(even))).dataSync();
    expect(values).toHaveLength(8 * 8 * 3);
    expect(Math.max(...values.map((value) => Math.abs(value - 100)))).toBeLessThanOrEqual(1);
  });

  it("take the options of tfjs-node", async () => {
    const picture = tf.randomUniform<tf.Rank.R3>([32, 32, 3], 0, 255);
    const [best, worst] = [await encodeJpeg(picture, "rgb", 100), await encodeJpeg(picture, "rgb", 10)];
    expect(best.length).toBeGreaterThan(worst.length);
    const { isProgressive, chromaSubsampling } = await sharp(
      await encodeJpeg(picture, "", 95, true, false, false),
    ).metadata();
    expect({ isProgressive, chromaSubsampling }).toEqual({ isProgressive: true, chromaSubsampling: "4:4:4" });
  });

  it("throw a RangeError for other channels", async () => {
    const two = tf.zeros<tf.Rank.R3>([2, 2, 2]);
    await expect(encodeJpeg(two)).rejects.toThrow("Expected a picture with 1 or 3 channels");
    await expect(encodeJpeg(tf.zeros<tf.Rank.R3>([2, 2, 3]), "grayscale")).rejects.toThrow(RangeError);
    await expect(encodePng(tf.zeros<tf.Rank.R3>([2, 2, 5]))).rejects.toThrow(RangeError);
    await expect(encodePng(tf.zeros<tf.Rank.R3>([2, 2, 3]), 10)).rejects.toThrow(
      "compression to be a whole number of 0 to 9",
    );
    await expect(encodeJpeg(tf.zeros<tf.Rank.R3>([2, 2, 3]), "", 0)).rejects.toThrow(
      "quality to be a whole number of 1 to 100",
    );
  });
});
