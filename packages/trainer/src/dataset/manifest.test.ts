import { describe, expect, it } from "vitest";

import { crc32Hex } from "../values/checksum.ts";
import { manifestText, parseManifest, shardFile, type Manifest } from "./manifest.ts";
import { preprocessingOf } from "./preprocessing.ts";

const MANIFEST: Manifest = {
  description: {
    formatVersion: 3,
    width: 8,
    height: 8,
    pixelFormat: "gray8",
    labels: ["bus", "Käfer"],
    preprocessing: preprocessingOf("gray8"),
    split: { from: "content", seed: 0, fractions: [0.8, 0.1, 0.1], drawn: ["train", "val", "test"] },
    rows: 5,
  },
  shards: [
    { file: "shards/00000-of-00003.arrow", rows: 2, bytes: 1000, crc32: "00000abc" },
    { file: "shards/00002-of-00003.arrow", rows: 3, bytes: 1100, crc32: "12345678" },
  ],
};

/** The text with other content, and the right checksum. */
function sealed(change: (text: string) => string): string {
  const json = change(manifestText(MANIFEST).replace(/,"crc32":"[0-9a-f]{8}"\}\n$/, "}"));
  return `${json.slice(0, -1)},"crc32":"${crc32Hex([json])}"}\n`;
}

/** The code and the message of an error. */
function refusal(text: string): string {
  try {
    parseManifest(text, "photos/dataset.json");
    return "none";
  } catch (error) {
    return `${(error as { code: string }).code}: ${(error as Error).message}`;
  }
}

describe("dataset.json", () => {
  it("is compact JSON that ends with its checksum, and gives the same back", () => {
    const text = manifestText(MANIFEST);
    expect(text).toMatch(
      /^\{"formatVersion":3,"description":\{"formatVersion":3,"width":8,.*"Käfer".*\},"shards":\[\{"file":/,
    );
    expect(text).toMatch(/,"crc32":"12345678"\}\],"crc32":"[0-9a-f]{8}"\}\n$/);
    expect(text).toBe(sealed((json) => json));
    expect(parseManifest(text, "photos/dataset.json")).toEqual(MANIFEST);
  });

  it("names shards with five digits", () => {
    expect(shardFile(7, 99_999)).toBe("shards/00007-of-99999.arrow");
  });

  it("is refused if it was changed, cut, or is another file", () => {
    const text = manifestText(MANIFEST);
    const named = "Expected an intact dataset at photos/dataset.json, but";
    expect(refusal(text.replace('"rows":5', '"rows":6'))).toBe(`DATASET_DAMAGED: ${named} its checksum does not match`);
    expect(refusal(text.slice(0, -4))).toBe(`DATASET_DAMAGED: ${named} it does not end with its checksum`);
    expect(refusal(text.replaceAll(":", ": "))).toMatch(/^DATASET_DAMAGED: /);
    expect(refusal("")).toMatch(/^NOT_A_DATASET: /);
    expect(refusal('{"name":"vehicles","licences":[]}')).toMatch(/^NOT_A_DATASET: /);
  });

  it.each<[string, (text: string) => string, RegExp]>([
    [
      "another version",
      (text) => text.replace('"formatVersion":3', '"formatVersion":4'),
      /^DATASET_VERSION: .* has version 4$/,
    ],
    [
      "no shards",
      (text) => text.replace(/"shards":.*\]/, '"shards":[]').replace('"rows":5', '"rows":0'),
      /it names no shards/,
    ],
    ["another sum of rows", (text) => text.replace('"rows":5', '"rows":6'), /its shards have 5 rows instead of 6/],
    [
      "a shard elsewhere",
      (text) => text.replace("shards/00000", "shards/../../00000"),
      /shards\[0\]\.file is .* instead of/,
    ],
    ["shards in another order", (text) => text.replace("00000-of", "00009-of"), /not in order/],
    ["a shard twice", (text) => text.replace("00002-of", "00000-of"), /not in order/],
    [
      "a field of another type",
      (text) => text.replace('"bytes":1000', '"bytes":"1000"'),
      /shards\[0\]\.bytes is "1000"/,
    ],
    ["no description", (text) => text.replace('"description"', '"describes"'), /description is missing/],
  ])("is refused with %s", (_, change, expected) => {
    expect(refusal(sealed(change))).toMatch(expected);
  });
});
