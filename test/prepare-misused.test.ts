// `silhouette prepare` with wrong arguments, folders and outputs: each exits with its own code, reports what is wrong,
// and writes nothing.

import { chmodSync, mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { HAS_PERMISSIONS } from "./outputs.ts";
import { carsAndBuses, emptyFolder, newFolder, photographOf, removeFolder, stateOf, writeFiles } from "./pictures.ts";
import { expectReadable, silhouette } from "./silhouette.ts";

const WRONG_SIZE = [
  /'--size <N\|WxH>' argument '.*' is invalid/,
  /Expected a number of pixels, .* like 300 or 320x240/,
];
const WRONG_SPLIT = [
  /'--split <train,val,test>' argument '.*' is invalid/,
  /Expected three numbers .* like 0\.8,0\.1,0\.1/,
];
const WRONG_SHARES = [
  /three fractions from 0 to 1 for split, the first above 0, with the sum 1, but/,
  /0\.8,0\.1,0\.1/,
];
const WRONG_SEED = [/'--seed <N>' argument '.*' is invalid/, /Expected a whole number of 0 or more/];
const WRONG_LABELS = [
  /'--labels <a,b,c>' argument '.*' is invalid/,
  /Expected at least two class names separated by commas/,
];
const OTHER_LABELS = [/Expected labels to name each class folder of .* once \(bus,car\), but received/, /Use bus,car/];

describe("misuse", () => {
  let folder: string;
  let photos: string;
  let others: string;

  beforeAll(async () => {
    folder = newFolder();
    photos = join(folder, "photos");
    others = join(folder, "others");
    const photograph = await photographOf("bus", 40);
    writeFiles(photos, { "car/1.png": photograph, "bus/1.png": photograph });
    writeFiles(others, {
      file: "x",
      "one/car/1.png": photograph,
      "broken/bus/1.png": photograph,
      "broken/car/half.png": photograph.subarray(0, photograph.length / 2),
    });
    for (const name of ["empty", "folder.arrow"]) mkdirSync(join(others, name));
  });

  afterAll(() => removeFolder(folder));

  // PHOTOS: a good folder. OUT: an empty folder. OTHERS: a folder with `file`, `folder.arrow/`, and the folders of
  // photographs `empty`, `one` (a class) and `broken` (all of car's).
  it.concurrent.each<[command: string, code: number, messages: readonly RegExp[]]>([
    ["", 2, [/^Usage: silhouette /, /prepare +turn class folders/, /Example:/]],
    ["prepair PHOTOS --out OUT/data.arrow", 2, [/unknown command 'prepair'/, /Did you mean prepare\?/]],
    ["paint", 2, [/unknown command 'paint'/, /--help/]],
    ["prepare PHOTOS --out OUT/data.arrow --sise 64", 2, [/unknown option '--sise'/, /Did you mean --size\?/]],
    ["prepare PHOTOS --otu OUT/data.arrow", 2, [/unknown option '--otu'/, /Did you mean --out\?/]],
    ["prepare --out OUT/data.arrow", 2, [/missing required argument 'FOLDER'/, /--help/]],
    ["prepare PHOTOS PHOTOS --out OUT/data.arrow", 2, [/too many arguments.* Expected 1 argument but got 2/]],
    ["prepare PHOTOS", 2, [/required option '--out <FILE.arrow\|FOLDER>' not specified/, /--help/]],
    ["prepare PHOTOS --out", 2, [/option '--out <FILE.arrow\|FOLDER>' argument missing/]],
    ["prepare PHOTOS --out OUT/data.arrow --size abc", 2, WRONG_SIZE],
    ["prepare PHOTOS --out OUT/data.arrow --size 64x", 2, WRONG_SIZE],
    ["prepare PHOTOS --out OUT/data.arrow --size -5", 2, WRONG_SIZE],
    ["prepare PHOTOS --out OUT/data.arrow --size=", 2, WRONG_SIZE],
    ["prepare PHOTOS --out OUT/data.arrow --size 0", 2, [/from 1 to 4096 for size.width, but received 0/]],
    ["prepare PHOTOS --out OUT/data.arrow --size 5x99999", 2, [/from 1 to 4096 for size.height, but received 99999/]],
    ["prepare PHOTOS --out OUT/data.arrow --split a,b,c", 2, WRONG_SPLIT],
    ["prepare PHOTOS --out OUT/data.arrow --split 0.8,0.2", 2, WRONG_SPLIT],
    ["prepare PHOTOS --out OUT/data.arrow --split 0.8,,0.2", 2, WRONG_SPLIT],
    ["prepare PHOTOS --out OUT/data.arrow --split 0.8,0.1,0.2", 2, WRONG_SHARES],
    ["prepare PHOTOS --out OUT/data.arrow --split -1,1,1", 2, WRONG_SHARES],
    ["prepare PHOTOS --out OUT/data.arrow --split 0,0.5,0.5", 2, WRONG_SHARES],
    ["prepare PHOTOS --out OUT/data.arrow --seed x", 2, WRONG_SEED],
    ["prepare PHOTOS --out OUT/data.arrow --seed -1", 2, WRONG_SEED],
    ["prepare PHOTOS --out OUT/data.arrow --seed 9007199254740993", 2, [/from 0 to 9007199254740991 for seed/]],
    ["prepare PHOTOS --out OUT/data.arrow --labels car", 2, WRONG_LABELS],
    ["prepare PHOTOS --out OUT/data.arrow --labels car,", 2, WRONG_LABELS],
    ["prepare PHOTOS --out OUT/data.arrow --labels car,van", 3, OTHER_LABELS],
    ["prepare PHOTOS --out OUT/data.arrow --labels car,bus,van", 3, OTHER_LABELS],
    ["prepare PHOTOS --out OUT/data.arrow --labels car,bus,bus", 3, OTHER_LABELS],
    ["prepare OTHERS/missing --out OUT/data.arrow", 3, [/photographs at .*missing, but it does not exist/]],
    ["prepare OTHERS/file --out OUT/data.arrow", 3, [/photographs at .*file, but it is a file/]],
    [
      "prepare OTHERS/empty --out OUT/data.arrow",
      3,
      [/class folders in .*empty, but it has none/, /Put the photographs/],
    ],
    ["prepare OTHERS/one --out OUT/data.arrow", 3, [/at least two class folders in .*one, but found only car/]],
    [
      "prepare OTHERS/broken --out OUT/data.arrow",
      3,
      [/usable pictures of every class .* but all pictures of car were skipped/],
    ],
    [
      "prepare OTHERS/broken --out OUT/data.arrow --strict",
      3,
      [/Expected only usable pictures, but car\/half\.png cannot be decoded/, /Repair or remove it/],
    ],
    [
      "prepare PHOTOS --out OUT/missing/data.arrow",
      4,
      [/data\.arrow, but its folder does not exist/, /Name a file in/],
    ],
    ["prepare PHOTOS --out OTHERS/file/data.arrow", 4, [/data\.arrow, but its folder is a file/, /Name a file in/]],
    ["prepare PHOTOS --out OTHERS/folder.arrow", 4, [/folder\.arrow, but it is a folder/, /Name a file in/]],
    ["prepare PHOTOS --out OUT/data.png", 2, [/a file name that ends in \.arrow .* received .*data\.png/, /example/]],
  ])(
    "`silhouette %s` ends with exit code %i, says what is wrong, and writes nothing",
    async (command, code, messages) => {
      const before = stateOf(others);
      const out = mkdtempSync(join(folder, "out-"));
      const places = { PHOTOS: photos, OTHERS: others, OUT: out };
      const args = command
        .split(" ")
        .filter((word) => word !== "")
        .map((word) => word.replace(/^(PHOTOS|OTHERS|OUT)/, (place) => places[place as keyof typeof places]));
      const ended = await silhouette(args);
      expect(ended).toMatchObject({ code, signal: null, stdout: "" });
      for (const message of messages) expect(ended.stderr).toMatch(message);
      expectReadable(ended);
      expect(readdirSync(out)).toEqual([]);
      expect(stateOf(others)).toEqual(before);
    },
  );

  it.runIf(HAS_PERMISSIONS).each([
    ["photos", 3, "Expected a readable folder at "],
    ["out", 4, "but permission to write there is denied"],
  ] as const)(
    "a folder %s without permission ends with exit code %i (not for root, not on Windows)",
    async (...row) => {
      const [place, code, message] = row;
      const places = { photos: emptyFolder(), out: emptyFolder() };
      writeFiles(places.photos, await carsAndBuses(1));
      chmodSync(places[place], 0);
      const ended = await silhouette(["prepare", places.photos, "--out", join(places.out, "data.arrow")]);
      chmodSync(places[place], 0o700);
      expect(ended).toMatchObject({ code, stdout: "" });
      expect(ended.stderr).toContain(message);
      expectReadable(ended);
      expect(readdirSync(places.out)).toEqual([]);
    },
  );
});
