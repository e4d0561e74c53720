import { init, Preprocessor } from "@silhouette/preprocess-wasm";
import sharp, { type Sharp } from "sharp";
import { beforeAll, describe, expect, it } from "vitest";

import { duplicatesAmong, DuplicateFinder, Sketcher, type Sighting, type Sketch } from "./duplicates.ts";
import { decode } from "../node/photographs/decode.ts";
import { bytesInUse } from "../testing/memory.ts";
import { Generator } from "../values/generator.ts";

const SIZE = { width: 300, height: 300 };

/** A scene with as much detail as a photograph: soft light, and shapes of all sizes, sharp and blurred. */
async function scene(seed: number): Promise<Buffer> {
  const generator = Generator.ofSeed(seed);
  const below = (limit: number): number => Math.floor(generator.uniform() * limit);
  const shapes = Array.from({ length: 60 }, (_, index) => {
    const size = index < 8 ? 80 + below(200) : 5 + below(40);
    const color = `rgb(${below(256)},${below(256)},${below(256)})`;
    const at = `cx="${below(640)}" cy="${below(480)}" rx="${size}" ry="${5 + below(size)}"`;
    return `<ellipse ${at} fill="${color}" opacity="${0.3 + generator.uniform() * 0.7}"/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="480"><rect width="640" height="480" fill="#9ab"/>${shapes.join("")}</svg>`;
  return sharp(Buffer.from(svg)).flatten().png().toBuffer();
}

/** A dark rectangle on a light background. */
async function rectangle(x: number, y: number, width: number, height: number): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96"><rect width="96" height="96" fill="#ddd"/><rect x="${x}" y="${y}" width="${width}" height="${height}"/></svg>`;
  return sharp(Buffer.from(svg)).png().toBuffer();
}

let preprocessor: Preprocessor;
let sketcher: Sketcher;

beforeAll(async () => {
  await init();
  preprocessor = new Preprocessor(SIZE);
  sketcher = new Sketcher(SIZE);
});

/** Looks at one photograph after another, and keeps their sketches. */
class Finder {
  readonly #finder = new DuplicateFinder();
  readonly #sketches: Sketch[] = [];

  look(sketch: Sketch): Sighting {
    const candidates = this.#finder.candidates(sketch);
    this.#sketches.push(sketch);
    return this.#finder.look(this.#sketches.length - 1, candidates, (photograph) => this.cellsOf(photograph));
  }

  cellsOf(photograph: number): Uint8Array {
    const sketch = this.#sketches[photograph];
    if (sketch === undefined) throw new Error(`Expected a photograph that was looked at, but received ${photograph}`);
    return sketch.cells;
  }
}

async function sketchOf(file: Uint8Array): Promise<Sketch> {
  const { picture } = await decode(file);
  if (picture === undefined) throw new Error("Expected a picture");
  const levels = new Uint8Array(SIZE.width * SIZE.height);
  preprocessor.resize(picture, levels);
  return sketcher.sketch(levels);
}

describe("DuplicateFinder", () => {
  it.each<[name: string, kind: "exact" | "near" | "mirrored", save: (picture: Sharp) => Sharp]>([
    ["as PNG again", "exact", (picture) => picture.png({ compressionLevel: 1 })],
    ["as lossless WebP", "exact", (picture) => picture.webp({ lossless: true })],
    ["a little lighter", "near", (picture) => picture.linear(1.06, 3).jpeg({ quality: 80 })],
    ["a little darker", "near", (picture) => picture.linear(0.92, 0).webp({ quality: 80 })],
    ["mirrored", "mirrored", (picture) => picture.flop().jpeg({ quality: 70 })],
    ["as JPEG of quality 95", "near", (picture) => picture.jpeg({ quality: 95 })],
    ["as JPEG of quality 40", "near", (picture) => picture.jpeg({ quality: 40 })],
    ["as WebP of quality 40", "near", (picture) => picture.webp({ quality: 40 })],
    ["at half its size", "near", (picture) => picture.resize(320, 240).jpeg()],
    ["at three quarters of its size", "near", (picture) => picture.resize(480, 360).png()],
    ["at one and a half times its size", "near", (picture) => picture.resize(960, 720).jpeg({ quality: 60 })],
  ])("finds a picture saved %s", async (_, kind, save) => {
    const finder = new Finder();
    const scenes = await Promise.all([1, 2, 3, 4].map(scene));
    for (const [group, each] of scenes.entries()) {
      expect(finder.look(await sketchOf(each))).toEqual({ group, kind: "first" });
    }
    for (const [group, each] of scenes.entries()) {
      expect(finder.look(await sketchOf(await save(sharp(each)).toBuffer()))).toEqual({ group, kind });
    }
  });

  it("tells apart shapes that are moved by a pixel or larger by two", async () => {
    const finder = new Finder();
    const shapes = [];
    for (const x of [20, 21, 22]) for (const width of [25, 27]) shapes.push(await rectangle(x, 30, width, 25));
    for (const y of [10, 11, 12]) for (const height of [30, 32]) shapes.push(await rectangle(40, y, 30, height));
    for (const shape of shapes) expect(finder.look(await sketchOf(shape)).kind).toBe("first");
  });

  it("finds drawn shapes saved smaller, larger, or as JPEG", async () => {
    const finder = new Finder();
    for (const x of [5, 20, 35, 50]) {
      const shape = await rectangle(x, 70 - x, 25, 30);
      const { group } = finder.look(await sketchOf(shape));
      for (const copy of [
        sharp(shape).resize(48, 48).png(),
        sharp(shape).resize(144, 144).png(),
        sharp(shape).jpeg({ quality: 50 }),
      ]) {
        expect(finder.look(await sketchOf(await copy.toBuffer()))).toEqual({ group, kind: "near" });
      }
    }
  });

  it("counts blank pictures as duplicates only if they are equal", () => {
    const finder = new Finder();
    const blank = (level: number, speck: number): Uint8Array => {
      const levels = new Uint8Array(SIZE.width * SIZE.height).fill(level);
      levels[speck] = level + 1;
      return levels;
    };
    const looks = [blank(255, 0), blank(254, 0), blank(0, 0), blank(0, 5), blank(254, 0)].map((levels) =>
      finder.look(sketcher.sketch(levels)),
    );
    expect(looks.map(({ group, kind }) => `${group} ${kind}`)).toEqual([
      "0 first",
      "1 first",
      "2 first",
      "3 first",
      "1 exact",
    ]);
  });

  it("does not chain pictures that are each similar to the next", () => {
    const finder = new Finder();
    // A gradient that gets lighter step by step.
    const groups = Array.from({ length: 40 }, (_unused, step) => {
      const levels = Uint8Array.from({ length: SIZE.width * SIZE.height }, (_, index) => (index % 300) / 3 + step * 4);
      return finder.look(sketcher.sketch(levels)).group;
    });
    // The first of each group is more than 24 levels lighter than that of the one before.
    expect(new Set(groups).size).toBe(6);
    expect(groups).toEqual(groups.toSorted((one, other) => one - other));
  });

  it("finds near duplicates whatever the means of their quarters, like a comparison with all others", () => {
    const generator = Generator.ofSeed(5);
    const finder = new Finder();
    const base = Array.from({ length: 60 }, () => {
      const cells = Array.from({ length: 256 }, () => 20 + generator.uniform() * 200);
      return Uint8Array.from({ length: 90_000 }, (_, index) => {
        const [x, y] = [index % 300, Math.floor(index / 300)];
        return cells[Math.floor((y * 16) / 300) * 16 + Math.floor((x * 16) / 300)] ?? 0;
      });
    });
    for (const levels of base) expect(finder.look(sketcher.sketch(levels)).kind).toBe("first");
    for (const [group, levels] of base.entries()) {
      const lighter = levels.map((level, index) => (index % 10 < 9 ? level + 1 : level));
      expect(finder.look(sketcher.sketch(lighter))).toEqual({ group, kind: "near" });
    }
  });
});

/** A sketch of 4 x 4 blocks, each of its own gray, with a little noise. */
function drawnSketch(generator: Generator): Sketch {
  const blocks = Array.from({ length: 16 }, () => 20 + generator.uniform() * 200);
  const cells = Uint8Array.from({ length: 256 }, (_, cell) => {
    const block = 4 * Math.floor(cell / 64) + Math.floor((cell % 16) / 4);
    return (blocks[block] ?? 0) + generator.uniform() * 20;
  });
  return { crc32: Math.floor(generator.uniform() * 2 ** 32), cells };
}

describe("DuplicateFinder, of many photographs", () => {
  it("keeps less than 100 bytes of each, of the 260 of its sketch", () => {
    const generator = Generator.ofSeed(1);
    const finder = new DuplicateFinder();
    const look = (number: number): Sighting =>
      finder.look(number, finder.candidates(drawnSketch(generator)), () => {
        throw new Error("Expected no photograph to compare with");
      });
    const [first, count] = [5000, 20_000];
    // Code that is compiled meanwhile takes memory, too.
    for (let number = 0; number < first; number++) look(number);
    const before = bytesInUse();
    for (let number = first; number < first + count; number++) look(number);
    expect((bytesInUse() - before) / count).toBeLessThan(100);
    expect(look(first + count).kind).toBe("first");
  });

  it("asks for sketches by the numbers of photographs, and only for those that may be copies", () => {
    const generator = Generator.ofSeed(2);
    const sketches = Array.from({ length: 2000 }, () => drawnSketch(generator));
    const finder = new DuplicateFinder();
    const asked: number[] = [];
    const look = (number: number, sketch: Sketch): Sighting =>
      finder.look(number, finder.candidates(sketch), (photograph) => {
        asked.push(photograph);
        return sketches[photograph / 10]?.cells ?? new Uint8Array();
      });
    for (const [index, sketch] of sketches.entries()) expect(look(10 * index, sketch).kind).toBe("first");
    expect(asked).toEqual([]);
    const [one, other] = [sketches[700], sketches[900]];
    if (one === undefined || other === undefined) throw new Error("Expected sketches");
    expect(look(20_000, one)).toEqual({ group: 7000, kind: "exact" });
    expect(look(20_010, { crc32: 1, cells: other.cells.map((cell) => Math.min(cell + 1, 255)) })).toEqual({
      group: 9000,
      kind: "near",
    });
    expect(new Set(asked)).toEqual(new Set([7000, 9000]));
  });

  it("compares sketches whose checksums are equal by chance", () => {
    const generator = Generator.ofSeed(3);
    const sketches = Array.from({ length: 4 }, () => ({ ...drawnSketch(generator), crc32: 5 }));
    const finder = new Finder();
    expect([...sketches, ...sketches].map((sketch) => finder.look(sketch).group)).toEqual([0, 1, 2, 3, 0, 1, 2, 3]);
  });
});

describe("duplicatesAmong", () => {
  it("counts duplicates, and groups that span classes or splits", () => {
    const duplicates = duplicatesAmong([
      { path: "a/1", label: "a", split: "train", group: 0, kind: "first" },
      { path: "a/2", label: "a", split: "train", group: 0, kind: "exact" },
      { path: "a/3", label: "a", split: "test", group: 1, kind: "first" },
      { path: "b/1", label: "b", split: "train", group: 1, kind: "near" },
      { path: "b/2", label: "b", split: "test", group: 2, kind: "first" },
    ]);
    expect(duplicates).toEqual({
      exact: 1,
      near: 1,
      mirrored: 0,
      acrossLabels: 1,
      acrossSplits: 1,
      groups: [
        { paths: ["a/1", "a/2"], labels: ["a"], splits: ["train"] },
        { paths: ["a/3", "b/1"], labels: ["a", "b"], splits: ["train", "test"] },
      ],
    });
  });

  it("does not call a mirrored copy in another class a wrong label, but two of them", () => {
    const arrow = { split: "train", group: 0 } as const;
    const pictures = [
      { path: "left/1", label: "left", kind: "first", ...arrow },
      { path: "right/1", label: "right", kind: "mirrored", ...arrow },
    ] as const;
    expect(duplicatesAmong(pictures)).toMatchObject({ mirrored: 1, acrossLabels: 0 });
    const another = { path: "up/1", label: "up", kind: "mirrored", ...arrow } as const;
    expect(duplicatesAmong([...pictures, another])).toMatchObject({ mirrored: 2, acrossLabels: 1 });
  });
});
