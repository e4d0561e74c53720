// What a page shows of an inspection: its issues by kind, with pictures. Runs in pages, too.

import type { Inspection } from "@silhouette/trainer";
import type { DataIssue, IssueKind } from "@silhouette/trainer/browser";
import { exampleIssues, ISSUE_KINDS } from "@silhouette/trainer/facts";

import { silhouettePixels, type PictureEncoder } from "./picture-encoder.ts";
import type { FindingGroup, InspectedPicture, InspectionReport } from "./report-data.ts";

/** Issues of each kind that a page shows with pictures; `inspect` has to return as many examples. */
export const PAGE_EXAMPLES = 24;

/** Pictures of one issue that a page shows: a picture may have hundreds of copies. */
const PICTURES_PER_ISSUE = 8;

/** Titles and explanations of the kinds of issues. */
export const ISSUE_TEXTS: Readonly<
  Record<
    IssueKind,
    {
      /** For people, such as "Copies across splits". */
      readonly title: string;
      /** What it means, and what helps: a sentence or two. */
      readonly explanation: string;
    }
  >
> = {
  "copies-across-labels": {
    title: "One picture under two labels",
    explanation: "At least one of the labels is wrong: keep the copy with the right one, and leave the others out.",
  },
  "copies-across-splits": {
    title: "Copies across splits",
    explanation:
      "A test says nothing about a picture that was learned from, so results look better than they are. Leave the training copy out: the test picture stays, so that results can still be compared.",
  },
  "wrong-label": {
    title: "Labels that are probably wrong",
    explanation:
      "Networks that have not learned from the picture confidently predict another class, and find its own improbable. Look at each: move it to the class that it shows, or leave it out.",
  },
  "too-few-classes": {
    title: "Too few classes",
    explanation: "A classifier tells classes apart: train refuses a source in which fewer than two can be learned.",
  },
  "empty-class": {
    title: "Classes without training pictures",
    explanation: "A class without usable training pictures cannot be learned: add some, or move its folder elsewhere.",
  },
  "unusable-file": {
    title: "Unusable files",
    explanation: "They are skipped. Repair them, convert them to JPEG or PNG, or leave them out.",
  },
  "blank-silhouette": {
    title: "Blank silhouettes",
    explanation:
      "At least 98 % of the silhouette is black, or white, so that hardly anything can be learned from it: replace the picture, or leave it out.",
  },
  "few-pictures": {
    title: "Few test pictures",
    explanation:
      "With fewer than 10 test pictures of a class, its accuracy is hardly known: add pictures, or cross-validate.",
  },
  "class-imbalance": {
    title: "Class imbalance",
    explanation:
      "A network learns to prefer the larger class: add pictures of the smaller one, or balance the sampling.",
  },
  "opposite-grounds": {
    title: "Opposite grounds",
    explanation:
      "One class is on light grounds and another on dark ones. A network may learn the grounds instead of the objects, and fail where they differ.",
  },
  copies: {
    title: "Copies",
    explanation:
      "The same picture again, in the same class and split, adds no information but weighs as much: keep one.",
  },
  "fragmented-silhouette": {
    title: "Fragmented silhouettes",
    explanation:
      "The silhouette falls into many small regions, as of noise or fine texture, and may not show the object.",
  },
  "odd-size": {
    title: "Odd sizes",
    explanation: "Tiny pictures have no detail, and very long ones are distorted, since all are stretched to one size.",
  },
};

/** What a page says besides. */
export interface InspectionFacts {
  /** When it was made. */
  readonly created: Date;
  /** Version of Silhouette. */
  readonly version: string;
  /** One sentence on what to do next. */
  readonly advice: string;
}

/**
 * What a page shows of an inspection.
 *
 * @param inspection with {@link PAGE_EXAMPLES} examples
 * @param facts what the page says besides
 * @param encoder encodes its pictures
 */
export async function inspectionReportData(
  inspection: Omit<Inspection, "pictures" | "predicted">,
  { created, version, advice }: InspectionFacts,
  encoder: PictureEncoder,
): Promise<InspectionReport> {
  const { source, labels, counts, issues } = inspection;
  const findings: FindingGroup[] = [];
  for (const kind of ISSUE_KINDS) {
    const own = issues.filter((issue) => issue.kind === kind);
    const [first] = own;
    if (first === undefined) continue;
    const examples = [];
    for (const issue of exampleIssues(own, PAGE_EXAMPLES)) {
      examples.push({ note: noteOf(issue), pictures: await picturesOf(issue, inspection, encoder) });
    }
    findings.push({ ...ISSUE_TEXTS[kind], severity: first.severity, total: own.length, examples });
  }
  return { kind: "inspection", created: created.toISOString(), version, source, advice, labels, counts, findings };
}

/** What is remarkable, and what helps. */
function noteOf({ pictures, note, remedy }: DataIssue): string {
  const subject = pictures.length === 0 ? "" : pictures.length === 1 ? "It " : "These ";
  return `${subject}${note}. ${remedy}`;
}

async function picturesOf(
  issue: DataIssue,
  { examples, size }: Pick<Inspection, "examples" | "size">,
  encoder: PictureEncoder,
): Promise<readonly InspectedPicture[]> {
  const shown: InspectedPicture[] = [];
  for (const { path, label, split } of issue.pictures.slice(0, PICTURES_PER_ISSUE)) {
    const { silhouette, thumbnail = null } = examples.get(path) ?? {};
    shown.push({
      path,
      label: label ?? "",
      split: split ?? "",
      photograph: thumbnail === null ? null : await encoder.jpeg(thumbnail),
      silhouette: silhouette === undefined ? null : await encoder.png(silhouettePixels(silhouette, size)),
    });
  }
  return shown;
}
