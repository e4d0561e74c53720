// What may be wrong with labeled pictures: copies, silhouettes without information, odd sizes, classes that are too small, labels that
// networks contradict.
//
// In: what was seen of each picture. Out: issues, each with the pictures that have it, a number that supports it, and what helps.

import { labelIssues, type PredictedLabel } from "./confident-learning.ts";
import { FEWEST_TO_TEST } from "./draw-splits.ts";
import { copiesAmong, isLabelConflict, type Seen, type Sighting } from "./duplicates.ts";
import { BLANK_SHARE, type MaskStatistics } from "./mask-statistics.ts";
import type { Skip } from "./skip.ts";
import { SPLITS, type Split } from "./split.ts";

/**
 * The kinds of issues, the most serious first:
 *
 * - `copies-across-labels`: one picture under two labels, at least one of which is wrong.
 * - `copies-across-splits`: a validation or test picture with a copy in another split: results look better than they are.
 * - `wrong-label`: networks that have not learned from a picture confidently predict another class.
 * - `too-few-classes`: fewer than two classes have training pictures, so that there is nothing to train.
 * - `empty-class`: a class without usable training pictures.
 * - `unusable-file`: a file that cannot be read as a picture.
 * - `blank-silhouette`: a silhouette that is all, or nearly all, black or white.
 * - `few-pictures`: a class with too few pictures for a test that says much.
 * - `class-imbalance`: a class with many times the pictures of another.
 * - `opposite-grounds`: a class on light grounds and another on dark ones, which tell them apart without the objects.
 * - `copies`: copies of a picture in the same class and split.
 * - `fragmented-silhouette`: a silhouette that falls into many small regions.
 * - `odd-size`: a picture that is tiny, or many times as wide as it is high or the other way round.
 */
export const ISSUE_KINDS = [
  "copies-across-labels",
  "copies-across-splits",
  "wrong-label",
  "too-few-classes",
  "empty-class",
  "unusable-file",
  "blank-silhouette",
  "few-pictures",
  "class-imbalance",
  "opposite-grounds",
  "copies",
  "fragmented-silhouette",
  "odd-size",
] as const;

/** A kind of issue: see {@link ISSUE_KINDS}. */
export type IssueKind = (typeof ISSUE_KINDS)[number];

/** Whether results will be wrong because of it, or it is worth a look. */
export type IssueSeverity = "error" | "warning";

/** The severity of each kind. */
export const SEVERITIES: Readonly<Record<IssueKind, IssueSeverity>> = {
  "copies-across-labels": "error",
  "copies-across-splits": "error",
  "wrong-label": "error",
  "too-few-classes": "error",
  "empty-class": "error",
  "unusable-file": "error",
  "blank-silhouette": "error",
  "few-pictures": "warning",
  "class-imbalance": "warning",
  "opposite-grounds": "warning",
  copies: "warning",
  "fragmented-silhouette": "warning",
  "odd-size": "warning",
};

/** A picture that has an issue. */
export interface IssuePicture {
  /** Path relative to the folder, with `/`. */
  readonly path: string;
  /** Its class; null for a file that could not be read. */
  readonly label: string | null;
  /** Its split; null for a file that could not be read. */
  readonly split: Split | null;
}

/** Something that may be wrong. */
export interface DataIssue {
  /** What may be wrong. */
  readonly kind: IssueKind;
  /** Whether results will be wrong because of it, or it is worth a look. */
  readonly severity: IssueSeverity;
  /** The pictures that have it; of copies, the one to keep comes first. None for issues of a class. */
  readonly pictures: readonly IssuePicture[];
  /** The number that supports it. */
  readonly measure: {
    /** What was measured, such as `copies`, `figureShare` or `shorterSide`. */
    readonly name: string;
    /** Its value: a count, a ratio, a share from 0 to 1, a difference of probabilities (`margin`), or pixels (`shorterSide`). */
    readonly value: number;
  };
  /** What is remarkable: the end of a sentence that begins with the pictures or the class. */
  readonly note: string;
  /** What helps, as a sentence. */
  readonly remedy: string;
}

/** What a preparation sees of each picture. */
export interface LookedAt extends Seen {
  /** Share of its silhouette's light pixels, 0 to 1. */
  readonly lightShare: number;
}

/** What an inspection measures of each picture. */
export interface Measured extends Omit<LookedAt, keyof Sighting> {
  /** Width of the upright photograph in pixels. */
  readonly sourceWidth: number;
  /** Height of the upright photograph in pixels. */
  readonly sourceHeight: number;
  /** Measures of its silhouette. */
  readonly mask: MaskStatistics;
  /** Number of pixels of the silhouette. */
  readonly maskPixels: number;
  /** Share of the silhouette's light pixels along its border, 0 to 1. */
  readonly borderLightShare: number;
  /** Otsu's separability of the gray levels, 0 to 1; null if the dataset has none. */
  readonly separability: number | null;
  /** Measures of a local threshold, for silhouettes that are nearly blank or fragmented. */
  readonly local: MaskStatistics | null;
}

/** A dataset that was prepared, as far as it matters for issues. */
export interface LookedAtSet {
  /** All class names, also those without pictures. */
  readonly labels: readonly string[];
  /** What was seen of each usable picture. */
  readonly pictures: readonly LookedAt[];
  /** Files that were skipped. */
  readonly skips: readonly Skip[];
}

// Thresholds; docs/decisions.md has the figures behind them.

/** Regions of a silhouette, as a share of its pixels and at least so many, above which it is nothing but noise or texture. */
const FRAGMENTED = { share: 0.02, regions: 100 };
/** Shorter side in pixels below which a picture is tiny. */
const TINY_SIDE = 32;
/** Ratio of the sides above which stretching distorts a picture beyond recognition. */
const EXTREME_RATIO = 5;
/** Ratio of the largest to the smallest class that counts as a strong imbalance. */
const IMBALANCE = 5;
/** Test pictures of a class below which its accuracy is hardly known: of 10, one more or less is 10 %. */
const FEW_TESTED = 10;
/** Shares of the picture between which a crop to the figure is worth it, if it is of few pieces: a smaller one is a speck. */
const SMALL_BOX = { from: 0.01, below: 0.25 };

/** Share of a class's silhouettes with a light border, or a dark one, from which on its grounds are all alike; of at least so many. */
const ALIKE = { share: 0.9, pictures: 20 };

/** Issues that any preparation finds, the most serious first. */
export function issuesAmong({ labels, pictures, skips }: LookedAtSet): readonly DataIssue[] {
  return bySeverity([
    ...copiesAmong(pictures).map(copiesIssue),
    ...skips.map(unusableIssue),
    ...pictures.flatMap((picture) => blankIssue(picture, undefined)),
    ...imbalanceIssues(
      labels,
      labels.map((label) => pictures.filter((picture) => picture.split === "train" && picture.label === label).length),
    ),
  ]);
}

/** What a preparation sees of pictures that it does not compare with one another. */
export interface NotCompared {
  /** All class names, also those without pictures. */
  readonly labels: readonly string[];
  /** Number of training pictures of each class, in the order of the labels. */
  readonly trained: readonly number[];
  /** Pictures whose silhouettes are blank, or nearly. */
  readonly blank: readonly (IssuePicture & Pick<LookedAt, "lightShare">)[];
  /** Files that were skipped. */
  readonly skips: readonly Skip[];
}

/** {@link issuesAmong} pictures that were not compared: without their copies. */
export function issuesWithoutCopies({ labels, trained, blank, skips }: NotCompared): readonly DataIssue[] {
  return bySeverity([
    ...skips.map(unusableIssue),
    ...blank.flatMap((picture) => blankIssue(picture, undefined)),
    ...imbalanceIssues(labels, trained),
  ]);
}

/** What was counted of the pictures of a class. */
export interface ClassCounts {
  /** Number of pictures by split. */
  readonly splits: Readonly<Record<Split, number>>;
  /** Number of silhouettes whose borders are mostly light. */
  readonly lightGrounds: number;
}

/** What an inspection has seen of pictures. */
export interface InspectedPictures {
  /** Issues of single pictures, in the order of the pictures. */
  readonly issues: readonly DataIssue[];
  /** What was counted of a class. */
  countsOf(label: string): ClassCounts;
  /** The pictures that have copies, and these, in the order of the pictures. */
  readonly copies: readonly Seen[];
}

/** A dataset that was inspected. */
export interface Surveyed {
  /** All class names, also those without pictures. */
  readonly labels: readonly string[];
  /** What was seen of its pictures. */
  readonly survey: InspectedPictures;
  /** Files that were skipped. */
  readonly skips: readonly Skip[];
}

/** Issues that an inspection finds, the most serious first. */
export function inspectedIssues({ labels, survey, skips }: Surveyed): readonly DataIssue[] {
  const trained = labels.map((label) => survey.countsOf(label).splits.train);
  return bySeverity([
    ...copiesAmong(survey.copies).map(copiesIssue),
    ...skips.map(unusableIssue),
    ...survey.issues,
    ...classIssues(labels, survey),
    ...imbalanceIssues(labels, trained),
    ...groundIssues(labels, survey),
  ]);
}

/** Issues of a single picture. */
export function pictureIssues(picture: Measured): readonly DataIssue[] {
  return [...blankIssue(picture, picture), ...fragmentedIssue(picture), ...sizeIssue(picture)];
}

/** The issues that are shown as examples: the first `count` of each kind. */
export function exampleIssues(issues: readonly DataIssue[], count: number): readonly DataIssue[] {
  return ISSUE_KINDS.flatMap((kind) => issues.filter((issue) => issue.kind === kind).slice(0, count));
}

/** An out-of-sample prediction for a picture. */
export interface PredictedPicture extends Pick<IssuePicture, "path"> {
  /** The class that it is labeled as. */
  readonly label: string;
  /** Its split. */
  readonly split: Split;
  /** Probability of each class, 0 to 1, in the order of the labels. */
  readonly probabilities: readonly number[];
}

/**
 * Labels that are probably wrong, by confident learning (Northcutt, Jiang and Chuang 2021, https://doi.org/10.1613/jair.1.12125), the
 * largest margin first. Only those that are ruled out, too, are issues: networks are often confidently wrong about unusual pictures, but
 * then they seldom find the right class as improbable as in pictures of other classes.
 *
 * @param labels all class names
 * @param predictions of networks that have not learned from the pictures
 */
export function wrongLabelIssues(
  labels: readonly string[],
  predictions: readonly PredictedPicture[],
): readonly DataIssue[] {
  const indexed: readonly PredictedLabel[] = predictions.map(({ label, probabilities }) => ({
    label: labels.indexOf(label),
    probabilities,
  }));
  return labelIssues(indexed, labels.length).flatMap(({ index, predicted, probability, margin, isRuledOut }) => {
    const picture = predictions[index];
    if (!isRuledOut || picture === undefined) return [];
    const name = labels[predicted] ?? "";
    return [
      issueOf("wrong-label", [picture], {
        measure: { name: "margin", value: margin },
        note: `is labeled ${picture.label}, but predicted as ${name} with probability ${probability.toFixed(2)}`,
        remedy: `Look at it: if it shows a ${name}, move it to that class; if neither, leave it out.`,
      }),
    ];
  });
}

/** The issues by kind, the most serious first, and in the given order within a kind. */
export function bySeverity(issues: readonly DataIssue[]): readonly DataIssue[] {
  return ISSUE_KINDS.flatMap((kind) => issues.filter((issue) => issue.kind === kind));
}

function issueOf(
  kind: IssueKind,
  pictures: readonly IssuePicture[],
  { measure, note, remedy }: Pick<DataIssue, "measure" | "note" | "remedy">,
): DataIssue {
  return {
    kind,
    severity: SEVERITIES[kind],
    pictures: pictures.map(({ path, label, split }) => ({ path, label, split })),
    measure,
    note,
    remedy,
  };
}

function copiesIssue(members: readonly Seen[]): DataIssue {
  const labels = [...new Set(members.map(({ label }) => label))];
  const splits = SPLITS.filter((split) => members.some((member) => member.split === split));
  const measure = { name: "copies", value: members.length - 1 };
  const mirrored = members.some(({ kind }) => kind === "mirrored") ? ", some of them mirrored" : "";
  if (isLabelConflict(members)) {
    return issueOf("copies-across-labels", members, {
      measure,
      note: `are one picture, labeled ${labels.join(" and ")}${mirrored}`,
      remedy: "Keep the copy with the right label, and leave the others out.",
    });
  }
  // The test has to keep its pictures: it is what others compare with.
  const kept = SPLITS.findLast((split) => splits.includes(split));
  const ordered = [...members.filter(({ split }) => split === kept), ...members.filter(({ split }) => split !== kept)];
  if (splits.length > 1) {
    return issueOf("copies-across-splits", ordered, {
      measure,
      note: `are one picture, in ${splits.join(" and ")}${mirrored}`,
      remedy: `Keep the ${kept} picture and leave the others out: a network that has learned a picture does not show by it what it knows.`,
    });
  }
  return issueOf("copies", members, {
    measure,
    note: `are one picture${mirrored}`,
    remedy: "Keep the first: the others add no information, but weigh as much.",
  });
}

function unusableIssue({ path, message }: Skip): DataIssue {
  return issueOf("unusable-file", [{ path, label: null, split: null }], {
    measure: { name: "files", value: 1 },
    note: message,
    remedy: "Repair it, convert it to JPEG or PNG, or leave it out.",
  });
}

/** @param measured undefined if only the share of light pixels is known */
function blankIssue(
  picture: IssuePicture & Pick<LookedAt, "lightShare">,
  measured: Measured | undefined,
): readonly DataIssue[] {
  const { lightShare } = picture;
  const share = Math.min(lightShare, 1 - lightShare);
  if (share >= BLANK_SHARE) return [];
  const tone = lightShare < 0.5 ? "black" : "white";
  return [
    issueOf("blank-silhouette", [picture], {
      measure: { name: "figureShare", value: share },
      note:
        share === 0
          ? `has a silhouette that is all ${tone}`
          : `has a silhouette that is ${(100 * (1 - share)).toFixed(1)} % ${tone}`,
      remedy: measured === undefined ? BLANK_REMEDY : blankRemedy(measured),
    }),
  ];
}

const BLANK_REMEDY = "Replace it, or leave it out: there is nothing to learn from it.";

/** What helps, as far as the measures show it. */
function blankRemedy({ mask, maskPixels, local }: Measured): string {
  if (local !== null && local.figureShare >= 0.1 && !isFragmented(local, maskPixels)) {
    return `A local threshold (Sauvola) would show ${percent(local.figureShare)} of it in ${local.regions} regions: even out the light, or leave it out.`;
  }
  if (mask.regions <= 3 && mask.boxShare >= SMALL_BOX.from && mask.boxShare < SMALL_BOX.below) {
    return `What it shows fills ${percent(mask.boxShare)} of the picture: crop it to that if it is the object, or leave it out.`;
  }
  return BLANK_REMEDY;
}

/** Whether a silhouette is so odd that a local threshold is worth a try. */
export function needsLocal(mask: MaskStatistics, maskPixels: number): boolean {
  return mask.figureShare < BLANK_SHARE || isFragmented(mask, maskPixels);
}

function isFragmented({ regions }: MaskStatistics, maskPixels: number): boolean {
  return regions > Math.max(FRAGMENTED.regions, FRAGMENTED.share * maskPixels);
}

function fragmentedIssue(picture: Measured): readonly DataIssue[] {
  const { mask, maskPixels, local, separability } = picture;
  if (!isFragmented(mask, maskPixels)) return [];
  const helps = local !== null && local.regions < mask.regions / 2 && local.figureShare >= 0.1;
  return [
    issueOf("fragmented-silhouette", [picture], {
      measure: { name: "regions", value: mask.regions },
      note: `has a silhouette of ${mask.regions} regions${separability === null ? "" : `; its threshold separates ${percent(separability)} of the variance`}`,
      remedy: helps
        ? `A local threshold (Sauvola) would leave ${local.regions} regions: even out the light, or train with --input gray.`
        : "Train with --input gray, which needs no threshold, or replace it if its object cannot be made out.",
    }),
  ];
}

function sizeIssue(picture: Measured): readonly DataIssue[] {
  const { sourceWidth, sourceHeight } = picture;
  const [short, long] = [Math.min(sourceWidth, sourceHeight), Math.max(sourceWidth, sourceHeight)];
  const size = `has ${sourceWidth} x ${sourceHeight} pixels`;
  if (short < TINY_SIDE) {
    return [
      issueOf("odd-size", [picture], {
        measure: { name: "shorterSide", value: short },
        note: size,
        remedy: "It may be a thumbnail: replace it by the original.",
      }),
    ];
  }
  if (long / short <= EXTREME_RATIO) return [];
  return [
    issueOf("odd-size", [picture], {
      measure: { name: "aspectRatio", value: long / short },
      note: size,
      remedy: "Crop it to its object: pictures are stretched to one size, which distorts this one.",
    }),
  ];
}

/** Issues of the classes; of a source that cannot be trained on, no tests matter. */
function classIssues(labels: readonly string[], survey: InspectedPictures): readonly DataIssue[] {
  const [first, ...others] = labels.filter((label) => survey.countsOf(label).splits.train > 0);
  const empty = first === undefined ? [] : labels.flatMap((label) => emptyClass(label, survey));
  if (others.length > 0) return [...empty, ...labels.flatMap((label) => fewPictures(label, survey))];
  return [
    ...empty,
    issueOf("too-few-classes", [], {
      measure: { name: "classes", value: first === undefined ? 0 : 1 },
      note:
        first === undefined ? "no class has training pictures" : `${first} is the only class with training pictures`,
      remedy:
        "Add training pictures of other classes, each class in a folder of its own: a training needs two or more.",
    }),
  ];
}

/** A class that cannot be learned, where others can. */
function emptyClass(label: string, survey: InspectedPictures): readonly DataIssue[] {
  const { train, val, test } = survey.countsOf(label).splits;
  if (train > 0) return [];
  const others = val + test;
  return [
    issueOf("empty-class", [], {
      measure: { name: "pictures", value: others },
      note:
        others === 0 ? `${label} has no usable pictures` : `${label} has no training pictures, but ${others} others`,
      remedy:
        others === 0
          ? "Add pictures, or move the folder elsewhere."
          : "Add training pictures, or move the others elsewhere.",
    }),
  ];
}

function fewPictures(label: string, survey: InspectedPictures): readonly DataIssue[] {
  const { train, val, test } = survey.countsOf(label).splits;
  const all = train + val + test;
  if (train === 0 || test >= FEW_TESTED) return [];
  return [
    issueOf("few-pictures", [], {
      measure: { name: "testPictures", value: test },
      note: `${label} has ${test} test ${test === 1 ? "picture" : "pictures"} of ${all}`,
      remedy:
        all < FEWEST_TO_TEST
          ? "Add pictures: start with a few hundred per class."
          : "Add pictures, or use silhouette crossvalidate, which tests every picture.",
    }),
  ];
}

function imbalanceIssues(labels: readonly string[], trained: readonly number[]): readonly DataIssue[] {
  const counts = labels
    .map((label, index) => ({ label, train: trained[index] ?? 0 }))
    .filter(({ train }) => train > 0)
    .toSorted((one, other) => one.train - other.train);
  const [fewest, most] = [counts[0], counts.at(-1)];
  if (fewest === undefined || most === undefined || most.train < IMBALANCE * fewest.train) return [];
  return [
    issueOf("class-imbalance", [], {
      measure: { name: "ratio", value: most.train / fewest.train },
      note: `${most.label} has ${most.train} training pictures, ${fewest.label} has ${fewest.train}`,
      remedy: `Add pictures of ${fewest.label}, or train with the recipe's sampling "balanced" or class weights "balanced".`,
    }),
  ];
}

function groundIssues(labels: readonly string[], survey: InspectedPictures): readonly DataIssue[] {
  const shares = labels.flatMap((label) => {
    const { splits, lightGrounds } = survey.countsOf(label);
    const all = splits.train + splits.val + splits.test;
    return all < ALIKE.pictures ? [] : [{ label, share: lightGrounds / all }];
  });
  const [darkest, ...others] = shares.toSorted((one, other) => one.share - other.share);
  const lightest = others.at(-1);
  if (darkest === undefined || lightest === undefined) return [];
  if (lightest.share < ALIKE.share || 1 - darkest.share < ALIKE.share) return [];
  return [
    issueOf("opposite-grounds", [], {
      measure: { name: "difference", value: lightest.share - darkest.share },
      note: `${lightest.label} has a light ground in ${percent(lightest.share)} of its silhouettes, ${darkest.label} in ${percent(darkest.share)}`,
      remedy: "Add pictures of both on light and on dark grounds, unless they will always differ like this.",
    }),
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

/** Issues of one kind, in short. */
export interface DataWarning {
  /** What may be wrong. */
  readonly kind: IssueKind;
  /** Number of issues. */
  readonly count: number;
  /** What is remarkable about the first one. */
  readonly note: string;
  /** The pictures of the first one: at most three paths. */
  readonly examples: readonly string[];
}

/** One warning per kind of issue, the most serious first. */
export function warningsOf(issues: readonly DataIssue[]): readonly DataWarning[] {
  return ISSUE_KINDS.flatMap((kind) => {
    const own = issues.filter((issue) => issue.kind === kind);
    const [first] = own;
    if (first === undefined) return [];
    return [
      { kind, count: own.length, note: first.note, examples: first.pictures.slice(0, 3).map(({ path }) => path) },
    ];
  });
}
