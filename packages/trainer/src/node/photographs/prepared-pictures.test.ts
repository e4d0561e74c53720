// Photographs that are prepared in threads: the same results as one after the other, in order, with the others that are for sharp.

import { join } from "node:path";

import sharp from "sharp";
import { beforeEach, describe, expect, it } from "vitest";

import { preparedPictures } from "./prepared-pictures.ts";
import { folderWith } from "../../testing/folders.ts";

const STORED = { width: 32, height: 24, pixelFormat: "gray8" } as const;

/** Enough for threads. */
const COUNT = 205;

let photographs: readonly { readonly path: string; readonly file: string }[];

beforeEach(async () => {
  const files: Record<string, Uint8Array> = {};
  for (let number = 0; number < COUNT; number++) {
    const data = Uint8Array.from({ length: 3 * 40 * 30 }, (_, at) => (at * (number + 1) * 7) >> (number % 5));
    const source = sharp(data, { raw: { width: 40, height: 30, channels: 3 } });
    const content = await (
      number % 20 === 3 ? source.png() : source.jpeg({ progressive: number % 20 === 7 })
    ).toBuffer();
    files[`${String(number).padStart(3, "0")}.jpg`] = number % 20 === 11 ? content.subarray(0, 400) : content;
  }
  const folder = folderWith(files);
  photographs = [...Object.keys(files), "missing.jpg"].map((path) => ({ path, file: join(folder, path) }));
});

interface Options {
  readonly thumbnails: boolean;
  readonly sketches: boolean;
}

/** The results for the photographs, `count` at a time, with bytes as text. */
async function prepared(count: number, concurrency: number, options: Options) {
  const results: { readonly path: string; readonly made: string }[] = [];
  for (let first = 0; first < photographs.length; first += count) {
    const some = photographs.slice(first, first + count);
    const all = preparedPictures(some, { stored: STORED, concurrency, signal: undefined, ...options });
    for await (const { photograph, made } of all) {
      // sharp does not always give the same message for the same damage.
      const compared = "code" in made ? made.code : made;
      const text = JSON.stringify(compared, (_, value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value,
      );
      results.push({ path: photograph.path, made: text });
    }
  }
  return results;
}

describe("preparedPictures", () => {
  it.each([
    { thumbnails: true, sketches: true },
    { thumbnails: false, sketches: false },
  ])("gives the same in threads as without, in order: %o", async (options) => {
    const expected = await prepared(100, 1, options);
    expect(expected.map(({ path }) => path)).toEqual(photographs.map(({ path }) => path));
    const [first, last] = [expected[0], expected.at(-1)];
    expect(first?.made.includes('"thumbnail":""')).toBe(!options.thumbnails);
    expect(first?.made.includes('"cells"')).toBe(options.sketches);
    expect(last?.made).toContain("FILE_UNREADABLE");
    expect(expected.filter(({ made }) => made.includes("PICTURE_DAMAGED"))).toHaveLength(10);
    expect(await prepared(1000, 3, options)).toEqual(expected);
  });

  it("ends with the reason of its signal", async () => {
    const controller = new AbortController();
    const reason = new Error("stopped");
    const options = { stored: STORED, thumbnails: false, sketches: false, concurrency: 2, signal: controller.signal };
    let count = 0;
    await expect(async () => {
      for await (const { photograph } of preparedPictures(photographs, options)) {
        expect(photograph).toBe(photographs[count]);
        if (++count === 50) controller.abort(reason);
      }
    }).rejects.toBe(reason);
    expect(count).toBe(50);
  });
});
