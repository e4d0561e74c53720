// The list of photographs is that of plain strings: sorted by code units of the composed paths, whatever the folders are.

import { describe, expect, it } from "vitest";

import { Generator } from "../../values/generator.ts";
import { Names } from "./names.ts";
import { Photographs, type FolderOfPhotographs } from "./photographs.ts";

function namesOf(names: readonly string[]): Names {
  const packed = new Names();
  for (const name of names) packed.push(name);
  return packed;
}

function folder(path: string, names: readonly string[], label = path.split("/")[0] ?? ""): FolderOfPhotographs {
  return { path, label, split: undefined, names: namesOf(names), fileOf: (name) => `/photos/${path}/${name}` };
}

const pathsOf = (photographs: Photographs): readonly string[] => Array.from(photographs, ({ path }) => path);

describe("Names", () => {
  it.each([
    ["no names", []],
    ["names of all lengths", ["", "a", "ab", "b".repeat(300), "a.jpg", "A.jpg", "a-1.jpg", "a 1.jpg"]],
    ["letters beyond ASCII", ["\u{1f697}.jpg", "\ufb01.jpg", "é.jpg", "e\u0301.jpg", "z.jpg", "\ud800.jpg"]],
  ])("returns and sorts %s", (_, names) => {
    const packed = namesOf(names);
    expect([...packed]).toEqual(names);
    expect(packed).toHaveLength(names.length);
    const key = (name: string): string => name.normalize("NFC");
    const sorted = names.toSorted((one, other) => {
      if (key(one) !== key(other)) return key(one) < key(other) ? -1 : 1;
      return one < other ? -1 : 1;
    });
    expect(Array.from(packed.sorted(key), (index) => packed.at(index))).toEqual(sorted);
    packed.push("after.jpg");
    expect([...packed]).toEqual([...names, "after.jpg"]);
  });
});

describe("Photographs", () => {
  it("sorts by path, also if folders are between the files of others", () => {
    const generator = Generator.ofSeed(3);
    const name = (): string => `${Math.floor(generator.uniform() * 1e6).toString(36)}.jpg`;
    const folders = ["car", "bus", "car/m", "car/m/n", "bus/empty", "car.old", "bicycle"].map((path) =>
      folder(
        path,
        Array.from({ length: path === "bus/empty" ? 0 : 50 }, () => name()),
      ),
    );
    const expected = folders.flatMap(({ path, names }) => Array.from(names, (each) => `${path}/${each}`)).toSorted();
    const photographs = Photographs.of(folders);
    expect(pathsOf(photographs)).toEqual(expected);
    expect(photographs).toHaveLength(300);
    expect(photographs.at(-1)?.path).toBe(expected.at(-1));
    expect(photographs.at(300)).toBeUndefined();
  });

  it("makes photographs with the class, split and file of their folder, and composed paths", () => {
    const decomposed = folder("cafe\u0301", ["e\u0301.jpg", "\u00e9.jpg"]);
    const photographs = Photographs.of([decomposed, { ...folder("bus", ["1.jpg"]), split: "test" }]);
    expect([...photographs]).toEqual([
      { path: "bus/1.jpg", file: "/photos/bus/1.jpg", label: "bus", split: "test" },
      { path: "caf\u00e9/\u00e9.jpg", file: "/photos/cafe\u0301/e\u0301.jpg", label: "cafe\u0301", split: undefined },
      { path: "caf\u00e9/\u00e9.jpg", file: "/photos/cafe\u0301/\u00e9.jpg", label: "cafe\u0301", split: undefined },
    ]);
  });

  it("gives parts of itself", () => {
    const photographs = Photographs.of([folder("car", ["3.jpg", "1.jpg", "2.jpg"]), folder("bus", ["9.jpg"])]);
    const end = photographs.slice(2);
    expect(pathsOf(end)).toEqual(["car/2.jpg", "car/3.jpg"]);
    expect(pathsOf(Photographs.joined([end, photographs.slice(0, 1)]))).toEqual([
      "car/2.jpg",
      "car/3.jpg",
      "bus/9.jpg",
    ]);
    expect(pathsOf(Photographs.joined([]))).toEqual([]);
    expect(pathsOf(photographs.filter(({ path }, index) => path !== "car/1.jpg" && index < 3))).toEqual([
      "bus/9.jpg",
      "car/2.jpg",
    ]);
    expect(end.find(({ label }) => label === "car")?.path).toBe("car/2.jpg");
    expect(end.find(({ label }) => label === "bus")).toBeUndefined();
  });
});
