import { describe, expect, it } from "vitest";

import type { Seen } from "./duplicates.ts";
import { inspectedIssues, wrongLabelIssues, type DataIssue, type Measured } from "./issues.ts";
import { leftOutOf } from "./leave-out.ts";
import type { MaskStatistics } from "./mask-statistics.ts";
import { PictureSurvey } from "./picture-survey.ts";

const MASK: MaskStatistics = { lightShare: 0.4, figureShare: 0.4, regions: 5, fragmentShare: 0.01, boxShare: 0.8 };

/** A picture, and its copies. */
type Picture = Measured & Seen;

let group = 0;

/** A picture without issues, unless `fields` say otherwise. */
function picture(path: string, fields: Partial<Picture> = {}): Picture {
  const mask = fields.mask ?? MASK;
  return {
    path,
    label: path.split("/")[1] ?? "",
    split: path.startsWith("test/") ? "test" : path.startsWith("val/") ? "val" : "train",
    group: group++,
    kind: "first",
    sourceWidth: 400,
    sourceHeight: 300,
    lightShare: mask.lightShare,
    mask,
    maskPixels: 192 * 192,
    borderLightShare: 0.8,
    separability: 0.7,
    local: null,
    ...fields,
  };
}

/** Enough pictures of both classes in both splits for them to have no issues of their own. */
const GOOD = ["train", "test"].flatMap((split) =>
  ["a", "b"].flatMap((label) => Array.from({ length: 12 }, (_, index) => picture(`${split}/${label}/${index}.jpg`))),
);

function surveyOf(pictures: readonly Picture[]): PictureSurvey {
  const survey = new PictureSurvey();
  for (const each of pictures) survey.add(each);
  survey.addCopies(pictures);
  return survey;
}

function found(...pictures: readonly Picture[]): readonly DataIssue[] {
  return inspectedIssues({ labels: ["a", "b"], survey: surveyOf([...GOOD, ...pictures]), skips: [] });
}

const copies = (...paths: readonly string[]): readonly Picture[] =>
  paths.map((path, index) => picture(path, { group: 9001, kind: index === 0 ? "first" : "near" }));

describe("inspectedIssues", () => {
  it("finds nothing in good pictures", () => {
    expect(found()).toEqual([]);
  });

  it("tells copies within a class from those across splits, with the test picture first, and across labels", () => {
    expect(found(...copies("train/a/x.jpg", "train/a/y.jpg"))).toMatchObject([
      { kind: "copies", severity: "warning", pictures: [{ path: "train/a/x.jpg" }, { path: "train/a/y.jpg" }] },
    ]);
    expect(found(...copies("train/a/x.jpg", "val/a/z.jpg", "test/a/y.jpg"))).toMatchObject([
      {
        kind: "copies-across-splits",
        severity: "error",
        pictures: [{ path: "test/a/y.jpg" }, { path: "train/a/x.jpg" }, { path: "val/a/z.jpg" }],
        measure: { name: "copies", value: 2 },
      },
    ]);
    expect(found(...copies("train/a/x.jpg", "test/b/y.jpg"))).toMatchObject([
      { kind: "copies-across-labels", severity: "error", note: "are one picture, labeled a and b" },
    ]);
  });

  it.each<[share: number, kinds: readonly string[]]>([
    [0, ["blank-silhouette"]],
    [0.019, ["blank-silhouette"]],
    [0.02, []],
    [0.5, []],
  ])("calls a silhouette with a figure of %d blank, or not", (share, kinds) => {
    const mask = { ...MASK, lightShare: 1 - share, figureShare: share };
    expect(found(picture("train/a/x.jpg", { mask })).map(({ kind }) => kind)).toEqual(kinds);
  });

  it("advises a local threshold or a crop only if a measure supports it", () => {
    const remedyOf = (mask: Partial<MaskStatistics>, local: MaskStatistics | null): string => {
      const [issue] = found(
        picture("train/a/x.jpg", { mask: { ...MASK, lightShare: 0.01, figureShare: 0.01, ...mask }, local }),
      );
      return issue?.remedy ?? "";
    };
    expect(remedyOf({}, { ...MASK, figureShare: 0.3, regions: 40 })).toMatch(
      /^A local threshold .* 30 % of it in 40 regions/,
    );
    expect(remedyOf({}, { ...MASK, figureShare: 0.3, regions: 4000 })).not.toContain("local threshold");
    expect(remedyOf({ regions: 1, boxShare: 0.1 }, null)).toMatch(/fills 10 % of the picture: crop it/);
    expect(remedyOf({ regions: 1, boxShare: 0.001 }, null)).not.toContain("crop");
    expect(remedyOf({ regions: 9, boxShare: 0.1 }, null)).not.toContain("crop");
  });

  it("finds fragmented silhouettes, and odd sizes", () => {
    const fragmented = picture("train/a/x.jpg", { mask: { ...MASK, regions: 800 } });
    const tiny = picture("train/a/y.jpg", { sourceWidth: 31, sourceHeight: 400 });
    const long = picture("train/a/z.jpg", { sourceWidth: 1600, sourceHeight: 300 });
    expect(found(long, tiny, fragmented).map(({ kind, measure }) => [kind, measure.value])).toEqual([
      ["fragmented-silhouette", 800],
      ["odd-size", 1600 / 300],
      ["odd-size", 31],
    ]);
  });

  it.each<[light: readonly [number, number], kinds: readonly string[]]>([
    [[18, 2], ["opposite-grounds"]],
    [[0, 20], ["opposite-grounds"]],
    [[17, 2], []],
    [[18, 3], []],
    [[20, 20], []],
  ])("finds classes whose grounds are opposite in nearly all pictures, with light ones in %o of 20", (light, kinds) => {
    const pictures = ["a", "b"].flatMap((label, place) =>
      Array.from({ length: 20 }, (_, index) =>
        picture(`${index < 10 ? "train" : "test"}/${label}/${index}.jpg`, {
          borderLightShare: index < (light[place] ?? 0) ? 0.51 : 0.5,
        }),
      ),
    );
    const of = (some: readonly Picture[]): readonly string[] =>
      inspectedIssues({ labels: ["a", "b"], survey: surveyOf(some), skips: [] }).map(({ kind }) => kind);
    expect(of(pictures)).toEqual(kinds);
    // Of fewer pictures, it may be chance.
    expect(of(pictures.slice(1))).not.toContain("opposite-grounds");
  });

  it("finds fewer than two classes to learn, and classes that only others than training pictures have", () => {
    const one = Array.from({ length: 20 }, (_, index) => picture(`${index < 10 ? "train" : "test"}/a/${index}.jpg`));
    const tested = Array.from({ length: 10 }, (_, index) => picture(`test/b/${index}.jpg`));
    const notes = (labels: readonly string[], pictures: readonly Picture[]): readonly unknown[] =>
      inspectedIssues({ labels, survey: surveyOf(pictures), skips: [] }).map(({ kind, note }) => [kind, note]);
    expect(notes(["a"], one.slice(0, 12))).toEqual([["too-few-classes", "a is the only class with training pictures"]]);
    expect(notes(["b"], tested)).toEqual([["too-few-classes", "no class has training pictures"]]);
    expect(notes(["a", "b"], [...one, ...tested])).toEqual([
      ["too-few-classes", "a is the only class with training pictures"],
      ["empty-class", "b has no training pictures, but 10 others"],
    ]);
  });

  it("finds classes without pictures, with few test pictures, and with many times fewer than others", () => {
    const pictures = [
      ...Array.from({ length: 50 }, (_, index) => picture(`train/a/${index}.jpg`)),
      ...Array.from({ length: 10 }, (_, index) => picture(`test/a/${index}.jpg`)),
      ...Array.from({ length: 10 }, (_, index) => picture(`train/b/${index}.jpg`)),
      ...Array.from({ length: 9 }, (_, index) => picture(`test/b/${index}.jpg`)),
    ];
    const issues = inspectedIssues({ labels: ["a", "b", "c"], survey: surveyOf(pictures), skips: [] });
    expect(issues.map(({ kind, note, measure }) => [kind, note, measure.value])).toEqual([
      ["empty-class", "c has no usable pictures", 0],
      ["few-pictures", "b has 9 test pictures of 19", 9],
      ["class-imbalance", "a has 50 training pictures, b has 10", 5],
    ]);
  });
});

describe("wrongLabelIssues", () => {
  it("reports labels that are confidently another class and ruled out, the most certain first", () => {
    const of = (path: string, label: string, a: number) =>
      ({ path, label, split: "train", probabilities: [a, 1 - a] }) as const;
    const predictions = [
      ...Array.from({ length: 9 }, (_, index) => of(`a/${index}`, "a", 0.9)),
      ...Array.from({ length: 9 }, (_, index) => of(`b/${index}`, "b", 0.1)),
      of("a/wrong", "a", 0.05),
      of("b/wrong", "b", 0.99),
      of("a/doubtful", "a", 0.4),
    ];
    expect(wrongLabelIssues(["a", "b"], predictions)).toMatchObject([
      {
        kind: "wrong-label",
        pictures: [{ path: "b/wrong", label: "b" }],
        measure: { value: expect.closeTo(0.98, 9) as number },
      },
      {
        kind: "wrong-label",
        pictures: [{ path: "a/wrong", label: "a" }],
        note: "is labeled a, but predicted as b with probability 0.95",
      },
    ]);
  });
});

describe("leftOutOf", () => {
  it("keeps one of the copies, the test picture across splits, and none under several labels", () => {
    const blank = picture("train/a/blank.jpg", { mask: { ...MASK, lightShare: 1, figureShare: 0 } });
    const odd = picture("train/a/odd.jpg", { sourceWidth: 20 });
    const issues = inspectedIssues({
      labels: ["a", "b"],
      survey: surveyOf([
        ...GOOD,
        ...copies("train/a/1.jpg", "train/a/2.jpg", "train/a/3.jpg"),
        ...copies("train/a/4.jpg", "test/a/5.jpg").map((each) => ({ ...each, group: 9002 })),
        ...copies("train/a/6.jpg", "train/b/7.jpg").map((each) => ({ ...each, group: 9003 })),
        blank,
        odd,
      ]),
      skips: [{ path: "train/a/8.jpg", code: "EMPTY_FILE", message: "is empty" }],
    });
    expect(leftOutOf(issues).map(({ path, stays }) => [path, stays])).toEqual([
      ["train/a/6.jpg", ""],
      ["train/b/7.jpg", ""],
      ["train/a/4.jpg", "test/a/5.jpg"],
      ["train/a/8.jpg", ""],
      ["train/a/blank.jpg", ""],
      ["train/a/2.jpg", "train/a/1.jpg"],
      ["train/a/3.jpg", "train/a/1.jpg"],
    ]);
    const [, , across] = leftOutOf(issues);
    expect(across?.reason).toBe(
      "copies-across-splits: are one picture, in train and test; the test picture stays, because a test needs pictures that were not learned from",
    );
  });
});
