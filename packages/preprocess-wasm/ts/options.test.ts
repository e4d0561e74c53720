// Misspelt options, in every call that takes options.

import { beforeAll, describe, expect, it } from "vitest";

import { PreprocessError } from "./errors.ts";
import { init, Preprocessor } from "./index.ts";
import { init as initInlined } from "./inline.ts";
import { PreprocessorPool } from "./pool/pool.ts";

let preprocessor: Preprocessor;
beforeAll(async () => {
  await init();
  preprocessor = new Preprocessor({ width: 4, height: 4 });
});

const picture = { data: new Uint8Array(16), width: 4, height: 4, channels: 1 as const };
const plane = (): [Uint8Array, number, number, Uint8Array] => [new Uint8Array(16), 4, 4, new Uint8Array(2)];
/** A pool without workers, which is as much as a misspelt option needs. */
const pool = Object.create(PreprocessorPool.prototype) as PreprocessorPool;

/** What a call throws, at once or later. */
async function thrownBy(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    return error;
  }
}

describe("an unknown option is rejected, with the nearest name, by", () => {
  it.each<[string, string, string, (options: object) => unknown]>([
    ["init", "modul", "module", (options) => init(options)],
    ["init of /inline", "instructionset", "instructionSet", (options) => initInlined(options)],
    ["new Preprocessor", "hieght", "height", (options) => new Preprocessor(options)],
    ["binarize", "formt", "format", (options) => preprocessor.binarize(picture, new Uint8Array(2), options)],
    ["binarize", "level", "levels", (options) => preprocessor.binarize(picture, new Uint8Array(2), options)],
    [
      "binarizeBatch",
      "inverted",
      "invert",
      (options) => preprocessor.binarizeBatch([picture], new Uint8Array(2), new Uint8Array(1), options),
    ],
    [
      "thresholdMask",
      "Invert",
      "invert",
      (options) => preprocessor.thresholdMask(new Uint8Array(16), 9, new Uint8Array(2), options),
    ],
    ["sauvolaMask", "windows", "window", (options) => preprocessor.sauvolaMask(...plane(), options)],
    [
      "localMeanMask",
      "ofset",
      "offset",
      (options) => preprocessor.localMeanMask(...plane(), { window: 3, offset: 0, ...options }),
    ],
    ["warp", "curves", "curve", (options) => preprocessor.warp(new Uint8Array(4), 2, 2, options, new Uint8Array(16))],
    ["PreprocessorPool.start", "worker", "workers", (options) => PreprocessorPool.start(options)],
    ["a pool's binarize", "transfers", "transfer", (options) => pool.binarize([], options).next()],
  ])("%s: %s", async (_, misspelt, meant, call) => {
    const error = await thrownBy(() => call({ [misspelt]: 3 }));
    expect(error).toBeInstanceOf(PreprocessError);
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT" });
    const { message } = error as PreprocessError;
    expect(message).toContain(`but received "${misspelt}"`);
    expect(message).toContain(`Did you mean ${meant}?`);
  });
});

describe("a name that is like none", () => {
  it("is rejected with the known names, and no suggestion", () => {
    expect(() => new Preprocessor({ colour: "red" } as object)).toThrow(
      /^Expected options named width, height, filter, instructionSet but received "colour"\.$/,
    );
  });

  it("is accepted on a picture, which may have any other properties", () => {
    expect(preprocessor.binarize({ ...picture, path: "a.jpg" } as typeof picture, new Uint8Array(2))).toBe(0);
  });
});
